"""Results that are none: numbers of runs that came apart, and a best that nothing bears out.

Lower is better.
"""

import math
from typing import Any

import numpy as np

from sweepd.search.distribution import Array

GAP, WIDE_GAP = 1e4, 1e9  # between results: what lies beyond has diverged
FAR_BETTER = 5.0  # scales below the median
N_WITNESSES, BESIDE = 3, 0.1  # runs, and the share of each range within which they count as such


def is_borne_out(X: Array, y: Array, is_category: Any) -> bool:
    """Whether the best result can be believed: not when it is FAR_BETTER than all others, and
    N_WITNESSES runs right beside it are no better than these."""
    best = int(y.argmin())
    others = np.delete(np.arange(len(y)), best)
    if len(others) < 2 * N_WITNESSES:
        return True
    middle = float(np.median(y[others]))
    lower = middle - float(y[others].min())
    if not middle - y[best] > FAR_BETTER * lower > 0:
        return True
    apart = np.abs(X[others] - X[best])
    apart[:, is_category] = np.where(apart[:, is_category] > 0, math.inf, 0.0)
    return int((apart <= BESIDE).all(axis=1).sum()) < N_WITNESSES


def divergence(y: Array) -> float:
    """From where on results are no more than a sign that a run came apart; infinity for none.

    That is beyond a gap over which results grow WIDE_GAP times in size and in distance to the best
    while a third of them lie below it, or GAP times while two thirds do. Such a number says as
    little of the metric as a failure, and would take all of its scale.
    """
    ascending = np.sort(y)
    size = np.maximum.accumulate(np.abs(ascending))
    lower, upper = slice(None, -1), slice(1, None)
    share = np.arange(1, len(y)) / max(1, len(y))  # that lies below each gap
    gap = np.where(share >= 2 / 3, GAP, WIDE_GAP)
    with np.errstate(over="ignore"):  # beyond the largest number there is no gap
        distance = ascending - ascending[:1]
        is_gap = (ascending[upper] > gap * size[lower]) & (distance[upper] > gap * distance[lower])
    is_gap &= (distance[lower] > 0) & (share >= 1 / 3)
    at = np.flatnonzero(is_gap)
    return float(ascending[at[0] + 1]) if len(at) else math.inf
