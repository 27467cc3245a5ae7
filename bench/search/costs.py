"""What improvement per second is worth: regret when a sweep's budget of time is used up.

    python -m bench.search.costs --seeds 8 --out costs.jsonl

Four workers; a run's time depends on its config as the row says, times a log-normal error of a
tenth; the budget lets some thirty runs of middling time end. The same engine with its runs' times
("by seconds") and without ("by runs"). Regret is relative to that of one random config; sweeps in
the file are left out.

- "unrelated": one parameter makes runs take 1 to 30 times as long, whatever the objective is.
- "dear optimum", "cheap optimum": the best lies where runs take longest, or shortest.
- "epochs": a whole number of 1 to 50 epochs brings the objective down and takes time.
- "even": run times do not depend on the config at all.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.functions import box, hartmann  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402
from sweepd.search.proposing import propose  # noqa: E402

Config = Mapping[str, Any]
WORKERS, BUDGET_S = 4, 450.0  # a run of middling time takes 55 s: some thirty runs


@dataclass(frozen=True)
class Costed:
    """An objective to minimise, of least value `least`, whose runs take `seconds`."""

    name: str
    parameters: dict[str, Any]
    true: Callable[[Config], float]
    seconds: Callable[[Config], float]
    least: float = 0.0


def _bowl(at: float) -> Callable[[Config], float]:
    return lambda c: float(sum((c[name] - at) ** 2 for name in ("x0", "x1", "x2")))


def _trained(config: Config) -> float:
    shape = 4 * (config["x0"] - 0.7) ** 2 + 4 * (config["x1"] - 0.3) ** 2
    return float(shape + math.exp(-config["epochs"] / 12) - math.exp(-50 / 12))


def _by(name: str) -> Callable[[Config], float]:
    return lambda config: float(10 * 30 ** config[name])  # 10 to 300 s, in the middle 55


def _without_width(config: Config) -> float:
    return hartmann({name: value for name, value in config.items() if name != "width"})


def _epochs(config: Config) -> float:
    return 2.0 + 3.0 * float(config["epochs"])


LEAST = -3.86278  # of Hartmann's function in three dimensions
EPOCHS = {"epochs": {"min": 1, "max": 50}}
WIDTH = {"width": {"min": 0.0, "max": 1.0}}
PROBLEMS = (
    Costed("unrelated", box(0, 1, 3) | WIDTH, _without_width, _by("width"), LEAST),
    Costed("dear optimum", box(0, 1, 3), _bowl(0.9), _by("x0")),
    Costed("cheap optimum", box(0, 1, 3), _bowl(0.1), _by("x0")),
    Costed("epochs", box(0, 1, 2) | EPOCHS, _trained, _epochs),
    Costed("even", box(0, 1, 3), hartmann, lambda _: 55.0, LEAST),
)


def sweep(problem: Costed, seed: int, is_timed: bool) -> dict[str, float]:
    """Regret of the best run that ended within the budget, and how many did."""
    rng = np.random.default_rng(seed)
    raw = {"method": "bayes", "metric": {"name": "y"}, "parameters": problem.parameters}
    spec = parse(raw | {"sweepd": {"budget": BUDGET_S}})
    ended: list[Observation] = []
    flying: list[tuple[float, int, float, Config]] = []
    now, n = 0.0, 0
    while now < BUDGET_S:
        while len(flying) < WORKERS:
            waiting = [config for *_, config in sorted(flying, key=lambda run: run[1])]
            [config] = propose(spec, ended, waiting, 1, seed)
            took = problem.seconds(config) * float(rng.lognormal(0, 0.1))
            heapq.heappush(flying, (now + took, n, took, config))
            n += 1
        now, _, took, config = heapq.heappop(flying)
        if now <= BUDGET_S:
            seconds = took if is_timed else None
            ended.append(Observation(config, problem.true(config), seconds=seconds))
    best = min((run.value or 0.0 for run in ended), default=math.inf)
    return {"regret": best - problem.least, "n": len(ended)}


def scale(problem: Costed) -> float:
    """Mean regret of one random config."""
    rng = np.random.default_rng(0)
    space = parse({"method": "random", "parameters": problem.parameters})
    drawn = propose(space, [], [], 400, int(rng.integers(1000)))
    return float(np.mean([problem.true(config) for config in drawn])) - problem.least


def main() -> None:
    """Simulate, then print the geometric mean of regrets (1e-4 added), by runs and by seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows = [json.loads(x) for x in args.out.read_text().splitlines()] if args.out.exists() else []
    done = {(row["problem"], row["timed"], row["seed"]) for row in rows}
    with args.out.open("a") as out:
        for seed in range(args.seeds):
            for problem in PROBLEMS:
                for timed in (False, True):
                    if (problem.name, timed, seed) in done:
                        continue
                    row = {"problem": problem.name, "timed": timed, "seed": seed}
                    row |= sweep(problem, seed, timed)
                    row["regret"] /= scale(problem)
                    rows.append(row)
                    out.write(json.dumps(row) + "\n")
                    out.flush()
    for problem in PROBLEMS:
        logs, told = {}, []
        for timed in (False, True):
            mine = [r for r in rows if r["problem"] == problem.name and r["timed"] == timed]
            mine.sort(key=lambda row: row["seed"])
            logs[timed] = np.log([row["regret"] + 1e-4 for row in mine])
            n = np.mean([row["n"] for row in mine])
            told.append(f"{math.exp(logs[timed].mean()):.4f} ({n:.0f} runs)")
        apart = logs[True] - logs[False]
        drawn = np.random.default_rng(0).choice(apart, (4000, len(apart))).mean(axis=1)
        low, high = np.exp(np.percentile(drawn, [2.5, 97.5]))
        print(
            f"{problem.name:14} by runs {told[0]}, by seconds {told[1]}: "
            f"{math.exp(apart.mean()):.2f} [{low:.2f}, {high:.2f}]"
        )


if __name__ == "__main__":
    main()
