"""The panels of a sweep's own runs below its parallel plot, linked with it both ways."""

import json
import re
from typing import Any

import pytest
from canvases import colours_on, css_colour, painted
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready
from test_workspace import lines, panel, saved

from sweepd.domain.views import own_sweep_name
from sweepd.services.runs.taking_in import Lines, StreamPost
from tests.conftest import wait_until

METRIC = "epoch/val_accuracy"


@pytest.fixture
def opened(signed_in: Page, real: RealSite, request: pytest.FixtureRequest) -> tuple[Page, str]:
    """A sweep of eight runs, its page open, its panels drawn."""
    project = request.node.name.replace("_", "-")[:60]
    sweep_id, _ = real.sweep_with_runs(project, 8)
    open_ready(signed_in, f"{real.address}/ann/{project}/sweeps/{sweep_id}")
    signed_in.locator('[data-part="workspace"]').scroll_into_view_if_needed()
    lines(signed_in, METRIC, 8)
    return signed_in, sweep_id


def test_the_metric_of_the_sweep_comes_first(opened: tuple[Page, str]) -> None:
    page, _ = opened
    expect(page.locator(".ws-panel h3").first).to_have_text(METRIC)
    expect(page.locator(".ws-section h2").first).to_have_text("epoch")


def test_brushes_choose_the_runs_that_are_drawn(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.evaluate("location.hash = '#brush.config.optimizer=!adam'")
    expect(page.locator(".pc-counts strong")).to_contain_text("of 8 runs selected")
    text = page.locator(".pc-counts strong").inner_text()
    lines(page, METRIC, int(text.split(" ")[0]))
    page.get_by_role("button", name="Clear brushes").click()
    lines(page, METRIC, 8)


def test_what_is_kept_is_undone_by_back_and_by_undo(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.evaluate("location.hash = '#brush.config.optimizer=!adam'")
    page.get_by_role("button", name="Keep", exact=True).click()
    restore = page.get_by_role("button", name="Restore", exact=True)
    expect(restore).to_be_enabled()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_enabled()
    undo.click()
    lines(page, METRIC, 8)
    expect(restore).to_be_disabled()
    page.get_by_role("button", name="Redo").click()
    expect(restore).to_be_enabled()
    page.go_back()
    expect(restore).to_be_disabled()
    lines(page, METRIC, 8)


def test_a_run_pointed_at_is_marked_in_both(opened: tuple[Page, str]) -> None:
    page, _ = opened
    plot = panel(page, METRIC).locator(".plot")
    parallel = page.locator(".pc")
    plot.scroll_into_view_if_needed()
    plot.locator(".plot-over").hover(position={"x": 120, "y": 60})
    expect(plot).to_have_attribute("data-marked", re.compile(f".+:{METRIC}"))
    run = str(plot.get_attribute("data-marked")).split(":")[0]
    expect(parallel).to_have_attribute("data-hovered", run)
    page.mouse.move(2, 2)
    expect(parallel).to_have_attribute("data-hovered", "")
    row = page.locator(".runs-table tbody tr").first
    row.hover()
    expect(parallel).to_have_attribute("data-hovered", re.compile(".+"))
    run = str(parallel.get_attribute("data-hovered"))
    expect(plot).to_have_attribute("data-marked", f"{run}:{METRIC}")


def test_lines_have_the_colours_of_the_plot_above(opened: tuple[Page, str]) -> None:
    page, _ = opened
    plot = panel(page, METRIC).locator(".plot")
    before = str(plot.get_attribute("data-colours"))
    page.get_by_label("Colour by").select_option("config.optimizer")
    swatches = page.locator(".legend-name .swatch")
    expect(swatches).to_have_count(2)
    expect(plot).not_to_have_attribute("data-colours", before)
    colours = str(plot.get_attribute("data-colours")).split("|")
    shown = {css_colour(swatches.nth(k)) for k in range(2)}
    assert {painted(page, colour) for colour in colours} == shown
    wait_until(lambda: colours_on(plot.locator(".plot-lines")), 60, lambda: "no line is drawn")


def test_the_panels_are_kept_for_each_user_and_sweep(
    opened: tuple[Page, str], real: RealSite, request: pytest.FixtureRequest
) -> None:
    page, sweep_id = opened
    project = request.node.name.replace("_", "-")[:60]
    page.get_by_role("button", name=f"Menu of {METRIC}", exact=True).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    saved(page)
    found = real.services.projects.get(real.caller, "ann", project)
    view = real.services.views.find(found, "sweep-view", own_sweep_name("ann", sweep_id))
    spec: dict[str, Any] = json.loads(view.spec)
    assert spec["sweepd"]["removed"] == [METRIC]
    page.reload()
    page.locator('[data-part="workspace"]').scroll_into_view_if_needed()
    expect(page.get_by_text("No panel is left in this view")).to_be_visible()
    page.goto(f"{real.address}/ann/{project}/workspace")
    lines(page, METRIC, 8)  # the project's own is another view
    expect(page.locator(".ws-panel h3").first).to_have_text(METRIC)


def test_runs_that_come_are_drawn(opened: tuple[Page, str], real: RealSite) -> None:
    page, sweep_id = opened
    project = page.url.split("/")[4]
    real.run(project, sweep_id, real.new_agent(project, sweep_id), 0, 9)
    lines(page, METRIC, 9)


def test_a_sweep_without_runs_has_no_panels_of_others(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("others", 2)
    run = real.services.runs.get(real.caller, "ann", "others", runs[0])
    post = StreamPost(events=Lines(0, [json.dumps({"_timestamp": 1.79e9, "system.cpu": 1.0})]))
    real.services.history.append(real.caller, "ann", "others", run.run_id, post)
    address = f"{real.address}/ann/others/sweeps"
    open_ready(signed_in, f"{address}/{real.new_sweep('others')}")
    place = signed_in.locator('[data-part="workspace"]')
    place.scroll_into_view_if_needed()
    expect(place).to_contain_text("No run has logged a number yet.")
    expect(place.locator(".ws-section")).to_have_count(0)
