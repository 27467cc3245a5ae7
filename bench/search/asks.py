"""Processor time of one ask of `bayes` in spaces of every shape, nothing kept from earlier ones.

    python -m bench.search.asks [--runs 10000] [--asks 5] [--only WORD]

Each ask is of a file parsed anew, as the first after a start; eight runs are pending. Prints median
and 95th percentile in ms of the processor, one thread. The figure is 150 for every shape.
"""

from __future__ import annotations

import argparse
import os
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.shapes import Shape, all_shapes  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402
from sweepd.search.proposing import propose  # noqa: E402
from sweepd.search.spec import SweepSpec  # noqa: E402


def spec_of(shape: Shape) -> SweepSpec:
    """The shape as a sweep searched by `bayes`."""
    parameters, extras = shape
    return parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": parameters,
            "sweepd": extras,
        }
    )


def runs_of(spec: SweepSpec, n: int, seed: int) -> list[Observation]:
    """Random runs with a smooth, noisy objective, as they come out of the database."""
    rng = np.random.default_rng(seed)
    cube = rng.random((n, len(spec.space.dimensions)))
    weights = rng.standard_normal(cube.shape[1])
    values = ((cube - 0.3) ** 2) @ weights**2 + 0.1 * rng.standard_normal(n)
    return [
        Observation(spec.space.decode(row), float(value))
        for row, value in zip(cube, values, strict=True)
    ]


def ask_ms(shape: Shape, n_runs: int, asks: int) -> list[float]:
    """Processor milliseconds of several asks."""
    runs = runs_of(spec_of(shape), n_runs + 8, 0)
    pending = [run.config for run in runs[n_runs:]]
    found = []
    for seed in range(asks):
        spec = spec_of(shape)
        begin = time.process_time()
        propose(spec, runs[:n_runs], pending, 1, seed)
        found.append(1000 * (time.process_time() - begin))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--asks", type=int, default=5)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    shapes = {name: shape for name, shape in all_shapes().items() if args.only in name}
    ask_ms(all_shapes()["2 numbers"], 30, 1)  # imports
    print(f"| shape, {args.runs:,} runs | median ms | p95 ms |\n|---|---|---|")
    for name, shape in shapes.items():
        times = ask_ms(shape, args.runs, args.asks)
        print(f"| {name} | {np.median(times):.0f} | {np.percentile(times, 95):.0f} |", flush=True)


if __name__ == "__main__":
    main()
