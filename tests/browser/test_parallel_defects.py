"""Defects of the parallel view W&B's users reported, each as a test that bears its number.

Numbers are issues of wandb/wandb; see product.md, section 3, row 22.
"""

import pytest
from canvases import backgrounds
from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import axis, brush, counts, expect_rows, label, open_plot, place, row_names, rows
from synthetic import by_hand, listed, number, points


@pytest.mark.parametrize("inverted", [False, True])
def test_2006_extremes_of_a_log_axis_are_inside_a_brush_that_reaches_the_end(
    page: Page, site: Site, inverted: bool
) -> None:
    """The best run sat on the edge of a log axis and could not be brushed."""
    rates = [1e-5, 3e-4, 7.3e-3, 0.1]
    document = by_hand(
        [{"lr": r} for r in rates], [0.1, 0.2, 0.3, 0.4], [number("lr", 1e-5, 0.1, "log")]
    )
    open_plot(page, site.add("edge", document))
    expect(axis(page, "lr")).to_contain_text("log")
    if inverted:
        label(page, "lr").click()
    brush(page, "lr", 0.9, 1.05)
    expect(counts(page)).to_have_text("1 of 4 runs selected")
    expect_rows(page, "run-0" if inverted else "run-3")
    page.get_by_role("button", name="Clear brushes").click()
    brush(page, "lr", 0.1, -0.05)
    expect(counts(page)).to_have_text("1 of 4 runs selected")
    expect_rows(page, "run-3" if inverted else "run-0")


def test_8057_colours_stay_with_values_when_an_axis_is_inverted_and_log(
    page: Page, site: Site
) -> None:
    """Turning round a log axis mixed up which colour meant which value."""
    document = by_hand(
        [{"x": k} for k in range(5)], [10.0**k for k in range(5)], [number("x", 0, 4)]
    )
    open_plot(page, site.add("colours", document))
    page.get_by_role("button", name="Options for epoch/val_accuracy").click()
    page.get_by_role("combobox", name="Scale", exact=True).select_option("log")
    page.keyboard.press("Escape")

    def colours() -> dict[str, str]:
        return dict(zip(row_names(page), backgrounds(rows(page).locator(".swatch")), strict=True))

    before = colours()
    assert len(set(before.values())) == 5
    legend = page.locator('[data-part="legend"]')
    text = legend.inner_text()
    label(page, "epoch/val_accuracy").click()
    expect(label(page, "epoch/val_accuracy")).to_have_accessible_name(
        "epoch/val_accuracy, inverted"
    )
    assert colours() == before
    assert legend.inner_text() == text


def test_5973_lists_and_booleans_can_be_brushed(page: Page, site: Site) -> None:
    """Axes of arrays and booleans took no brush."""
    configs = [{"layers": [64, 32] if k % 2 else [128], "augment": k < 3} for k in range(6)]
    parameters = [listed("layers", [[128], [64, 32]]), listed("augment", [True, False])]
    document = by_hand(configs, [0.1 * k for k in range(6)], parameters)
    open_plot(page, site.add("lists", document))
    page.mouse.click(*place(page, "layers", 0.25))
    expect(counts(page)).to_have_text("3 of 6 runs selected")
    expect_rows(page, "run-0", "run-2", "run-4")
    brush(page, "augment", 0.55, 0.95)
    expect(counts(page)).to_have_text("2 of 6 runs selected")
    expect_rows(page, "run-0", "run-2")


def test_12137_metric_is_shown_by_its_last_min_max_or_best(page: Page, site: Site) -> None:
    """Only the last value of a metric could be compared."""
    metrics = [{"last": 0.5, "min": 0.1, "max": 0.9}, {"last": 0.6, "min": 0.4, "max": 0.7}]
    document = by_hand([{"x": 0}, {"x": 1}], metrics, [number("x", 0, 1)])
    open_plot(page, site.add("aggregates", document))
    assert row_names(page) == ["run-1", "run-0"]
    page.get_by_label("Value of the metric").select_option("max")
    expect(label(page, "epoch/val_accuracy (max)")).to_be_visible()
    expect(rows(page).first).to_contain_text("0.9")
    assert row_names(page) == ["run-0", "run-1"]
    page.get_by_label("Value of the metric").select_option("min")
    expect(rows(page).first).to_contain_text("0.4")
    page.get_by_label("Value of the metric").select_option("best")
    expect(rows(page).first).to_contain_text("0.9")


def test_1179_a_missing_value_is_named_and_never_hides_the_run(page: Page, site: Site) -> None:
    """Runs without a value were drawn at `<null>` as if that were a number, or left out."""
    document = by_hand([{"x": 0.2}, {}, {"x": None}], [0.1, 0.2, 0.3], [number("x", 0, 1)])
    open_plot(page, site.add("missing", document))
    expect(counts(page)).to_have_text("3 runs")
    expect(page.locator(".pc-marks")).to_contain_text("no value")
    expect(page.locator(".pc-marks")).not_to_contain_text("null")
    page.get_by_role("button", name="Options for x").click()
    page.get_by_role("checkbox", name="no value").check()
    expect(counts(page)).to_have_text("2 of 3 runs selected")


def test_4227_grouping_the_table_leaves_every_run_its_own_line(page: Page, site: Site) -> None:
    """With grouped runs only averages were drawn."""
    configs = [{"x": k, "kind": "ab"[k % 2]} for k in range(6)]
    parameters = [number("x", 0, 5), listed("kind", ["a", "b"])]
    document = by_hand(configs, [0.1 * k for k in range(6)], parameters)
    open_plot(page, site.add("groups", document) + "#group=config.kind")
    expect(page.locator(".group-row")).to_have_count(2)
    expect(counts(page)).to_have_text("6 runs")
    expect(page.locator(".pc")).to_have_attribute("data-drawn", "6")
    brush(page, "x", 0.5, 1)
    expect(counts(page)).to_have_text("3 of 6 runs selected")


@pytest.mark.parametrize("number_of_runs", [0, 1])
def test_7445_plot_is_there_with_hardly_any_runs(
    page: Page, site: Site, number_of_runs: int
) -> None:
    """The panel stayed empty or broke until there were enough runs."""
    open_plot(page, site.add(f"few-{number_of_runs}", points(number_of_runs)))
    expect(label(page, "dropout")).to_be_visible()
    expected = "1 run" if number_of_runs else "0 runs"
    expect(counts(page)).to_have_text(expected)


@pytest.mark.parametrize("metrics", [[None, None], ["NaN", "NaN"], [0.5, 0.5]])
def test_9198_plot_never_vanishes_whatever_the_values(
    page: Page, site: Site, metrics: list[object]
) -> None:
    """Panels vanished when a column held nothing drawable, or only one value."""
    document = by_hand([{"x": 1}, {"x": 1}], metrics, [number("x", 1, 1), listed("y", [])])
    open_plot(page, site.add("odd", document) + "#axes=config.x,metric,summary.gone")
    expect(label(page, "x")).to_be_visible()
    expect(label(page, "epoch/val_accuracy")).to_be_visible()
    expect(counts(page)).to_have_text("2 runs")
    expect(page.locator(".pc")).to_have_attribute("data-drawn", "2")
