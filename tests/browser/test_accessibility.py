"""axe-core finds nothing serious, in light and dark, with and without runs, wide and narrow."""

from collections.abc import Callable

import pytest
from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import brush, open_plot
from synthetic import points

axe_package = pytest.importorskip("axe_playwright_python.sync_playwright")


COLOURS = ("color-contrast", "link-in-text-block")  # the rules that read colours


def serious(page: Page, *rules: str) -> list[str]:
    """What axe-core calls serious or critical by these rules, by default all; one line each."""
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else None
    found = axe_package.Axe().run(page, options=options).response["violations"]
    return [
        f"{item['impact']} {item['id']}: {node['html'][:200]}"
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("n", [0, 30])
def test_sweep_page_has_no_serious_findings(
    new_page: Callable[..., Page], site: Site, scheme: str, n: int
) -> None:
    page = new_page(color_scheme=scheme)
    open_plot(page, site.add(f"axe-{n}", points(n)))
    if n:
        brush(page, "dropout", 0.2, 0.6, n_slots=1)
    expect(page.get_by_role("tab", name="Slices")).to_be_visible()
    assert serious(page) == []


def test_open_menus_have_no_serious_findings(page: Page, site: Site) -> None:
    open_plot(page, site.add("axe-menu", points(30)))
    page.get_by_role("button", name="Options for optimizer").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Axes", exact=True).click()
    assert serious(page) == []


def test_phone_has_no_serious_findings(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_plot(page, site.add("axe-phone", points(30)))
    assert serious(page) == []
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
