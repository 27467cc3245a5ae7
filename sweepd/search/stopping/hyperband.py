"""W&B's hyperband rule: at growing bands, runs outside the best 1/eta are stopped.

Bands: `min_iter`, `min_iter·eta`, `min_iter·eta²`, … cut to whole numbers; or, given `max_iter`
and `s`: `max_iter/eta`, `max_iter/eta²`, … for `s` steps while at least 1. The threshold of a band
is `sorted(values)[int((1/eta)·n)]` over all runs that reached it, counted from 0.
"""

import math
from collections.abc import Mapping, Sequence

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.stop import Compared, Curve, Stop

KEYS: tuple[str, ...] = ("type", "min_iter", "max_iter", "s", "eta", "strict")
DEFAULTS: Mapping[str, int] = {}
COMPARED: Compared = "value"


def bands(rule: EarlyTerminate, n_values: int) -> tuple[int, ...]:
    """Bands up to iteration `n_values`, ascending, without repeats."""
    if rule.min_iter is not None:
        found: list[int] = []
        band = float(rule.min_iter)
        while band < n_values + 1:
            found.append(int(band))
            band *= rule.eta
        return tuple(dict.fromkeys(found))
    assert rule.max_iter is not None and rule.s is not None
    downward: list[int] = []
    band = rule.max_iter / rule.eta
    for _ in range(rule.s):
        if band < 1:
            break
        downward.append(int(band))
        band /= rule.eta
    return tuple(band for band in sorted(set(downward)) if band <= n_values)


def band_value(rule: EarlyTerminate, goal: Goal, values: Sequence[float], band: int) -> float:
    """The value at the band itself."""
    return values[band - 1]


def threshold(rule: EarlyTerminate, goal: Goal, at_band: Sequence[float]) -> float:
    """What a run must not exceed (for maximise: fall below) at a band; infinite without runs."""
    ranked = sorted(goal.sign * value for value in at_band)
    place = int((1 / rule.eta) * len(ranked))  # in floating point, as W&B's
    return goal.sign * (ranked[place] if place < len(ranked) else math.inf)


def decide(
    rule: EarlyTerminate,
    goal: Goal,
    values: Curve,
    peers: Mapping[int, Sequence[float]],
) -> Stop | None:
    """Judge the run at the largest band it has reached; see `rules.decide`."""
    reached = bands(rule, len(values))
    if not reached:
        return None
    band = reached[-1]
    limit = threshold(rule, goal, peers.get(band, ()))
    value = values[band - 1] if rule.strict else values.best()
    if not goal.is_worse(value, limit):
        return None
    return Stop(
        rule="hyperband",
        goal=goal,
        bracket=0,
        rung=len(reached) - 1,
        band=band,
        value=value,
        threshold=limit,
        n_runs=len(peers[band]),
    )
