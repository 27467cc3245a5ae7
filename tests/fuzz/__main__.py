"""`python -m tests.fuzz --seconds 3600`: anything, to a server in process, for as long as told."""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from graphql import GraphQLObjectType
from starlette.routing import Route

from sweepd.wandb_api.graphql.engine import build_schema
from sweepd.web import routes as web_routes
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
        f"{len(figures.slow)} answers over {MAX_S:.0f} s, {figures.n_waited} that were not when "
        "asked again; "
        f"memory after each world: {', '.join(f'{mb:.0f}' for mb in thin(seen))} MB; "
        f"reached {reached_of(figures)}",
    ]
    return "\n".join(lines)


def reached_of(figures: Figures) -> str:
    """How much of the schema and of the pages' routes was asked for."""
    kinds = [
        k
        for k in build_schema().type_map.values()
        if isinstance(k, GraphQLObjectType) and not k.name.startswith("__")
    ]
    n_fields = sum(len(kind.fields) for kind in kinds)
    routes = {path for path in figures.reached if path.startswith("/")}
    n_routes = len({r.path for r in web_routes.routes if isinstance(r, Route)})
    n_reached = len(figures.reached - routes)
    return f"{n_reached} of {n_fields} fields, {len(routes)} of {n_routes} routes of pages"


def thin(seen: list[float], n: int = 12) -> list[float]:
    """At most `n` of them, first and last included."""
    if len(seen) <= n:
        return seen
    return [seen[i * (len(seen) - 1) // (n - 1)] for i in range(n)]


def main() -> int:
    """0 when nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--requests", type=int, default=10**9, help="end after so many as well")
    parser.add_argument("--jobs", type=int, default=2, help="processes, each with its own server")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--faults", type=Path, help="a file for the requests that failed")
    parser.add_argument("--database", default="", help="an address of PostgreSQL; needs --jobs 1")
    given = parser.parse_args()
    begin, figures = time.monotonic(), Figures()
    print(f"seed {given.seed}", flush=True)
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        seeds = [given.seed * 1000 + job for job in range(given.jobs)]
        n_each = -(-given.requests // given.jobs)
        work = [pool.submit(drive, s, given.seconds, n_each, given.database) for s in seeds]
        for done in work:
            figures.merge(done.result())
    print(report(figures, time.monotonic() - begin))
    text = f"\n{'-' * 90}\n".join([*figures.faults, *figures.slow])
    if given.faults:
        given.faults.write_text(text)
    elif text:
        print(text[:20_000])
    return 1 if figures.faults or figures.slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
