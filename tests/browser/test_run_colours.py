"""A run has one colour: in the list, the tables, the curves, the comparison and the plot."""

import re

import pytest
from canvases import colours_on, css_colour, painted
from playwright.sync_api import Locator, Page, expect
from real_site import RealSite
from test_pages import open_ready

from tests.conftest import wait_until

N = 3


@pytest.fixture(params=["light", "dark"])
def page(signed_in: Page, request: pytest.FixtureRequest) -> Page:
    signed_in.emulate_media(color_scheme=request.param)
    return signed_in


@pytest.fixture(scope="module")
def runs(real: RealSite) -> tuple[str, list[str]]:
    return real.sweep_with_runs("own-colours", N)


def swatches(rows: Locator) -> dict[str, tuple[int, int, int]]:
    """By the id of the run a row leads to, the colour before its name."""
    expect(rows).to_have_count(N)
    found = {}
    for row in rows.all():
        link = str(row.locator("a").first.get_attribute("href"))
        found[link.split("/")[-1]] = css_colour(row.locator(".swatch").first)
    return found


def lines_of(plot: Locator) -> set[tuple[int, int, int]]:
    """The colours of its lines, as they are painted."""
    told = str(plot.get_attribute("data-colours")).split("|")
    return {painted(plot.page, colour) for colour in told}


def test_a_run_has_the_same_colour_on_every_page(
    page: Page, real: RealSite, runs: tuple[str, list[str]]
) -> None:
    sweep_id, ids = runs
    base = f"{real.address}/ann/own-colours"
    open_ready(page, f"{base}/runs")
    own = swatches(page.locator(".runs-table tbody tr[data-i]"))
    assert set(own) == set(ids) and len(set(own.values())) == N

    open_ready(page, base)
    squares = page.locator(".ws-colour")
    expect(squares).to_have_count(N)
    wait_until(
        lambda: {painted(page, one.input_value()) for one in squares.all()} == set(own.values()),
        60,
        lambda: f"{[one.input_value() for one in squares.all()]} for {own}",
    )
    drawn = page.locator(".plot[data-colours]").first
    expect(drawn).to_be_visible()
    wait_until(lambda: lines_of(drawn) == set(own.values()), 60, lambda: f"{lines_of(drawn)}")

    open_ready(page, f"{base}/compare?runs={','.join(ids)}")
    heads = page.locator("thead th:has(a[data-run])")
    assert swatches(heads) == own
    drawn = page.locator(".plot[data-colours]").first
    expect(drawn).to_be_visible()
    wait_until(lambda: lines_of(drawn) == set(own.values()), 60, lambda: f"{lines_of(drawn)}")

    open_ready(page, f"{base}/sweeps/{sweep_id}")
    rows = page.locator(".runs-table tbody tr[data-i]")
    assert swatches(rows) != own  # by the metric, until somebody says otherwise
    page.get_by_label("Colour by").select_option(label="Run (its own colour)")
    expect(page.locator(".pc-legend")).to_contain_text("Each run has its own colour")
    wait_until(lambda: swatches(rows) == own, 60, lambda: str(swatches(rows)))
    expect(page).to_have_url(re.compile("colour=run.own"))
    rows.first.hover()
    first = str(rows.first.locator("a").first.get_attribute("href")).split("/")[-1]
    top = page.locator(".pc-canvas").nth(2)
    page.wait_for_function("id => document.querySelector('.pc').dataset.hovered === id", arg=first)
    assert own[first] in colours_on(top)
    page.reload()
    expect(page.get_by_label("Colour by")).to_have_value("run.own")
