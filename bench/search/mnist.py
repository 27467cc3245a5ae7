"""The workload's own search: best validation accuracy after 1, 2, … runs, bayes beside others.

    python -m bench.search.mnist

Searches the table of `make_mnist_table.py`: real trainings of `mnist/` on the bundled digits over
the ranges of `sweep.yaml`, dropout in steps of 0.05. Two runs at a time, 30 runs, no early
termination. Writes `results/mnist.json`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

from bench.search.engines import ENGINES  # noqa: E402
from bench.search.problems import mnist_problem  # noqa: E402
from bench.search.simulate import simulate  # noqa: E402

N_RUNS = 30
WORKERS = 2
OUT = Path(__file__).parent / "results" / "mnist.json"


def main() -> None:
    """Simulate the sweeps and write their curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--engines", nargs="+", default=["ours", "random"])
    args = parser.parse_args()
    problem = mnist_problem()
    span = problem.typical - problem.best
    curves = {}
    for engine in args.engines:
        found = [
            simulate(problem, ENGINES[engine], WORKERS, seed, N_RUNS)["regret"]
            for seed in range(args.seeds)
        ]
        curves[engine] = [
            [round(1 - problem.best - regret * span, 4) for regret in curve] for curve in found
        ]
    OUT.parent.mkdir(exist_ok=True)
    best = round(1 - problem.best, 4)
    OUT.write_text(json.dumps({"best": best, "workers": WORKERS, "accuracy": curves}) + "\n")


if __name__ == "__main__":
    main()
