"""One engine in a process of its own: jobs come as lines of JSON, simulated sweeps go back so.

`python -m bench.search` starts one for each engine, by the interpreter that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.engines import engine_of  # noqa: E402
from bench.search.problems import Problem, makers  # noqa: E402
from bench.search.simulate import simulate  # noqa: E402


def main() -> None:
    """Answer every job: `[problem, workers, seed, runs]` by what is kept of its sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", required=True)
    engine = parser.parse_args().engine
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    make = makers()
    made: dict[str, Problem] = {}
    for line in sys.stdin:
        name, workers, seed, n_runs = json.loads(line)
        problem = made[name] if name in made else made.setdefault(name, make[name]())
        found = simulate(problem, engine_of(engine), workers, seed, n_runs)
        row = {
            "problem": name,
            "half": problem.half,
            "engine": engine,
            "workers": workers,
            "seed": seed,
            "runs": n_runs,
            "regret": found["regret"],
            "ask_ms": round(1000 * float(np.median(found["ask_s"])), 2),
        }
        answers.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
