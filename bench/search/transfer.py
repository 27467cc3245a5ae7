"""What earlier sweeps are worth: regret with a helpful, a misleading and no source.

    python -m bench.search.transfer --seeds 4 --out transfer.jsonl

A source is a sweep of 40 runs by `bayes` over another objective: "helpful" the same one, shifted by
a twentieth of the ranges, on another scale and level; "opposite" its negative; "other" the same one
with its parameters in another order. Four workers; sweeps in the file are left out. Intervals are
of the mean of paired differences over seeds (bootstrap, 95 %). With `--attached` the earlier runs
are results of the sweep itself, as with `wandb sweep -R`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.problems import Problem, all_problems  # noqa: E402
from bench.search.simulate import simulate  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402
from sweepd.search.proposing import propose  # noqa: E402

PROBLEMS = ("branin", "hartmann3", "hartmann6", "edge and bowl", "rosenbrock4")
SOURCES = ("none", "helpful", "opposite", "other")
N_SOURCE, N_RUNS = 40, 40
AT = (5, 10, 20, 40)


def objective(problem: Problem, kind: str, config: Mapping[str, Any]) -> float:
    """What the source's runs reached."""
    if kind == "opposite":
        return -problem.true(config)
    names = list(problem.parameters)
    units = [_unit(problem, name, config[name]) for name in names]
    if kind == "other":
        units = units[1:] + units[:1]
        return problem.true(_at(problem, dict(zip(names, units, strict=True))))
    moved = {name: min(1.0, u + 0.05) for name, u in zip(names, units, strict=True)}
    return 3 * problem.true(_at(problem, moved)) + 7


def _unit(problem: Problem, name: str, value: float) -> float:
    entry = problem.parameters[name]
    return float((value - entry["min"]) / (entry["max"] - entry["min"]))


def _at(problem: Problem, units: Mapping[str, float]) -> dict[str, float]:
    entries = problem.parameters
    return {
        name: entries[name]["min"] + u * (entries[name]["max"] - entries[name]["min"])
        for name, u in units.items()
    }


def source_runs(problem: Problem, kind: str, seed: int) -> list[Observation]:
    """The runs of the earlier sweep."""
    if kind == "none":
        return []
    spec = parse({"method": "bayes", "metric": {"name": "y"}, "parameters": problem.parameters})
    runs: list[Observation] = []
    while len(runs) < N_SOURCE:
        [config] = propose(spec, runs, [], 1, 1000 + seed)
        runs.append(Observation(config, objective(problem, kind, config)))
    return runs


def engine(kind: str, is_attached: bool) -> Any:
    """`bayes` beside a source of that kind, or with its runs attached."""

    def start(problem: Problem, seed: int) -> Any:
        spec = parse({"method": "bayes", "metric": {"name": "y"}, "parameters": problem.parameters})
        name = "" if is_attached else "s"
        earlier = [
            replace(run, source=name, is_prior=is_attached)
            for run in source_runs(problem, kind, seed)
        ]

        def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any]:
            own = [Observation(config, value) for config, value in finished]
            return propose(spec, [*earlier, *own], pending, 1, seed)[0]

        return ask

    return start


def main() -> None:
    """Simulate, then print mean regret after AT runs, and what each source adds to it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--problem", nargs="*", default=PROBLEMS)
    parser.add_argument("--attached", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    lines = args.out.read_text().splitlines() if args.out.exists() else []
    rows = [json.loads(line) for line in lines]
    done = {(row["problem"], row["source"], row["seed"]) for row in rows}
    problems = all_problems(args.problem)
    with args.out.open("a") as out:
        for seed in range(args.seeds):
            for problem in problems:
                for kind in SOURCES:
                    if (problem.name, kind, seed) in done:
                        continue
                    found = simulate(problem, engine(kind, args.attached), 4, seed, N_RUNS)
                    row = {"problem": problem.name, "source": kind, "seed": seed}
                    row["regret"] = found["regret"]
                    row["ask_ms"] = 1000 * float(np.percentile(found["ask_s"], 95))
                    rows.append(row)
                    out.write(json.dumps(row) + "\n")
                    out.flush()
    for name in args.problem:
        regrets = {}
        for kind in SOURCES:
            mine = [row for row in rows if row["problem"] == name and row["source"] == kind]
            mine.sort(key=lambda row: row["seed"])
            regrets[kind] = np.array([[row["regret"][at - 1] for at in AT] for row in mine])
            n = min(len(regrets[kind]), len(regrets["none"]))
            more = regrets[kind][:n] - regrets["none"][:n]
            drawn = np.random.default_rng(0).integers(0, n, (4000, n))
            low, high = np.percentile(more[drawn].mean(axis=1), [2.5, 97.5], axis=0)
            added = ", ".join(f"[{a:.3f}, {b:.3f}]" for a, b in zip(low, high, strict=True))
            ask = np.median([row["ask_ms"] for row in mine])
            means = regrets[kind].mean(axis=0).round(5)
            print(f"{name:14} {kind:9} {means} added {added}; ask p95 {ask:.0f} ms")


if __name__ == "__main__":
    main()
