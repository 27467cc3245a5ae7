"""Make the screenshots of docs/pages.md: a server in this process, real runs, Debian's Chromium.

    python bench/pages_screenshots.py [--out docs/pages] [--all DIR]

`--all DIR` also looks at the sweep page with 0, 1, 30, 1,000 and 10,000 runs, light and dark, on a
phone and on a wide screen, for judging by eye.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser"), str(ROOT / "bench")]
from fixture_app import FixtureApp  # noqa: E402
from pages import ARGUMENTS, serve  # noqa: E402
from real_site import RealSite, RunningSite  # noqa: E402

BRUSHED = "#brush.config.learning_rate=0.0005~0.02&brush.config.optimizer=!adam"


def ready(page: Page) -> None:
    """Wait until the page's script has drawn what it draws at first."""
    page.wait_for_selector("[data-ready]")
    page.wait_for_timeout(1200)  # charts below fill in; nothing says when the last one has


def shots_of_fixture(browser: Browser, out: Path) -> None:
    """The sweep page with made-up runs: whole, brushed in the dark, and on a phone."""
    server, address = serve(FixtureApp())
    for name, path, size, scheme, is_full in (
        ("sweep", "/sweep/120", (1440, 900), "light", True),
        ("parallel-dark", f"/sweep/1000{BRUSHED}", (1440, 660), "dark", False),
        ("phone", "/sweep/30", (390, 780), "light", False),
    ):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.goto(address + path)
        ready(page)
        if is_full:
            page.set_viewport_size({"width": size[0], "height": 2900})
            page.wait_for_timeout(1500)
        page.screenshot(path=out / f"{name}.png", full_page=is_full)
        context.close()
    server.should_exit = True


def shots_of_server(browser: Browser, site: RealSite, out: Path) -> None:
    """Every other page, of a whole server."""
    _, runs = site.sweep_with_runs("mnist", 12)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    token = site.services.users.create_sign_in_link("ann")
    page.goto(f"{site.address}/authorize")
    page.screenshot(path=out / "sign-in.png")
    page.goto(f"{site.address}/authorize?token={token}")
    for name, path in (
        ("projects", "/"),
        ("project", "/ann/mnist"),
        ("run", f"/ann/mnist/runs/{runs[0]}"),
        ("compare", f"/ann/mnist/compare?runs={','.join(runs[:3])}"),
        ("new-sweep", "/ann/mnist/sweeps/new"),
    ):
        page.goto(site.address + path)
        if name in ("project", "run"):
            ready(page)
        page.wait_for_timeout(600)
        page.screenshot(path=out / f"{name}.png")
    context.close()


def all_sizes(browser: Browser, out: Path) -> None:
    """The sweep page at every number of runs, theme and width."""
    out.mkdir(parents=True, exist_ok=True)
    server, address = serve(FixtureApp())
    for n in (0, 1, 30, 1000, 10_000):
        for scheme in ("light", "dark"):
            for width, height in ((390, 844), (1440, 900), (2200, 1200)):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                page.goto(f"{address}/sweep/{n}x12")
                ready(page)
                page.screenshot(path=out / f"{n}-{scheme}-{width}.png")
                context.close()
    server.should_exit = True


def shrink(folder: Path) -> None:
    """Keep 256 colours: a third of the size, for slight bands in colour scales."""
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            small = image.convert("RGB").quantize(256)
        small.save(path, optimize=True)


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pages")
    parser.add_argument("--all", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("SWEEPD_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as data:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        shots_of_fixture(browser, options.out)
        running = RunningSite(Path(data))
        shots_of_server(browser, running.site, options.out)
        running.stop()
        if options.all:
            all_sizes(browser, options.all)
        browser.close()
    shrink(options.out)


if __name__ == "__main__":
    main()
