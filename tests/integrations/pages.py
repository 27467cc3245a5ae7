"""The pages that show what an integration left: looked at in Chromium, kept as small pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import ARGUMENTS, found_chromium
from tests.conftest import RunningServer
from tests.integrations.cases import Case

SIZE = {"width": 1100, "height": 640}
FRAMES = """() => new Promise((done) => {
  let left = 40;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""
MOST_BYTES = 60_000
COLOURS = (256, 128, 64, 32, 16)
PATIENCE_MS = 60_000  # other examples run beside it


@contextmanager
def looking(live: RunningServer) -> Iterator[Page]:
    """A page of a browser that is signed in with the key, as a person would."""
    path = found_chromium()
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{live.url}/authorize")
        page.get_by_label("API key").fill(live.key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{live.url}/")
        yield page
        browser.close()


def look(page: Page, case: Case, address: str, picture: Path | None) -> None:
    """See that the page names what it should and has no fault; keep a picture of it if asked.

    Raises:
        AssertionError: A text is missing, or a script of the page failed.
    """
    faults: list[str] = []

    def hear(error: object) -> None:
        faults.append(str(error))

    page.on("pageerror", hear)
    try:
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("[data-ready]")
        for text in case.seen:
            shown = page.get_by_text(text).filter(visible=True).first
            expect(shown).to_be_visible(timeout=PATIENCE_MS)
        if case.shown:
            page.get_by_text(case.shown, exact=True).first.evaluate(
                "element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 60)"
            )
        drawn = page.locator("main").locator("svg, canvas").filter(visible=True).first
        expect(drawn).to_be_visible(timeout=PATIENCE_MS)
        if picture is not None:
            picture.write_bytes(small(settled(page)))
    finally:
        page.remove_listener("pageerror", hear)
    assert not faults, faults


def settled(page: Page) -> bytes:
    """A picture of the page once nothing in it changes for a while."""
    shot = b""
    for _ in range(20):
        page.evaluate(FRAMES)
        before, shot = shot, page.screenshot()
        if shot == before:
            break
    return shot


def small(png: bytes) -> bytes:
    """The same picture with as many colours as MOST_BYTES allow."""
    with Image.open(BytesIO(png)) as image:
        for n in COLOURS:
            out = BytesIO()
            image.convert("RGB").quantize(n, dither=Image.Dither.NONE).save(
                out, "PNG", optimize=True
            )
            if out.tell() <= MOST_BYTES:
                break
    return out.getvalue()
