"""What stopping early is worth: the best end when a sweep's epochs are used up, by rule.

    python -m bench.search.epochs --seeds 6 --out epochs.jsonl

`bayes`, one worker, 450 epochs in all, at most 27 a run. A rule's stopped runs count as the search
has them. Loss beyond the least that any sweep of the file reached (for the made-up curves beyond
their minimum): geometric means with 1e-4 added. Sweeps in the file are left out.

- "digits": a network of one hidden layer trained on scikit-learn's digits, its validation loss.
- "digits annealed": its learning rate falls to zero with the last epoch, so that what ends best is
  behind for most of the way: curves cross.
- "alongside", "slow winners", "slowed": made-up curves over a bowl; in the second, better ends
  start slower; in the third, one parameter slows a run and has nothing to do with its end.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.functions import box  # noqa: E402
from sweepd.domain.goals import Goal  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation, State  # noqa: E402
from sweepd.search.proposing import propose  # noqa: E402
from sweepd.search.spec import SweepSpec  # noqa: E402
from sweepd.search.stopping import rules  # noqa: E402

Config = Mapping[str, Any]
BUDGET, LONGEST = 450, 27
RULES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "hyperband": {"type": "hyperband", "min_iter": 1, "eta": 3},
    "asha": {"type": "asha", "min_iter": 1, "eta": 3},
    "median": {"type": "median", "min_iter": 3},
}


@dataclass(frozen=True)
class Trained:
    """A training: its parameters, its losses epoch by epoch, and the least end if it is known."""

    parameters: dict[str, Any]
    losses: Callable[[Config], Iterator[float]]
    least: float | None = None


@cache
def _digits() -> tuple[np.ndarray, ...]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order] / 16, y[order]
    return x[:700], np.eye(10)[y[:700]], x[700:], np.eye(10)[y[700:]]


NETWORK = {
    "rate": {"distribution": "log_uniform_values", "min": 1e-3, "max": 2.0},
    "momentum": {"distribution": "uniform", "min": 0.0, "max": 0.99},
    "decay": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-1},
    "width": {"distribution": "int_uniform", "min": 4, "max": 64},
    "batch": {"values": [16, 32, 64, 128]},
}


def network(config: Config, anneal: bool) -> Iterator[float]:
    """Validation loss after each epoch of a real training."""
    x, y, held_x, held_y = _digits()
    rng = np.random.default_rng(1)
    sizes = (64, config["width"], 10)
    weights = [rng.standard_normal((a, b)) / math.sqrt(a) for a, b in pairwise(sizes)]
    weights += [np.zeros(b) for b in sizes[1:]]
    speed = [np.zeros_like(w) for w in weights]
    n_steps = len(x) // config["batch"]
    for epoch in range(LONGEST):
        order = rng.permutation(len(x))
        for step in range(n_steps):
            share = 1 - (epoch + step / n_steps) / LONGEST if anneal else 1.0
            some = order[step * config["batch"] : (step + 1) * config["batch"]]
            hidden = np.maximum(x[some] @ weights[0] + weights[2], 0)
            apart = (_softmax(hidden @ weights[1] + weights[3]) - y[some]) / len(some)
            back = apart @ weights[1].T * (hidden > 0)
            slopes = [x[some].T @ back, hidden.T @ apart, back.sum(0), apart.sum(0)]
            for i, slope in enumerate(slopes):
                slope += config["decay"] * weights[i] if i < 2 else 0.0
                speed[i] = config["momentum"] * speed[i] - config["rate"] * share * slope
                weights[i] = weights[i] + speed[i]
        hidden = np.maximum(held_x @ weights[0] + weights[2], 0)
        chances = (_softmax(hidden @ weights[1] + weights[3]) * held_y).sum(1)
        yield float(-np.log(np.maximum(chances, 1e-6)).mean())


def _softmax(z: np.ndarray) -> np.ndarray:
    z = np.exp(np.clip(z - z.max(1, keepdims=True), -60, 0))
    found: np.ndarray = z / z.sum(1, keepdims=True)
    return found


def _bowl(config: Config) -> float:
    return float(sum((config[f"x{i}"] - at) ** 2 for i, at in enumerate((0.3, 0.6, 0.8))))


def _made(slowness: Callable[[Config], float]) -> Callable[[Config], Iterator[float]]:
    """Curves that fall to a bowl's value, the slower the larger `slowness`, in epochs."""

    def losses(config: Config) -> Iterator[float]:
        left = math.exp(-LONGEST / slowness(config))
        for epoch in range(1, LONGEST + 1):
            yield _bowl(config) + math.exp(-epoch / slowness(config)) - left

    return losses


PROBLEMS = {
    "digits": Trained(NETWORK, lambda config: network(config, False)),
    "digits annealed": Trained(NETWORK, lambda config: network(config, True)),
    "alongside": Trained(box(0.0, 1.0, 3), _made(lambda config: 6.0), 0.0),
    "slow winners": Trained(
        box(0.0, 1.0, 3), _made(lambda config: 2 + 10 * math.exp(-3 * _bowl(config))), 0.0
    ),
    "slowed": Trained(box(0.0, 1.0, 4), _made(lambda config: 2 + 10 * config["x3"]), 0.0),
}


def sweep(problem: Trained, kind: str, seed: int) -> dict[str, Any]:
    """Best loss after a third, two thirds and all of the epochs; runs begun and stopped."""
    raw = {"method": "bayes", "metric": {"name": "y"}, "parameters": problem.parameters}
    spec = parse(raw | {"sweepd": {"early_terminate": RULES[kind]}} if RULES[kind] else raw)
    runs: list[Observation] = []
    peers: dict[int, list[float]] = {}
    best: list[float] = []
    while len(best) < BUDGET:
        [config] = propose(spec, runs, [], 1, seed)
        curve: list[float] = []
        for loss in problem.losses(config):
            curve.append(loss)
            best.append(min([loss, *best[-1:]]))
            if len(best) == BUDGET or (spec.early_terminate and stops(spec, curve, peers)):
                break
        is_whole = len(curve) == LONGEST
        told = [(n, min(curve[:n])) for n in (1, 3, 9, 27) if n <= len(curve)]
        state: State = "finished" if is_whole else "stopped"
        told = told if spec.early_terminate else []
        runs.append(Observation(config, min(curve), state, curve[-1], (), told))
    n_stopped = sum(run.state == "stopped" for run in runs)
    at = {n: best[n - 1] for n in (BUDGET // 3, 2 * BUDGET // 3, BUDGET)}
    return {"best": list(at.values()), "n": len(runs), "stopped": n_stopped}


def stops(spec: SweepSpec, curve: list[float], peers: dict[int, list[float]]) -> bool:
    """Whether the run stops now; what it is compared by is added to `peers`."""
    rule = spec.early_terminate
    assert rule is not None
    n = len(curve)
    if n in rules.bands(rule, n):
        peers[n] = [*peers.get(n, ()), rules.band_value(rule, Goal.MINIMIZE, curve, n)]
    return rules.decide(rule, Goal.MINIMIZE, curve, peers) is not None


def report(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each problem and rule."""
    for name, problem in PROBLEMS.items():
        mine = [row for row in rows if row["problem"] == name]
        if not mine:
            continue
        found = min(row["best"][-1] for row in mine)
        least = found if problem.least is None else problem.least
        for kind in RULES:
            of = sorted((r for r in mine if r["rule"] == kind), key=lambda row: row["seed"])
            if not of:
                continue
            ends = np.array([row["best"][-1] for row in of])
            middle = np.exp(np.log(ends - least + 1e-4).mean())
            n, stopped = np.mean([row["n"] for row in of]), np.mean([row["stopped"] for row in of])
            yield (
                f"{name:16} {kind:10} best {ends.mean():.5f}, beyond the least {middle:.5f}, "
                f"in {n:.0f} runs, {stopped:.0f} stopped ({len(of)} seeds)"
            )


def main() -> None:
    """Simulate what is missing, then print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--problem", nargs="*", default=list(PROBLEMS))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows = [json.loads(x) for x in args.out.read_text().splitlines()] if args.out.exists() else []
    done = {(row["problem"], row["rule"], row["seed"]) for row in rows}
    with args.out.open("a") as out:
        for seed in range(args.seeds):
            for name in args.problem:
                for kind in RULES:
                    if (name, kind, seed) in done:
                        continue
                    row = {"problem": name, "rule": kind, "seed": seed}
                    row |= sweep(PROBLEMS[name], kind, seed)
                    rows.append(row)
                    out.write(json.dumps(row) + "\n")
                    out.flush()
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
