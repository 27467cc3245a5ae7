"""Plots that stay readable: diverged runs, twelve long names, pictures that say what they are."""

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import axis, open_plot
from synthetic import points


def diverged(values: dict[int, float]) -> dict[str, Any]:
    """Forty runs whose metric lies between 0.1 and 0.9, but for a few."""
    document = points(40)
    for k, run in enumerate(document["runs"]):
        value = values.get(k, 0.1 + 0.8 * k / 39)
        run["metric"] = {"last": value, "min": value, "max": value}
    return document


@pytest.mark.parametrize(
    ("values", "kind"),
    [({3: 1e9, 7: -1e9}, "percentile"), ({3: 5.0, 7: 6.0, 9: 7.0}, "log"), ({}, "linear")],
)
def test_a_few_diverged_runs_squeeze_nobody(
    page: Page, site: Site, values: dict[int, float], kind: str
) -> None:
    open_plot(page, site.add(f"diverged-{kind}", diverged(values)))
    note = axis(page, "epoch/val_accuracy").locator(".pc-note")
    if kind == "linear":
        expect(note).not_to_contain_text("log")
        expect(note).not_to_contain_text("percentile")
    else:
        expect(note).to_contain_text(kind)


def test_what_has_no_place_is_marked(page: Page, site: Site) -> None:
    document = diverged({3: 5.0, 7: 6.0, 9: 7.0, 11: 0.0})
    document["runs"][12]["metric"] = dict.fromkeys(("last", "min", "max"), "Infinity")
    open_plot(page, site.add("clipped", document))
    page.get_by_role("button", name="Options for epoch/val_accuracy").click()
    page.get_by_role("dialog").get_by_label("Scale").select_option("log")
    page.keyboard.press("Escape")
    canvas = page.get_by_role("img", name="The metric of each run over time")
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_have_attribute("data-clipped", "2")


def named_like_scripts(n: int) -> dict[str, Any]:
    document = points(12, extra_parameters=max(0, n - 6))
    names = [
        "model.encoder.learning_rate",
        "model.encoder.weight_decay_factor",
        "model.decoder.learning_rate",
        "optimizer.warmup_steps_fraction",
        "optimizer.gradientClippingNorm",
        "data_augmentation_probability",
        "train/label-smoothing-epsilon",
        "train/num_gradient_accumulation",
    ]
    given = document["sweep"]["parameters"]
    for parameter, name in zip(given, names, strict=False):
        for run in document["runs"]:
            if parameter["name"] in run["config"]:
                run["config"][name] = run["config"].pop(parameter["name"])
        parameter["name"] = name
    return document


def test_twelve_long_names_stay_readable(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    open_plot(page, site.add("named", named_like_scripts(11)))
    labels = page.locator(".pc-label")
    assert labels.count() >= 12
    boxes = []
    for label in labels.all():
        shown = label.inner_text().replace("\n", "")
        whole = label.get_attribute("aria-label") or ""
        assert whole.endswith(shown), f"{shown!r} is no end of {whole!r}"
        box = label.bounding_box()
        assert box and label.evaluate("(e) => e.scrollWidth <= e.clientWidth + 1"), shown
        boxes.append((box["x"], box["x"] + box["width"]))
    boxes.sort()
    card = page.locator(".pc-axes").bounding_box()
    assert card and card["x"] <= boxes[0][0] and boxes[-1][1] <= card["x"] + card["width"]
    assert all(a[1] <= b[0] for a, b in pairwise(boxes))
    texts = [label.inner_text().replace("\n", "") for label in labels.all()]
    assert "encoder.learning_rate" in texts and "warmup_steps_fraction" in texts
    plates = page.locator(".pc-plate")
    assert plates.count() == page.locator(".pc-axis-marks text").count()


def test_a_saved_picture_says_what_it_is(page: Page, site: Site) -> None:
    open_plot(page, site.add("picture", points(30)))
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Plot as SVG").click()
    svg = Path(waiting.value.path()).read_text()
    words = page.evaluate(
        "(text) => [...new DOMParser().parseFromString(text, 'image/svg+xml')"
        ".querySelectorAll('text')].map((e) => e.textContent)",
        svg,
    )
    assert "mnist-cnn" in words
    facts = next(text for text in words if "30 runs" in text)
    assert "maximize epoch/val_accuracy" in facts and str(datetime.now().year) in facts
    legend = svg[svg.index('class="legend"') :]
    assert legend.count("<rect") == 48 and "epoch/val_accuracy" in legend and "finished" in legend


def test_contour_has_its_colours_and_curves_whole_steps(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1440, "height": 3000})  # all is in sight, whatever arrives
    open_plot(page, site.add("scales", points(30)))
    page.get_by_role("tab", name="Contour").click()
    canvas = page.get_by_role("img", name="The metric over two parameters")
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_have_attribute("data-scale", re.compile(r"^0\.\d+( 0\.\d+)+"))
    page.get_by_role("tab", name="Curves").click()
    curves = page.get_by_role("img", name="Curves of the selected runs")
    curves.scroll_into_view_if_needed()
    expect(curves).to_have_attribute("aria-description", re.compile("early stopping looks here"))
