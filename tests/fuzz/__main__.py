"""`python -m tests.fuzz --seconds 3600`: anything, to a server in process, for as long as told."""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.driving import MAX_S, Figures, drive


def report(figures: Figures, took_s: float) -> str:
    """The figures as a table."""
    lines = ["| class | requests | 2xx, 3xx | 4xx | 5xx | slowest |", "|---|---|---|---|---|---|"]
    for kind, counts in sorted(figures.statuses.items()):
        by = [
            sum(n for s, n in counts.items() if s // 100 in some) for some in ((2, 3), (4,), (5,))
        ]
        slowest = f"{figures.slowest_s[kind]:.2f} s"
        lines.append(
            f"| {kind} | {sum(counts.values()):,} | {by[0]:,} | {by[1]:,} | {by[2]} | {slowest} |"
        )
    seen = figures.memory_mb or [0.0]
    lines += [
        "",
        f"{figures.n_requests:,} requests in {took_s:.0f} s; {len(figures.faults)} faults, "
        f"{len(figures.slow)} answers over {MAX_S:.0f} s; "
        f"memory after each world: {', '.join(f'{mb:.0f}' for mb in thin(seen))} MB",
    ]
    return "\n".join(lines)


def thin(seen: list[float], n: int = 12) -> list[float]:
    """At most `n` of them, first and last included."""
    if len(seen) <= n:
        return seen
    return [seen[i * (len(seen) - 1) // (n - 1)] for i in range(n)]


def main() -> int:
    """0 when nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2, help="processes, each with its own server")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--faults", type=Path, help="a file for the requests that failed")
    parser.add_argument("--database", default="", help="an address of PostgreSQL; needs --jobs 1")
    given = parser.parse_args()
    begin, figures = time.monotonic(), Figures()
    print(f"seed {given.seed}", flush=True)
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        seeds = [given.seed * 1000 + job for job in range(given.jobs)]
        work = [pool.submit(drive, s, given.seconds, 10**9, given.database) for s in seeds]
        for done in work:
            figures.merge(done.result())
    print(report(figures, time.monotonic() - begin))
    text = f"\n{'-' * 90}\n".join([*figures.faults, *figures.slow])
    if given.faults:
        given.faults.write_text(text)
    elif text:
        print(text[:20_000])
    return 1 if figures.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
