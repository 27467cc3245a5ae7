"""What a person does to the parallel plot, in words for tests."""

import re

from playwright.sync_api import Locator, Page, expect

MARGIN = 6  # px by which a track reaches beyond its scale at both ends
SLOT_ROW = 20  # px of a row of the band


def open_plot(page: Page, address: str) -> None:
    """Open a sweep page and wait until it is usable."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    expect(page.locator('[data-page="sweep"]')).to_have_attribute("data-ready", "true")


def _either(name: str) -> re.Pattern[str]:
    """An axis' name, turned round or not; Playwright writes patterns between slashes."""
    escaped = re.escape(name).replace("/", r"\/")
    return re.compile(rf"^{escaped}(, inverted)?$")


def axis(page: Page, name: str) -> Locator:
    """The axis that bears a name, turned round or not."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("button", name=_either(name)))


def label(page: Page, name: str) -> Locator:
    """The label of an axis: a button."""
    axes = page.get_by_role("list", name="Axes")
    return axes.get_by_role("button", name=_either(name))


def axis_names(page: Page) -> list[str]:
    """The axes from left to right."""
    found: list[tuple[float, str]] = []
    for item in page.get_by_role("list", name="Axes").get_by_role("listitem").all():
        name = item.locator(".pc-label").get_attribute("aria-label") or ""
        box = item.locator(".pc-track").bounding_box()
        found.append((box["x"] if box else 0.0, name.removesuffix(", inverted")))
    return [name for _, name in sorted(found)]


def place(page: Page, name: str, unit: float, n_slots: int = 0) -> tuple[float, float]:
    """The point of an axis at a height from 0 (foot) to 1 (head)."""
    box = axis(page, name).locator(".pc-track").bounding_box()
    assert box is not None
    top = box["y"] + MARGIN
    band = 10 + n_slots * SLOT_ROW + 0 if n_slots else 0
    bottom = box["y"] + box["height"] - MARGIN - band
    return box["x"] + box["width"] / 2, bottom - unit * (bottom - top)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in steps, release."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def brush(page: Page, name: str, low: float, high: float, n_slots: int = 0) -> None:
    """Draw a brush on an axis between two heights."""
    drag(page, place(page, name, low, n_slots), place(page, name, high, n_slots))


def counts(page: Page) -> Locator:
    """The words that say how many runs are selected."""
    return page.locator(".pc-counts")


def rows(page: Page) -> Locator:
    """The runs in the table."""
    return page.get_by_role("region", name="Runs").locator("tbody tr[data-i]")


def row_names(page: Page) -> list[str]:
    """Names of the runs in the table, from the top."""
    texts = rows(page).locator(".name-cell").all_inner_texts()
    return [text.removesuffix("best").strip() for text in texts]


def expect_rows(page: Page, *names: str) -> None:
    """The table holds exactly these runs, in any order; it follows a brush a moment later."""
    expect(rows(page)).to_have_count(len(names))
    for name in names:
        cell = page.get_by_role("rowheader").filter(has=page.get_by_text(name, exact=True))
        expect(cell).to_have_count(1)
