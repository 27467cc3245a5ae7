"""The parallel view taken elsewhere: files, links, the keyboard, a screen reader, a finger."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import axis_names, brush, counts, label, open_plot, place
from synthetic import six


def test_selection_is_exported_as_csv(plot: Page) -> None:
    brush(plot, "x", 0.3, 0.7)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    plot.get_by_role("button", name="Export").click()
    with plot.expect_download() as waiting:
        plot.get_by_role("button", name="Selected runs as CSV").click()
    text = Path(waiting.value.path()).read_text()
    table = list(csv.DictReader(io.StringIO(text)))
    assert [line["name"] for line in table] == ["run-2", "run-3"]
    assert [line["config.x"] for line in table] == ["0.4", "0.6"]


def test_png_and_svg_come_out(plot: Page) -> None:
    plot.get_by_role("button", name="Export").click()
    with plot.expect_download() as waiting:
        plot.get_by_role("button", name="Plot as SVG").click()
    svg = Path(waiting.value.path()).read_text()
    assert svg.startswith("<svg") and svg.count("<polyline") >= 6
    plot.get_by_role("button", name="Export").click()
    with plot.expect_download() as waiting:
        plot.get_by_role("button", name="Plot as PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def test_exported_page_works_without_a_server(
    plot: Page, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    brush(plot, "x", 0.3, 0.7)
    plot.get_by_role("button", name="Export").click()
    with plot.expect_download() as waiting:
        plot.get_by_role("button", name="Whole page as a file").click()
    saved = tmp_path / "sweep.html"
    waiting.value.save_as(saved)
    alone = new_page(offline=True)
    open_plot(alone, saved.as_uri())
    expect(counts(alone)).to_have_text("2 of 6 runs selected")
    brush(alone, "y", 0.5, 1)
    expect(counts(alone)).to_have_text("1 of 6 runs selected")


def test_a_link_shows_the_same_view(plot: Page, new_page: Callable[..., Page]) -> None:
    brush(plot, "x", 0.3, 1)
    label(plot, "y").click()
    plot.get_by_label("Colour by").select_option(label="kind")
    label(plot, "kind").focus()
    plot.keyboard.press("ArrowLeft")
    plot.wait_for_function(
        "() => location.hash.includes('colour') && location.hash.includes('axes')"
    )
    other = new_page()
    open_plot(other, plot.url)
    expect(counts(other)).to_have_text("4 of 6 runs selected")
    expect(label(other, "y")).to_have_accessible_name("y, inverted")
    assert axis_names(other)[:2] == ["kind", "x"]
    expect(other.get_by_label("Colour by")).to_have_value("config.kind")


def test_keyboard_alone_brushes_moves_and_hides(plot: Page) -> None:
    label(plot, "x").focus()
    plot.keyboard.press("ArrowRight")
    plot.wait_for_function("() => document.activeElement.textContent === 'x'")
    assert axis_names(plot)[:2] == ["kind", "x"]
    plot.keyboard.press("Tab")
    plot.keyboard.press("Enter")
    plot.get_by_label("from").fill("0.3")
    plot.get_by_label("from").press("Enter")
    plot.keyboard.press("Escape")
    expect(counts(plot)).to_have_text("4 of 6 runs selected")
    end = plot.get_by_role("slider", name="Lower end of the brush on x")
    end.focus()
    for _ in range(8):
        plot.keyboard.press("ArrowUp")
    expect(counts(plot)).to_have_text("3 of 6 runs selected")
    plot.keyboard.press("Delete")
    expect(counts(plot)).to_have_text("6 runs")
    label(plot, "x").press("Delete")
    expect(label(plot, "x")).to_have_count(0)


def test_a_screen_reader_hears_the_outcome(plot: Page) -> None:
    brush(plot, "x", 0.3, 1)
    live = plot.locator('[data-part="toolbar"]').get_by_role("status")
    expect(live).to_have_text("4 of 6 runs selected")


def test_touch_brushes(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_plot(page, site.add("six", six()))
    x, y = place(page, "x", 0.3)
    session = page.context.new_cdp_session(page)
    end = place(page, "x", 0.98)[1]
    session.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for k in range(1, 7):
        at = {"x": x, "y": y + (end - y) * k / 6}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(counts(page)).to_contain_text("of 6 runs selected")
