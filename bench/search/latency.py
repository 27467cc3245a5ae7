"""Time of one ask of `bayes` by number of runs, nothing kept between asks: as after a restart.

    python -m bench.search.latency

Prints the median and 95th percentile in ms over ASKS asks on four spaces, with four runs pending;
then the first ask of a fresh process with its imports, and the time of `importance`. Times are of
the processor, one thread: what the clock says with a core free, whatever else runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.levels import draw  # noqa: E402
from bench.search.problems import Problem, all_problems  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.importance import importance  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402
from sweepd.search.proposing import propose  # noqa: E402

ASKS = 15
SIZES = (30, 100, 300, 1000, 10_000)
SPACES = ("branin", "hartmann6", "ackley10", "finetuning")
TARGETS_MS = {100: 50, 300: 120, 1000: 120, 10_000: 150}


def ask_ms(problem: Problem, n_runs: int, asks: int) -> list[float]:
    """Processor milliseconds of several asks, each with other runs and another seed."""
    spec = parse({"method": "bayes", "metric": {"name": "loss"}, "parameters": problem.parameters})
    found = []
    for seed in range(asks):
        rng = np.random.default_rng(seed)
        configs = [draw(problem.parameters, rng) for _ in range(n_runs + 4)]
        runs = [Observation(c, problem.true(c)) for c in configs[4:]]
        begin = time.process_time()
        propose(spec, runs, configs[:4], 1, seed)
        found.append(1000 * (time.process_time() - begin))
    return found


def main() -> None:
    """Print the table."""
    problems = all_problems(SPACES)
    ask_ms(problems[0], 30, 2)
    print("| space | " + " | ".join(f"{n:,} runs" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    pooled: dict[int, list[float]] = {n: [] for n in SIZES}
    for problem in problems:
        cells = []
        for n in SIZES:
            times = ask_ms(problem, n, ASKS)
            pooled[n] += times
            cells.append(f"{np.median(times):.0f} / {np.percentile(times, 95):.0f}")
        print(f"| {problem.name} | " + " | ".join(cells) + " |")
    cells = [f"{np.median(t):.0f} / {np.percentile(t, 95):.0f}" for t in pooled.values()]
    print("| all, p50 / p95 ms | " + " | ".join(cells) + " |")
    print("| figure (p95) | " + " | ".join(str(TARGETS_MS.get(n, "")) for n in SIZES) + " |")
    code = (
        "import time; t = time.process_time(); import sweepd.search.bayes.bayes; "
        "print(f'{1000 * (time.process_time() - t):.0f}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"\nimport of the search in a fresh process: {done.stdout.strip()} ms")
    names = {f"x{i}": {"min": 0.0, "max": 1.0} for i in range(20)}
    space = parse({"method": "random", "parameters": names}).space
    rng = np.random.default_rng(0)
    configs = [dict(zip(names, map(float, row), strict=True)) for row in rng.random((10_000, 20))]
    values = [c["x0"] + c["x1"] * c["x2"] + 0.1 * rng.standard_normal() for c in configs]
    for n in (1000, 10_000):
        begin = time.process_time()
        importance(space, configs[:n], values[:n])
        print(f"importance, {n:,} runs x 20 parameters: {time.process_time() - begin:.2f} s")


if __name__ == "__main__":
    main()
