"""Make the screenshots of docs/pages.md: a server here, stock agents that train, Debian's Chromium.

    python bench/pages_screenshots.py [--out docs/pages] [--agents 3] [--all DIR]

Forty small networks are trained on scikit-learn's digits by the stock client, in a minute or two;
all pictures but one show them. The one of a thousand runs is made up and says so in its name.
`--all DIR` also looks at the sweep page with 0, 1, 30, 1,000 and 10,000 made-up runs, light and
dark, on a phone and on a wide screen, for judging by eye.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser"), str(ROOT / "bench")]
from digits_agent import SWEEP  # noqa: E402
from fixture_app import FixtureApp  # noqa: E402
from pages import ARGUMENTS, serve  # noqa: E402
from real_site import KEY, RealSite, RunningSite  # noqa: E402

BRUSHED = "#brush.config.learning_rate=0.0005~0.02&brush.config.optimizer=!adam"


def ready(page: Page) -> None:
    """Wait until the page's script has drawn what it draws at first."""
    page.wait_for_selector("[data-ready]")
    page.wait_for_timeout(2000)  # charts below fill in; nothing says when the last one has


def trained(site: RealSite, folder: Path, n_agents: int) -> str:
    """A sweep whose runs were really trained, by stock agents of this machine; returns its id."""
    sweep_id = site.new_sweep("digits", SWEEP)
    environment = os.environ | {
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


def shots_of_server(browser: Browser, site: RealSite, sweep_id: str, out: Path) -> None:
    """Every page, with runs that were really trained."""
    sweep = site.services.sweeps.get(site.caller, "ann", "digits", sweep_id)
    best = site.services.sweeps.best_run(sweep)
    runs = [run.run_id for run in site.services.sweeps.runs(sweep)]
    base, link = f"{site.address}/ann/digits", site.services.sessions.create_link
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site.address}/authorize")
    page.screenshot(path=out / "sign-in.png")
    page.goto(f"{site.address}/authorize?token={link('ann')}")
    for name, address, height in (
        ("projects", site.address, 400),
        ("project", base, 800),
        ("sweep", f"{base}/sweeps/{sweep_id}", 2700),
        ("run", f"{base}/runs/{best.run_id}#charts&beside={runs[0]},{runs[1]}", 1250),
        ("compare", f"{base}/compare?runs={','.join([best.run_id, *runs[:2]])}", 900),
        ("artifact", f"{base}/artifacts/model/digits-mlp/latest", 800),
        ("new-sweep", f"{base}/sweeps/new", 800),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto("about:blank")
        page.goto(address)
        if page.locator('[data-page="sweep"], [data-page="project"], [data-page="run"]').count():
            ready(page)
        page.set_viewport_size({"width": 1280, "height": height})
        page.wait_for_timeout(2500)
        page.screenshot(path=out / f"{name}.png")
    context.close()
    context = browser.new_context(viewport={"width": 390, "height": 780})
    page = context.new_page()
    page.goto(f"{site.address}/authorize?token={link('ann')}")
    page.goto(f"{base}/sweeps/{sweep_id}")
    ready(page)
    page.screenshot(path=out / "phone.png")
    context.close()


def shot_of_thousand(browser: Browser, out: Path) -> None:
    """A thousand made-up runs, brushed, in the dark."""
    server, address = serve(FixtureApp())
    context = browser.new_context(viewport={"width": 1440, "height": 660}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}/sweep/1000{BRUSHED}")
    ready(page)
    page.screenshot(path=out / "parallel-dark.png")
    context.close()
    server.should_exit = True


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
        if path.name == "mnist-sweep.png":
            continue
        with Image.open(path) as image:
            small = image.convert("RGB").quantize(256)
        small.save(path, optimize=True)


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pages")
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--all", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("SWEEPD_CHROMIUM", "/usr/bin/chromium")
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as folder:
        running = RunningSite(Path(data))
        sweep_id = trained(running.site, Path(folder), options.agents)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            shots_of_server(browser, running.site, sweep_id, options.out)
            shot_of_thousand(browser, options.out)
            if options.all:
                all_sizes(browser, options.all)
            browser.close()
        running.stop()
    shrink(options.out)


if __name__ == "__main__":
    main()
