"""Median rule: a run stops when its best so far is worse than the median of running means.

Judged at iterations `min_iter`, `min_iter + 1`, … At each, the mean of every run's values up to
that iteration is known; a run whose best value is worse than the median of these has little hope.

Source: Golovin et al. (2017), Google Vizier, section 3.2.2 (automated stopping).
"""

import statistics
from collections.abc import Mapping, Sequence

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.stop import Compared, Curve, Stop, judge_on_arrival

KEYS: tuple[str, ...] = ("type", "min_iter", "min_runs")
DEFAULTS: Mapping[str, int] = {"min_iter": 5}
COMPARED: Compared = "mean"
DENSE = 64  # bands are single iterations up to here, then grow so that their number stays small


def bands(rule: EarlyTerminate, n_values: int) -> tuple[int, ...]:
    """Every iteration from `min_iter`; beyond min_iter + DENSE each is 1/DENSE further on."""
    found: list[int] = []
    band = rule.min_iter or 1
    while band <= n_values:
        found.append(band)
        band += 1 + max(0, band - (rule.min_iter or 1)) // DENSE
    return tuple(found)


def band_value(rule: EarlyTerminate, goal: Goal, values: Sequence[float], band: int) -> float:
    """Mean of the values up to the band."""
    return statistics.fmean(values[:band])


def decide(
    rule: EarlyTerminate,
    goal: Goal,
    values: Curve,
    peers: Mapping[int, Sequence[float]],
) -> Stop | None:
    """Judge the run if it stands on a band; see `rules.decide`."""
    reached = bands(rule, len(values))
    return judge_on_arrival(
        "median", goal, values, reached, peers, rule.min_runs, statistics.median
    )
