"""Vary one ingredient of `bayes` at a time on the problems to develop on.

    python -m bench.search.ablations --variants all --workers 4 --seeds 10 --out ablations.jsonl

A variant is a set of `bayes.Settings`; "default" changes none, and the others are compared with it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

from bench.search.problems import Problem, all_problems  # noqa: E402
from bench.search.simulate import simulate  # noqa: E402
from sweepd.search.bayes.bayes import propose  # noqa: E402
from sweepd.search.bayes.gaussian_process import Prior  # noqa: E402
from sweepd.search.bayes.settings import Settings  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "power transform never": {"warp": False},
    "power transform always": {"warp": True},
    "power transform by evidence alone": {"max_warped_noise": 1e9},
    "pending at the mean": {"is_drawn": False},
    "incumbent from data only": {"counts_pending": False},
    "no gradient": {"n_refined": 0},
    "no local candidates": {"n_spread": 760, "n_local": 8},
    "one length scale for all": {"prior": Prior(log_length_sd=0.01)},
    "independent length scales": {"prior": Prior(log_length_sd=1.0, log_length_common_sd=0.01)},
    "hyperparameters from 20 runs": {"max_fit_points": 20},
    "model of 30 runs": {"max_fit_points": 30, "max_points": 30},
}
# One at a time, by name; not part of `all`, which the page reports.
MORE: dict[str, dict[str, Any]] = {
    "far gradient": {"polish": 0.2},
    "few spread candidates": {"n_spread": 64, "n_local": 700},
    "shorter length scales": {"prior": Prior(log_length=-1.0)},
}


def engine(**given: Any) -> Callable[[Problem, int], Any]:
    """`bayes` with some settings changed."""

    def start(problem: Problem, seed: int) -> Any:
        spec = parse(
            {"method": "bayes", "metric": {"name": "loss"}, "parameters": problem.parameters}
        )

        def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any] | None:
            runs = [
                Observation(config, value, "failed" if value is None else "finished")
                for config, value in finished
            ]
            found = propose(spec, runs, pending, 1, seed, Settings(**given))
            return found[0] if found else None

        return ask

    return start


def main() -> None:
    """Simulate the chosen variants; sweeps already in the file are left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", nargs="+", default=["all"])
    parser.add_argument("--workers", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--problem", nargs="*")
    parser.add_argument("--half", default="develop")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    lines = args.out.read_text().splitlines() if args.out.exists() else []
    rows = [json.loads(line) for line in lines]
    done = {(row["engine"], row["problem"], row["workers"], row["seed"]) for row in rows}
    names = list(VARIANTS) if args.variants == ["all"] else args.variants
    problems = [p for p in all_problems(args.problem) if args.problem or p.half == args.half]
    with args.out.open("a") as out:
        for seed in range(args.seeds):
            for name in names:
                for problem in problems:
                    for workers in args.workers:
                        if (name, problem.name, workers, seed) in done:
                            continue
                        found = simulate(
                            problem, engine(**(VARIANTS | MORE)[name]), workers, seed, 60
                        )
                        row = {
                            "engine": name,
                            "problem": problem.name,
                            "half": problem.half,
                            "workers": workers,
                            "seed": seed,
                            "regret": found["regret"],
                            "ask_ms": 0,
                        }
                        out.write(json.dumps(row) + "\n")
                        out.flush()


if __name__ == "__main__":
    main()
