"""Asynchronous successive halving, stopping form: judged once, on reaching a rung.

Rungs: `min_iter`, `·eta`, `·eta²`, … up to `max_iter`. A run goes on when its best value so far is
among the best 1/eta (rounded up) of those that reached the rung before or with it. Until
`min_runs` have, everyone goes on.

Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2, in
the stopping variant of its section 4 (nothing is ever paused).
"""

import math
from collections.abc import Mapping, Sequence

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.stop import Compared, Curve, Stop, judge_on_arrival

KEYS: tuple[str, ...] = ("type", "min_iter", "max_iter", "eta", "min_runs")
DEFAULTS: Mapping[str, int] = {"min_iter": 1, "min_runs": 3}
COMPARED: Compared = "best"


def bands(rule: EarlyTerminate, n_values: int) -> tuple[int, ...]:
    """Rungs up to iteration `n_values`, ascending."""
    last = n_values if rule.max_iter is None else min(n_values, rule.max_iter - 1)
    found: list[int] = []
    band = float(rule.min_iter or 1)
    while band < last + 1:
        found.append(int(band))
        band *= rule.eta
    return tuple(dict.fromkeys(found))


def band_value(rule: EarlyTerminate, goal: Goal, values: Sequence[float], band: int) -> float:
    """The best value up to the rung: a run is judged by its best epoch, as the sweep will."""
    return goal.best(values[:band])


def decide(
    rule: EarlyTerminate,
    goal: Goal,
    values: Curve,
    peers: Mapping[int, Sequence[float]],
) -> Stop | None:
    """Judge the run if it stands on a rung; see `rules.decide`."""

    def limit(compared: Sequence[float]) -> float:
        ranked = sorted(compared, reverse=goal.is_max)
        return ranked[math.ceil(len(ranked) / rule.eta) - 1]

    rungs = bands(rule, len(values))
    return judge_on_arrival("asha", goal, values, rungs, peers, rule.min_runs, limit)
