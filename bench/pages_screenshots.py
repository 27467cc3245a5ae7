"""Make the screenshots of docs/pages.md: a server, runs that really trained, Debian's Chromium.

    python -m bench.pages_screenshots [--out docs/pages] [--sizes 1 200 10000] [--all DIR]

Thirty small networks are trained on scikit-learn's digits by the stock client and its agents; of
1, 200 and 10,000 runs each trained softmax regression on the same (`bench/softmax_runs.py`). Every
page is looked at from 390 to 1,920 px: none may scroll sideways, and no text may be cut where there
is room for it; what breaks that is printed, and the command fails. `--all DIR` keeps a picture of
each page, width and theme, for judging by eye.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]
from real_site import KEY, RealSite, RunningSite  # noqa: E402

from bench import softmax_runs  # noqa: E402
from bench.digits_agent import SWEEP  # noqa: E402
from tests.chromium import ARGUMENTS, found_chromium  # noqa: E402

WIDTHS = {390: 844, 768: 1024, 1280: 800, 1920: 1080}
COLOURS = 96  # of a picture: a fifth of the size, for slight bands in colour scales
BRUSHED = "#brush.config.learning_rate=0.05~1"
# Name, number of runs, page, width, height, theme, what follows the address.
PICTURES = [
    ("one-run", 1, "workspace", 1280, 640, "light", ""),
    ("one-run-phone", 1, "sweep", 390, 844, "dark", ""),
    ("phone", 30, "sweep", 390, 844, "light", ""),
    ("workspace", 30, "workspace", 1280, 900, "light", ""),
    ("workspace-phone", 30, "workspace", 390, 844, "dark", ""),
    ("workspace-200", 200, "workspace", 1280, 800, "dark", ""),
    ("runs-tablet", 200, "runs", 768, 900, "light", ""),
    ("parallel-dark", 10_000, "sweep", 1920, 760, "dark", BRUSHED),
    ("runs-10000", 10_000, "runs", 1280, 640, "light", ""),
]
# Texts that are cut although what surrounds them has room to spare.
CUT = """() => [...document.querySelectorAll("body *")].filter((e) => {
  const style = getComputedStyle(e);
  if (style.textOverflow !== "ellipsis" || e.scrollWidth <= e.clientWidth + 1) return false;
  if (!e.checkVisibility() || !e.parentElement) return false;
  const around = getComputedStyle(e.parentElement);
  if (around.display.includes("grid") || e.closest("table")) return false;
  const used = [...e.parentElement.children].reduce((sum, c) => sum + c.offsetWidth, 0);
  const mark = getComputedStyle(e.parentElement, "::before");
  const gap = parseFloat(around.columnGap) || 0;
  const before = mark.content === "none" ? 0 : (parseFloat(mark.width) || 0) + gap;
  const gaps = (e.parentElement.children.length - 1) * gap + before;
  const room = e.parentElement.clientWidth - parseFloat(around.paddingLeft)
    - parseFloat(around.paddingRight) - used - gaps;
  return around.display === "flex" && room >= e.scrollWidth - e.clientWidth;
}).map((e) => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.slice(0, 60)}`)"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(page: Page, address: str, width: int, height: int) -> None:
    """Open a page anew in a window of that size, and wait until it has drawn what is in sight."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto("about:blank")
    page.goto(address)
    if page.locator("[data-page]").count():
        page.wait_for_selector("[data-ready]")
    if page.locator(".pc").count():
        page.wait_for_selector('.pc[data-drawn]:not([data-drawn=""])')
    page.wait_for_timeout(2000)  # charts below fill in; nothing says when the last one has


def signed_in(browser: Browser, site: RealSite, theme: str) -> Page:
    """A page of a browser of its own, in light or dark."""
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{site.address}/authorize?token={site.services.sessions.create_link('ann')}")
    return page


def trained(site: RealSite, folder: Path, n_agents: int) -> str:
    """A sweep whose runs were really trained, by stock agents of this machine; returns its id."""
    sweep_id = site.new_sweep("digits", SWEEP)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "WANDB_BASE_URL": site.address,
        "WANDB_API_KEY": KEY,
        "WANDB_DIR": str(folder),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
        "OMP_NUM_THREADS": "1",
        "WANDB_DATA_DIR": str(folder),
        "WANDB_CACHE_DIR": str(folder),
        "WANDB_CONFIG_DIR": str(folder),
        "WANDB_ARTIFACT_DIR": str(folder),
    }
    command = [sys.executable, str(ROOT / "bench/digits_agent.py"), f"ann/digits/{sweep_id}"]
    log = (folder / "agents.log").open("w")
    agents = [
        subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        for _ in range(n_agents)
    ]
    for agent in agents:
        agent.wait()
    return sweep_id


def shots_of_client(browser: Browser, site: RealSite, sweep_id: str, out: Path) -> None:
    """Every kind of page, of the runs that the stock client logged."""
    sweep = site.services.sweeps.get(site.caller, "ann", "digits", sweep_id)
    best = site.services.sweeps.best_run(sweep)
    runs = [run.run_id for run in site.services.sweeps.runs(sweep)]
    base = f"{site.address}/ann/digits"
    page = browser.new_page()
    opened(page, f"{site.address}/authorize", 1280, 800)
    page.screenshot(path=out / "sign-in.png")
    page = signed_in(browser, site, "light")
    for name, address, height in (
        ("projects", site.address, 400),
        ("project", f"{base}/runs", 800),
        ("sweep", f"{base}/sweeps/{sweep_id}", 1500),
        ("run", f"{base}/runs/{best.run_id}#charts&beside={runs[0]},{runs[1]}", 1250),
        ("compare", f"{base}/compare?runs={','.join([best.run_id, *runs[:2]])}", 900),
        ("artifact", f"{base}/artifacts/model/digits-mlp/latest", 800),
        ("new-sweep", f"{base}/sweeps/new", 800),
    ):
        opened(page, address, 1280, height)
        page.screenshot(path=out / f"{name}.png")
    page.context.close()


def addresses(site: RealSite, sweeps: dict[int, tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """(number of runs, page, address) of what is looked at in every width."""
    for n, (project, sweep_id) in sweeps.items():
        base = f"{site.address}/ann/{project}"
        yield n, "workspace", base
        yield n, "sweep", f"{base}/sweeps/{sweep_id}"
        yield n, "runs", f"{base}/runs"


def shots_of_sizes(
    browser: Browser, site: RealSite, sweeps: dict[int, tuple[str, str]], out: Path
) -> None:
    """The pictures that say how many runs they show, at which width, in which theme."""
    found = {(n, kind): address for n, kind, address in addresses(site, sweeps)}
    for name, n, kind, width, height, theme, more in PICTURES:
        if (n, kind) not in found:
            continue
        page = signed_in(browser, site, theme)
        opened(page, found[n, kind] + more, width, height)
        page.screenshot(path=out / f"{name}.png")
        page.context.close()


def faults(
    browser: Browser, site: RealSite, sweeps: dict[int, tuple[str, str]], keep: Path | None
) -> list[str]:
    """What scrolls sideways or is cut beside room, on every page in every width."""
    found = []
    for theme in ("light", "dark") if keep else ("light",):
        page = signed_in(browser, site, theme)
        for n, kind, address in addresses(site, sweeps):
            for width, height in WIDTHS.items():
                opened(page, address, width, height)
                where = f"{kind} of {n} runs at {width} px"
                if page.evaluate(WIDE) > 0:
                    found.append(f"{where}: scrolls sideways by {page.evaluate(WIDE)} px")
                found += [f"{where}: cut beside room: {text}" for text in page.evaluate(CUT)]
                if keep:
                    page.screenshot(path=keep / f"{kind}-{n}-{theme}-{width}.png")
        page.context.close()
    return found


def shrink(folder: Path) -> None:
    """Keep few colours: a fraction of the size."""
    for path in folder.glob("*.png"):
        if path.name == "mnist-sweep.png":
            continue
        with Image.open(path) as image:
            small = image.convert("RGB").quantize(COLOURS)
        small.save(path, optimize=True)


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pages")
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 200, 10_000])
    parser.add_argument("--all", type=Path)
    options = parser.parse_args()
    for folder in filter(None, (options.out, options.all)):
        folder.mkdir(parents=True, exist_ok=True)
    path = found_chromium()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as folder:
        running = RunningSite(Path(data))
        site = running.site
        sweeps: dict[int, tuple[str, str]] = {}
        if options.agents:
            sweeps[30] = "digits", trained(site, Path(folder), options.agents)
        for n in options.sizes:
            print(f"training {n} runs", file=sys.stderr)
            sweeps[n] = f"softmax-{n}", softmax_runs.train_all(site, f"softmax-{n}", n)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            if options.agents:
                shots_of_client(browser, site, sweeps[30][1], options.out)
            shots_of_sizes(browser, site, sweeps, options.out)
            found = faults(browser, site, sweeps, options.all)
            browser.close()
        running.stop()
    shrink(options.out)
    print("\n".join(found) or "nothing scrolls sideways, nothing is cut beside room")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
