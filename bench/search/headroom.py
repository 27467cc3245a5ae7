"""How far any stopping rule can bring a sweep of random configs: the rules beside an oracle.

    python -m bench.search.headroom --problem digits --orders 60

Trains 450 random configs of a problem of `epochs.py` to their end, once, and replays them in drawn
orders, 450 epochs each, under every rule; the oracle knows a run's end after its first epoch and
goes on only with what will be the best so far. Told is the best loss, its mean over the orders,
the 95 % interval of its ratio to asha's in the same orders, and the share of asha's regret, beyond
the best of all the trainings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from bench.search.epochs import BUDGET, PROBLEMS, RULES, stops
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.spec import SweepSpec

Stops = Callable[[list[float], float, float], bool]  # the curve so far, its end, the best so far


def by_rule(spec: SweepSpec) -> Stops:
    """A rule as the server applies it, from an empty sweep on."""
    peers: dict[int, list[float]] = {}
    return lambda curve, end, best: bool(spec.early_terminate) and stops(spec, curve, peers)


def oracle(curve: list[float], end: float, best: float) -> bool:
    """Knows the end."""
    return end > best


def replayed(curves: np.ndarray, order: np.ndarray, rule: Stops) -> float:
    """The best loss when all epochs are used up."""
    best, left = np.inf, BUDGET
    for at in order:
        curve: list[float] = []
        for loss in curves[at].tolist():
            curve.append(loss)
            best, left = min(best, loss), left - 1
            if left == 0:
                return best
            if len(curve) < curves.shape[1] and rule(curve, float(curves[at].min()), best):
                break
    return best


def main() -> None:
    """Print a line for each rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", default="digits", choices=PROBLEMS)
    parser.add_argument("--trainings", type=int, default=BUDGET)
    parser.add_argument("--orders", type=int, default=100)
    args = parser.parse_args()
    problem = PROBLEMS[args.problem]
    raw = {"method": "random", "metric": {"name": "y"}, "parameters": problem.parameters}
    space = parse(raw).space
    cube = np.random.default_rng(0).random((args.trainings, len(space.dimensions)))
    curves = np.array([list(problem.losses(space.decode(unit))) for unit in cube])
    orders = [np.random.default_rng(seed).permutation(len(curves)) for seed in range(args.orders)]
    specs = {
        kind: parse(raw | {"sweepd": {"early_terminate": rule}} if rule else raw)
        for kind, rule in RULES.items()
    }
    found = {
        kind: np.array([replayed(curves, order, by_rule(spec)) for order in orders])
        for kind, spec in specs.items()
    }
    found["oracle"] = np.array([replayed(curves, order, oracle) for order in orders])
    least, asha = curves.min(), found["asha"]
    print(f"{args.problem}: best of {len(curves)} random trainings {least:.4f}")
    for kind, best in found.items():
        draws = np.random.default_rng(0).integers(0, len(best), (2000, len(best)))
        ratios = np.percentile(best[draws].mean(axis=1) / asha[draws].mean(axis=1), [2.5, 97.5])
        share = (best.mean() - least) / (asha.mean() - least)
        print(
            f"{kind:10} {best.mean():.4f}, of asha's {best.mean() / asha.mean():.2f} "
            f"[{ratios[0]:.2f}, {ratios[1]:.2f}], of its regret {share:.2f}"
        )


if __name__ == "__main__":
    main()
