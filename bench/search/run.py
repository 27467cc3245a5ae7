"""Simulate one engine over problems, workers and seeds; one JSON line per sweep, appended.

    python -m bench.search.run --engine ours --workers 1 4 16 --seeds 10 --out ours.jsonl

Sweeps already in the file are left out, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.engines import ENGINES  # noqa: E402
from bench.search.problems import all_problems  # noqa: E402
from bench.search.results import N_RUNS  # noqa: E402
from bench.search.simulate import simulate  # noqa: E402


def main() -> None:
    """Parse the command line and simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=sorted(ENGINES), required=True)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=N_RUNS)
    parser.add_argument("--half", help="develop, held out or shape: …")
    parser.add_argument("--problem", nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    done = set()
    if args.out.exists():
        lines = [json.loads(line) for line in args.out.read_text().splitlines()]
        done = {(line["problem"], line["workers"], line["seed"]) for line in lines}
    problems = [p for p in all_problems(args.problem) if args.half in (None, p.half)]
    with args.out.open("a") as out:
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            for problem in problems:
                for workers in args.workers:
                    if (problem.name, workers, seed) in done:
                        continue
                    found = simulate(problem, ENGINES[args.engine], workers, seed, args.runs)
                    row = {
                        "problem": problem.name,
                        "half": problem.half,
                        "engine": args.engine,
                        "workers": workers,
                        "seed": seed,
                        "regret": found["regret"],
                        "ask_ms": round(1000 * float(np.median(found["ask_s"])), 2),
                    }
                    out.write(json.dumps(row) + "\n")
                    out.flush()


if __name__ == "__main__":
    main()
