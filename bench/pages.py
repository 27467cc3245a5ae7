"""Time the sweep page at 1,000 and 10,000 runs with 12 axes, beside others' pages of such runs.

Plotly's parcoords and HiPlot draw the same plot; optuna-dashboard, which drew none of these when
this was written, its page of analytics. All show the same data in the same browser (Debian's
Chromium, no GPU). Usage:

    python -m bench.pages [--runs 1000 10000] [--tools sweepd plotly hiplot optuna] [--out FILE]

Needs playwright and plotly; HiPlot and optuna-dashboard come from PyPI into an environment of
their own (`--peers FOLDER`). "Feedback" is the time from a movement of the mouse that pulls a brush
to the end of the frame that answers it; "ready" is until the plot can be used, after the document
was asked for. "Task" is the longest that the page does not answer while it loads, or while a brush
is pulled: by the clock, and by the processor, which does not count what others do meanwhile.
"""

import argparse
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]
from fixture_app import FixtureApp  # noqa: E402
from synthetic import points  # noqa: E402

from bench import page_peers  # noqa: E402
from bench.page_tasks import Recording  # noqa: E402
from tests.chromium import ARGUMENTS, found_chromium  # noqa: E402

STEPS = 40
# Every movement with a pressed button: from the event to the first task after its frame.
PROBE = """
window.feedback = [];
window.addEventListener("pointermove", (event) => {
  if (event.buttons !== 1) return;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.feedback.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  });
}, true);
// What moved by itself, and the longest the page did not answer, from its first moment on.
window.shifted = 0;
window.longestTask = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.longestTask = Math.max(window.longestTask, entry.duration);
  }
}).observe({ type: "longtask", buffered: true });
"""


def flat(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs as one row each: twelve columns, the metric last."""
    rows = []
    for run in document["runs"]:
        row = {k: v for k, v in run["config"].items() if k != "seed"}
        metric = run["metric"]["last"]
        rows.append({**row, "accuracy": metric if isinstance(metric, float) else None})
    return rows


def first_paint(page: Page) -> float:
    """When the first content was painted; a busy page records it late."""
    entry = "performance.getEntriesByName('first-contentful-paint')[0]"
    page.wait_for_function(f"() => {entry} !== undefined")
    return float(page.evaluate(f"{entry}.startTime"))


def feedback(page: Page, start: tuple[float, float], height: float) -> dict[str, float]:
    """Pull a brush by STEPS movements; milliseconds until each is answered."""
    page.evaluate("window.feedback.length = 0")
    page.mouse.move(*start)
    recording = Recording(page)
    recording.start()
    page.mouse.down()
    for k in range(STEPS):
        page.mouse.move(start[0], start[1] + (k + 1) * height / STEPS)
    page.mouse.up()
    page.wait_for_timeout(300)
    tasks = recording.stop()
    times = sorted(page.evaluate("window.feedback"))
    if not times:
        return {}
    by_processor = sorted(task.by_processor for task in tasks if task.by_processor > 1)
    return {
        "brush task cpu": by_processor[-1] if by_processor else 0.0,
        "brush task cpu p95": by_processor[int(0.95 * (len(by_processor) - 1))]
        if by_processor
        else 0.0,
        "feedback median": statistics.median(times),
        "feedback p95": times[min(len(times) - 1, int(0.95 * len(times)))],
    }


def loaded(page: Page, recording: Recording) -> dict[str, float]:
    """What moved and what took long since the page was asked for."""
    tasks = recording.stop()
    return {
        "layout shift x 1000": 1000 * page.evaluate("window.shifted"),
        "longest task": page.evaluate("window.longestTask"),
        "longest task cpu": max((task.by_processor for task in tasks), default=0.0),
    }


def ours(page: Page, address: str) -> dict[str, float]:
    """The sweep page: paint, readiness, brush, sort, filter."""
    recording = Recording(page)
    recording.start()
    page.goto(address)
    page.wait_for_selector("[data-ready]")
    ready = page.evaluate("performance.getEntriesByName('sweep-ready')[0].startTime")
    page.wait_for_selector('.pc[data-drawn]:not([data-drawn=""])')
    complete = page.evaluate("performance.now()")
    paint = first_paint(page)
    page.wait_for_timeout(2500)
    moved = loaded(page, recording)
    box = page.locator(".pc-track").nth(2).bounding_box()
    assert box
    result = feedback(page, (box["x"] + 15, box["y"] + 40), box["height"] * 0.5)
    page.get_by_role("button", name="Clear brushes").click()
    page.wait_for_timeout(1500)
    result |= {"first paint": paint, "ready": ready, "all drawn": complete} | moved
    result["table sort"] = acted(
        page, "() => document.querySelectorAll('.runs-table thead button')[5].click()"
    )
    result["table filter"] = acted(
        page,
        """() => {
        const input = document.querySelector('.table-bar input');
        input.value = 'adam';
        input.dispatchEvent(new Event('input', { bubbles: true }));
    }""",
    )
    return result


def acted(page: Page, script: str) -> float:
    """Median of five: from an action to the end of the frame that shows its outcome."""
    times = []
    for _ in range(5):
        times.append(
            page.evaluate(f"""() => new Promise((done) => {{
            const start = performance.now();
            ({script})();
            requestAnimationFrame(() => {{
              const channel = new MessageChannel();
              channel.port1.onmessage = () => done(performance.now() - start);
              channel.port2.postMessage(0);
            }});
        }})""")
        )
        page.wait_for_timeout(200)
    return statistics.median(times)


def theirs(page: Page, address: str, axis: str, is_ready: str) -> dict[str, float]:
    """Another tool's page: until its plots are there, then the same brush where it has axes."""
    recording = Recording(page)
    recording.start()
    page.goto(address)
    page.wait_for_function(is_ready, timeout=90_000)
    ready = page.evaluate("performance.now()")
    paint = first_paint(page)
    page.wait_for_timeout(4000)
    moved = loaded(page, recording)
    if not axis:
        return {"first paint": paint, "ready": ready} | moved
    box = page.locator(axis).nth(2).bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    result = feedback(page, (x, box["y"] + box["height"] * 0.15), box["height"] * 0.5)
    return result | {"first paint": paint, "ready": ready} | moved


def serve(fixture: FixtureApp) -> tuple[uvicorn.Server, str]:
    """The fixture server on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(fixture.app, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server, f"http://127.0.0.1:{listener.getsockname()[1]}"


def dashboard(page: Page, python: Path, rows: list[dict[str, Any]], folder: Path) -> Any:
    """optuna-dashboard's page of analytics, until a plot is there."""
    with page_peers.dashboard(python, rows, folder) as address:
        return theirs(page, address, "", "() => document.querySelector('.main-svg') !== null")


def measure(
    sizes: list[int], wanted: list[str], peers: Path
) -> dict[str, dict[str, dict[str, float]]]:
    """All figures, by number of runs and tool, in milliseconds."""
    fixture = FixtureApp()
    server, address = serve(fixture)
    found: dict[str, dict[str, dict[str, float]]] = {}
    python = page_peers.environment(peers) if {"hiplot", "optuna"} & set(wanted) else Path()
    path = found_chromium()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for n in sizes:
            document = points(n, extra_parameters=5)
            url = address + fixture.add(f"bench-{n}", document)
            rows = flat(document)
            tools: dict[str, Callable[[Page], dict[str, float]]] = {
                "sweepd": lambda page, url=url: ours(page, url),  # type: ignore[misc]
                "plotly": lambda page, rows=rows: theirs(  # type: ignore[misc]
                    page,
                    page_peers.plotly_page(rows, Path(folder)),
                    ".y-axis .axis-brush",
                    "() => document.querySelectorAll('.y-axis').length >= 12",
                ),
                "hiplot": lambda page, rows=rows: theirs(  # type: ignore[misc]
                    page,
                    page_peers.hiplot_page(python, rows, Path(folder)),
                    ".pplot-brush .overlay",
                    "() => document.querySelectorAll('.pplot-brush').length >= 12",
                ),
                "optuna": lambda page, rows=rows: dashboard(  # type: ignore[misc]
                    page, python, rows, Path(folder)
                ),
            }
            found[str(n)] = {}
            for name, run in tools.items():
                if name not in wanted:
                    continue
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.set_default_timeout(90_000)
                page.add_init_script(PROBE)
                try:
                    if name == "sweepd":  # the server has made its document once before
                        page.goto(url)
                        page.wait_for_selector("[data-ready]")
                    found[str(n)][name] = run(page)
                except Exception as error:
                    print(f"{name} at {n} runs: {error!s:.300}", file=sys.stderr)
                page.close()
        browser.close()
    server.should_exit = True
    return found


def main() -> None:
    """Measure, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--tools", nargs="+", default=["sweepd", "plotly", "hiplot", "optuna"])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench" / "page-peers")
    options = parser.parse_args()
    found = measure(options.runs, options.tools, options.peers)
    for n, tools in found.items():
        print(f"\n{n} runs, 12 axes, milliseconds")
        names = list(dict.fromkeys(key for figures in tools.values() for key in figures))
        print(f"{'':18}" + "".join(f"{tool:>10}" for tool in tools))
        for key in names:
            cells = [tools[tool].get(key) for tool in tools]
            print(
                f"{key:18}" + "".join(f"{c:10.0f}" if c is not None else f"{'':>9}-" for c in cells)
            )
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
