"""What holds on every page: nothing serious for axe-core, no scrolling sideways on a phone."""

import contextlib
from collections.abc import Iterator

import every_page
import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_accessibility import COLOURS, serious

from tests.conftest import wait_until

WIDER = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const range = document.createRange();
    const right = (e) => {  // of its texts, too, which may stick out of it
        range.selectNodeContents(e);
        return Math.max(e.getBoundingClientRect().right, range.getBoundingClientRect().right);
    };
    return [...document.querySelectorAll("body *")].filter((e) => right(e) > width + 1)
        .map((e) => `${e.tagName} ${e.className} ${e.dataset?.part ?? ""}`.trim()).slice(-6);
}"""


# Texts that touch the left edge of the card they stand in.
AT_THE_EDGE = """() => [...document.querySelectorAll(".card")].flatMap((card) => {
    const left = card.getBoundingClientRect().left;
    const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const text = walker.currentNode.data.trim();
        const box = range.getBoundingClientRect();
        const isSeen = text && box.width > 0 && !walker.currentNode.parentElement.closest(
            ".visually-hidden, svg, .scroll-x");
        if (isSeen && box.left >= left && box.left < left + 6) found.push(text.slice(0, 40));
    }
    return found;
})"""


# Notes what is written on canvases beyond their left or right edge.
CUT_OFF = """() => {
    window.cutOff = [];
    const { prototype } = CanvasRenderingContext2D;
    const { fillText } = prototype;
    prototype.fillText = function (text, x, ...more) {
        const { a, e } = this.getTransform();
        const { actualBoundingBoxLeft, actualBoundingBoxRight } = this.measureText(text);
        const [start, end] = [x - actualBoundingBoxLeft, x + actualBoundingBoxRight];
        if (this.canvas.isConnected && (start * a + e < -1 || end * a + e > this.canvas.width + 1))
            window.cutOff.push(`${text} on ${this.canvas.className} ${this.canvas.ariaLabel}`);
        return fillText.call(this, text, x, ...more);
    };
}"""


# Words that stand on two lines although they would fit on one.
BROKEN = """() => {
    const found = [];
    const menus = ".popover, .button-row, .pc-bar, .tabs, .table-bar";
    for (const panel of document.querySelectorAll(menus)) {
        const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.parentElement.closest("textarea, select, code, pre")) continue;
            for (const { 0: word, index } of node.data.matchAll(/[\\p{L}\\p{N}]{2,24}/gu)) {
                const range = document.createRange();
                range.setStart(node, index);
                range.setEnd(node, index + word.length);
                const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
                if (tops.size > 1) found.push(`${panel.className}: ${word}`);
            }
        }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def pages(real: RealSite) -> Iterator[dict[str, str]]:
    yield every_page.build(real, "every")


def test_no_page_scrolls_sideways_on_a_phone(signed_in: Page, pages: dict[str, str]) -> None:
    signed_in.set_viewport_size({"width": 390, "height": 844})
    found = {}
    for name, address in pages.items():
        every_page.visit(signed_in, address)
        if wider := signed_in.evaluate(WIDER):
            found[name] = wider
    assert found == {}


@pytest.mark.parametrize("width", [390, 1440])
def test_texts_keep_off_the_edges_of_cards_and_canvases(
    signed_in: Page, pages: dict[str, str], width: int
) -> None:
    signed_in.set_viewport_size({"width": width, "height": 2600})  # what is in sight is drawn
    signed_in.add_init_script(f"({CUT_OFF})()")
    found = {}
    for name, address in pages.items():
        every_page.visit(signed_in, address)
        expect(signed_in.locator(".plot:not([data-points])")).to_have_count(0)
        if texts := signed_in.evaluate(AT_THE_EDGE) + signed_in.evaluate("window.cutOff"):
            found[name] = texts
    assert found == {}


def unreadable_in_the_dark(page: Page) -> list[str]:
    """What axe-core says of colours once the page is dark; nothing else hangs on the scheme."""
    page.emulate_media(color_scheme="dark")
    found: list[str] = []

    def is_readable() -> bool:
        found[:] = serious(page, *COLOURS)
        return not found

    with contextlib.suppress(pytest.fail.Exception):  # what scripts colour they colour anew
        wait_until(is_readable, 10, lambda: "")
    page.emulate_media(color_scheme="light")
    return [f"dark: {finding}" for finding in found]


def test_pages_have_no_serious_findings(signed_in: Page, pages: dict[str, str]) -> None:
    signed_in.emulate_media(color_scheme="light")
    findings = []
    for name, address in pages.items():
        every_page.visit(signed_in, address)
        found = serious(signed_in) + unreadable_in_the_dark(signed_in)
        findings += [f"{name}: {finding}" for finding in found]
    assert findings == []


@pytest.mark.parametrize("width", [390, 1440])
def test_lists_of_what_was_deleted_have_no_serious_findings(
    signed_in: Page, pages: dict[str, str], width: int
) -> None:
    signed_in.emulate_media(color_scheme="light")
    signed_in.set_viewport_size({"width": width, "height": 844})
    for name, button in (
        ("projects", "Deleted projects"),
        ("project", "Deleted runs"),
        ("sweeps", "Deleted sweeps"),
    ):
        every_page.visit(signed_in, pages[name])
        signed_in.get_by_role("button", name=button).click()
        panel = signed_in.get_by_role("dialog", name=button)
        expect(panel.get_by_role("button", name="Bring back").first).to_be_in_viewport(ratio=1)
        assert panel.evaluate("(e) => e.scrollWidth <= e.clientWidth"), name
        assert signed_in.evaluate(WIDER) == [], name
        assert serious(signed_in) + unreadable_in_the_dark(signed_in) == [], name


@pytest.mark.parametrize("width", [390, 1440])
def test_menus_break_no_word(signed_in: Page, pages: dict[str, str], width: int) -> None:
    signed_in.set_viewport_size({"width": width, "height": 900})
    found, n_menus = [], 0
    for name in ("projects", "project", "sweeps", "sweep", "run overview", "artifact"):
        every_page.visit(signed_in, pages[name])
        buttons = signed_in.locator('button[aria-haspopup="dialog"]:visible')
        for k in range(min(buttons.count(), 16)):
            buttons.nth(k).click()
            found += [f"{name}, {k}: {word}" for word in signed_in.evaluate(BROKEN)]
            wide = signed_in.locator(".popover:popover-open")
            if wide.count():
                n_menus += 1
                assert wide.evaluate("(e) => e.scrollWidth <= e.clientWidth"), f"{name}, menu {k}"
            signed_in.keyboard.press("Escape")
    assert found == []
    assert n_menus > 8


def test_the_commands_that_start_an_agent_are_whole(signed_in: Page, pages: dict[str, str]) -> None:
    for width in (390, 1440):
        signed_in.set_viewport_size({"width": width, "height": 900})
        every_page.visit(signed_in, pages["sweep"])
        signed_in.get_by_role("button", name="Start an agent").click()
        lines = signed_in.get_by_role("dialog", name="Start an agent").locator("code")
        assert lines.count() == 3
        for line in lines.all():
            assert line.evaluate("(e) => e.scrollWidth <= e.clientWidth"), line.inner_text()
            expect(line).to_be_in_viewport(ratio=1)


def test_a_file_is_shown_beside_the_tree_or_below_it(
    signed_in: Page, pages: dict[str, str]
) -> None:
    tree = signed_in.get_by_role("region", name="Files")
    preview = signed_in.get_by_role("region", name="Preview")
    for width, height in ((1440, 900), (390, 844)):
        signed_in.set_viewport_size({"width": width, "height": height})
        every_page.visit(signed_in, pages["run files"])
        for file in ("model_definition.py", "config.yaml"):
            tree.get_by_role("button", name=file).click()
            expect(preview.get_by_role("heading")).to_contain_text(file)
            expect(preview.locator("pre")).to_be_in_viewport()
            left, right = tree.bounding_box(), preview.bounding_box()
            assert left and right
            if width > 1000:
                assert left["x"] + left["width"] <= right["x"]
            else:
                assert left["y"] + left["height"] <= right["y"]
    folder = tree.get_by_text("checkpoints/")
    file = tree.get_by_role("button", name="config.yaml")
    boxes = folder.bounding_box(), file.bounding_box()
    assert boxes[0] and boxes[1]
    assert abs(boxes[0]["x"] - boxes[1]["x"]) < 24, "folders stand at the left, as files do"
