"""Everything in one command: every engine side by side, then the tables.

    nice python -m bench.search --seeds 10
    nice python -m bench.search --seeds 2 --engines gp botorch smac --workers 4 --compared

Peers that need what this project does not are run in environments of their own, made on first use
(`environments.py`). Raw lines are appended below `.bench/results/`, and what is there is not run
again, so an interrupted run goes on where it was; the compact files of `bench/search/results/` are
made from them. Some ten hours of one free core at ten seeds: W&B's engine more than half of them;
the ablations (`--ablations`) half an hour more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.search.environments import BENCH, ROOT, python_of
from bench.search.report import COMPARED, ENGINES, PEERS, RESULTS
from bench.search.results import AT, N_RUNS, PEER_RUNS, compact

RAW = BENCH / "results"
DEFAULT_ENGINES = tuple(engine for engine in ENGINES if engine not in PEERS)


def run_engine(engine: str, seeds: int, more: Sequence[str]) -> None:
    """Simulate what is missing of an engine, then write its compact file."""
    raw = RAW / f"{engine}.jsonl"
    run = [python_of(engine), "-m", "bench.search.run", "--engine", engine]
    n_runs = PEER_RUNS if engine in PEERS else N_RUNS
    command = [*run, "--seeds", str(seeds), "--runs", str(n_runs), "--out", raw, *more]
    subprocess.run(command, check=True, cwd=ROOT)
    compact(raw, RESULTS / f"engine-{engine}.json", [n for n in AT if n <= n_runs])


def run_ablations(seeds: int) -> None:
    """Simulate what is missing of the ablations, at four workers, then write their file."""
    raw = RAW / "ablations.jsonl"
    run = [sys.executable, "-m", "bench.search.ablations", "--workers", "4"]
    subprocess.run([*run, "--seeds", str(seeds), "--out", raw], check=True, cwd=ROOT)
    compact(raw, RESULTS / "ablations-4.json", [60])


def main() -> None:
    """Run the engines and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(DEFAULT_ENGINES))
    parser.add_argument("--workers", nargs="+", default=["1", "4", "16"])
    parser.add_argument("--compared", action="store_true", help="only the problems of all peers")
    parser.add_argument("--ablations", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    RAW.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    more = ["--workers", *args.workers]
    more += ["--problem", *COMPARED] if args.compared else []
    with ThreadPoolExecutor(args.processes) as pool:
        list(pool.map(lambda engine: run_engine(engine, args.seeds, more), args.engines))
    if args.ablations:
        run_ablations(args.seeds)
    subprocess.run([sys.executable, "-m", "bench.search.report"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
