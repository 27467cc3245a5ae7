"""What a long run costs to read: processor time and memory of each answer, bytes on disk a line.

    python -m bench.long_runs [--lines 1500000] [--as-sent]

One run of lines of five numbers, as its client sends them in posts of 100; then, unless it is to be
read as sent, gathered into columns. Everything is in this process, so that nothing but the answer
is counted; memory is what the process holds more at its highest than before the question.
"""

import argparse
import json
import random
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.ingest import bodies
from bench.reads import OF_RUN, Reader
from sweepd.domain.runs import Run
from sweepd.services.streams.reading import Stream
from sweepd.store import history, runs
from sweepd.store.database import Connection

KEYS = ("loss", "accuracy", "lr", "grad_norm", "epoch")
STEP_POSTS = 100  # written in one transaction


def fill(reader: Reader, n_lines: int) -> Run:
    """Make the run, 100 lines a chunk."""
    reader.fill(1, 100)
    services, rng = reader.parts.services, random.Random(2)
    found = services.runs.get(reader.ann, "ann", "p", "long")
    for begin in range(100, n_lines, 100 * STEP_POSTS):

        def write(connection: Connection, begin: int = begin) -> None:
            end = min(n_lines, begin + 100 * STEP_POSTS)
            for first in range(begin, end, 100):
                block = json.loads(bodies(100, first, rng))["files"]["wandb-history.jsonl"]
                history.append_lines(
                    connection,
                    found.pk,
                    Stream.HISTORY,
                    first,
                    block["content"],
                    first,
                    (first, first + 99),
                )
            runs.update_run(connection, found.pk, {"history_lines": end, "last_step": end - 1})

        reader.parts.core.db.write(write)
    return services.runs.get(reader.ann, "ann", "p", "long")


def resident_mb() -> float:
    """Memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor time, and MB more at the highest."""
    before, most, is_done = resident_mb(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_done.wait(0.002):
            most = max(most, resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.process_time()
    try:
        work()
        spent = time.process_time() - began
    finally:
        is_done.set()
        watcher.join()
    return spent, max(most, resident_mb()) - before


def stored_bytes(folder: Path, reader: Reader) -> int:
    """Of what is in use: pages of the database, and files."""
    with reader.parts.core.db.read() as connection:
        pages, free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
    files = sum(path.stat().st_size for path in (folder / "blobs").rglob("*") if path.is_file())
    return (pages - free) * size + files


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_500_000)
    parser.add_argument("--as-sent", action="store_true", help="do not gather into columns")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reader = Reader(folder)
        empty = stored_bytes(folder, reader)
        run = fill(reader, given.lines)
        reading = reader.parts.services.reading
        sent = (stored_bytes(folder, reader) - empty) / given.lines
        print(f"{given.lines:,} lines, {sent:.0f} bytes a line as sent", flush=True)
        if not given.as_sent:
            spent, _ = measured(lambda: reader.parts.gathering.gather_all(1, 1))
            kept = (stored_bytes(folder, reader) - empty) / given.lines
            print(f"{kept:.1f} bytes a line in columns; gathering took {spent:.0f} s", flush=True)
        specs = json.dumps(json.dumps({"keys": ["loss", "_step"], "samples": 500}))
        all_keys = json.dumps(json.dumps({"keys": [*KEYS, "_step"], "samples": 500}))
        middle = given.lines // 2
        questions: dict[str, Callable[[], object]] = {
            "curves of the page": lambda: reading.curves(run, Stream.HISTORY, 800, 400),
            "sampledHistory, one key": lambda: reader.ask(
                OF_RUN % f"sampledHistory(specs: [{specs}])"
            ),
            "sampledHistory, five keys": lambda: reader.ask(
                OF_RUN % f"sampledHistory(specs: [{all_keys}])"
            ),
            "historyKeys": lambda: reader.ask(OF_RUN % "historyKeys"),
            "history, 500 of all": lambda: reader.ask(OF_RUN % "history(samples: 500)"),
            "a page of 1,000 steps": lambda: reader.ask(
                OF_RUN % f"history(minStep: {middle}, maxStep: {middle + 1000})"
            ),
        }
        questions["curves of the page"]()  # whose first answer in a process loads libraries
        for title, work in questions.items():
            spent, more_mb = measured(work)
            print(f"{title:28} {spent:8.3f} s {more_mb:8.0f} MB more", flush=True)
        reader.parts.core.db.close()


if __name__ == "__main__":
    main()
