"""Time the curves of a run page and of a workspace, beside TensorBoard with the same curves.

    python -m bench.workspaces [--metrics 59] [--steps 20000] [--runs 100] [--panels 20]
                               [--run-steps 10000] [--no-tensorboard] [--out FILE]

A run page of many metrics and a workspace of many runs, and TensorBoard over the same numbers, are
opened in the same browser (Debian's Chromium, no GPU), one after the other. TensorBoard is
installed from PyPI into an environment of its own below `~/.cache/sweepd-bench`, which is kept.

- first: from the opening of the page until the first curve stands on the screen.
- task: the longest the page did not answer, until ten seconds after that.
- hover: what a movement of the pointer over a chart keeps the page busy with, median: whoever is
  told of it, and the frame that shows it, without the wait for that frame, which is the screen's.
- frames: frames a second while the smoothing is dragged (ours alone).

TensorBoard shows at most 1,000 points of each curve, drawn at random; ours are thinned from all,
extremes kept. Its first curve counts from when its first chart has axes, which is to its favour.
Exits with 1 where a goal is missed, or TensorBoard is ahead.
"""

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]
from real_site import RealSite, RunningSite  # noqa: E402

from bench import tensorboard_peer  # noqa: E402
from bench.pages import PROBE  # noqa: E402
from sweepd.services.runs.runs import RunChange  # noqa: E402
from sweepd.services.runs.taking_in import Lines, StreamPost  # noqa: E402
from tests.chromium import ARGUMENTS, found_chromium  # noqa: E402

Figures = dict[str, float]
GOALS = {
    "run": {"first ms": 700, "task ms": 100, "frames a s": 30},
    "workspace": {"first ms": 1000, "task ms": 100, "hover ms": 16},
}
FLOORS = ("frames a s",)  # more is better
POST = 2000  # lines
HOVERS = 40
SEED = 3
OURS = "[...document.querySelectorAll('.plot')].some((e) => Number(e.dataset.points) > 1)"
# It draws lines in a worker, where nobody sees them; its axes come no later.
THEIRS = "document.querySelector('line-chart svg line') !== null"
TOLD = """() => {
  const look = () => {
    if (%s) window.firstCurve = performance.now();
    else setTimeout(look, 10);
  };
  look();
}"""
HOVER = """([selector, n]) => new Promise((done) => {
  const chart = document.querySelector(selector);
  const box = chart.getBoundingClientRect();
  const took = [];
  const next = (k) => {
    if (k === n) return done(took);
    const at = { clientX: box.left + box.width * (0.2 + (0.6 * k) / n),
      clientY: box.top + box.height / 2, bubbles: true, composed: true, pointerType: "mouse" };
    const under = document.elementFromPoint(at.clientX, at.clientY) ?? chart;
    const start = performance.now();
    for (const kind of ["pointermove", "mousemove"]) {
      const Kind = kind.startsWith("pointer") ? PointerEvent : MouseEvent;
      under.dispatchEvent(new Kind(kind, at));
    }
    const told = performance.now() - start;
    requestAnimationFrame((frame) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { took.push(told + performance.now() - frame); next(k + 1); };
      channel.port2.postMessage(0);
    });
  };
  next(0);
})"""
DRAG = """() => new Promise((done) => {
  const slider = document.querySelector('input[aria-label="Smoothing"], input[type="range"]');
  const start = performance.now();
  let n = 0;
  const next = () => {
    slider.value = String(20 + (n % 60));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => {
      n += 1;
      if (performance.now() - start > 2000) done((1000 * n) / (performance.now() - start));
      else next();
    });
  };
  next();
})"""


def rows(n_steps: int, n_keys: int, seed: int) -> Iterator[str]:
    """The lines of a run: losses that fall, with noise."""
    rng = random.Random(seed)
    rates = [1 + 4 * rng.random() for _ in range(n_keys)]
    for step in range(n_steps):
        line = {"_step": step, "_timestamp": 1.79e9 + step}
        for k, rate in enumerate(rates):
            falling = math.exp(-rate * step / n_steps)
            line[f"group{k % 4}/metric{k}"] = round(falling + 0.05 * rng.random(), 6)
        yield json.dumps(line)


def fill(site: RealSite, project: str, run_id: str, lines: list[str]) -> None:
    """A run of those lines, as its client sends it."""
    services, caller = site.services, site.caller
    services.runs.upsert(caller, "ann", project, run_id, RunChange(display_name=run_id))
    last = {k: v for k, v in json.loads(lines[-1]).items() if k[0] != "_"}
    for first in range(0, len(lines), POST):
        part = lines[first : first + POST]
        is_last = first + POST >= len(lines)
        post = StreamPost(
            history=Lines(first, part),
            summary=json.dumps(last) if is_last else None,
            is_complete=is_last,
            exitcode=0 if is_last else None,
        )
        services.history.append(caller, "ann", project, run_id, post)


def figures(page: Page, address: str, is_drawn: str, chart: str, with_drag: bool) -> Figures:
    """Open a page twice, and measure the second time, when its scripts are known."""
    for rest_ms in (2_000, 10_000):
        page.goto("about:blank")
        page.goto(address)
        page.evaluate(TOLD % is_drawn)
        page.wait_for_function("() => window.firstCurve", timeout=120_000)
        page.wait_for_timeout(rest_ms)
    found = {
        "first ms": page.evaluate("window.firstCurve"),
        "task ms": page.evaluate("window.longestTask"),
        "hover ms": statistics.median(page.evaluate(HOVER, [chart, HOVERS])),
    }
    if with_drag:
        found["frames a s"] = page.evaluate(DRAG)
    return found


def ours(browser: Browser, site: RealSite, path: str) -> Figures:
    """A page of ours, signed in."""
    page = new_page(browser)
    page.goto(f"{site.address}/authorize?token={site.services.sessions.create_link('ann')}")
    found = figures(page, site.address + path, OURS, ".plot-over", True)
    page.close()
    return found


def theirs(browser: Browser, address: str) -> Figures:
    """TensorBoard's first page: its time series."""
    page = new_page(browser)
    found = figures(page, f"{address}/#timeseries", THEIRS, "line-chart", False)
    page.close()
    return found


def new_page(browser: Browser) -> Page:
    """A window of usual size that notes its longest task."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    page.add_init_script(PROBE)
    return page


def measure(options: argparse.Namespace) -> dict[str, dict[str, Figures]]:
    """{page: {tool: figures}}."""
    python = None if options.no_tensorboard else tensorboard_peer.environment()
    cases = {
        "run": ("/ann/run/runs/r0", 1, options.metrics, options.steps),
        "workspace": ("/ann/workspace/workspace", options.runs, options.panels, options.run_steps),
    }
    found: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as logs:
        running = RunningSite(Path(data))
        for name, (_, n_runs, n_keys, n_steps) in cases.items():
            for k in range(n_runs):
                lines = list(rows(n_steps, n_keys, SEED + k))
                fill(running.site, name, f"r{k}", lines)
                if python:
                    tensorboard_peer.write_events(python, Path(logs) / name / f"r{k}", lines)
        running.site.parts.gathering.gather_all(1, 1)
        with sync_playwright() as playwright:
            path = found_chromium()
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            for name, (address, n_runs, n_keys, n_steps) in cases.items():
                print(f"{name}: {n_runs} runs of {n_steps} steps of {n_keys} numbers", flush=True)
                found[name] = {"sweepd": ours(browser, running.site, address)}
                if python:
                    with tensorboard_peer.serving(python, Path(logs) / name) as other:
                        found[name]["tensorboard"] = theirs(browser, other)
            browser.close()
        running.stop()
    return found


def missed(found: dict[str, dict[str, Figures]]) -> list[str]:
    """Goals not reached, and figures in which TensorBoard is ahead."""
    faults = []
    for name, tools in found.items():
        for figure, value in tools["sweepd"].items():
            goal = GOALS[name].get(figure)
            if goal is not None and (value < goal if figure in FLOORS else value > goal):
                faults.append(f"{name}: {figure} {value:.0f}, the goal is {goal}")
            other = tools.get("tensorboard", {}).get(figure)
            if other is not None and value > other:
                faults.append(f"{name}: {figure} {value:.0f}, TensorBoard {other:.0f}")
    return faults


def main() -> int:
    """Measure, print a table, say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", type=int, default=59)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--panels", type=int, default=20)
    parser.add_argument("--run-steps", type=int, default=10_000)
    parser.add_argument("--no-tensorboard", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = measure(options)
    for name, tools in found.items():
        print(f"\n{name:14}" + "".join(f"{tool:>14}" for tool in tools) + f"{'goal':>10}")
        for figure, value in tools["sweepd"].items():
            other = tools.get("tensorboard", {}).get(figure)
            cells = [f"{value:14.1f}"]
            if len(tools) > 1:
                cells.append(f"{other:14.1f}" if other is not None else f"{'-':>14}")
            print(f"{figure:14}{''.join(cells)}{GOALS[name].get(figure, '-'):>10}")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")
    faults = missed(found)
    print("\n" + ("\n".join(faults) or "all goals reached"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
