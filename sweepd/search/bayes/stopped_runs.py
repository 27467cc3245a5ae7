"""What a stopped run would have come to, as far as the finished ones tell.

A run stopped early has shown the best of its first n values, not its end. How much the one says of
the other is learnt from the runs that went on: the least-squares line of their ends over their best
at n, drawn towards its middle while they are few. Where curves cross, the line is flat and what it
leaves unexplained is large: a stopped run then says little of its place, rather than something bad.
"""

from collections.abc import Sequence

import numpy as np

from sweepd.search.observation import Observation

MIN_FINISHED = 3  # runs that passed the same n; with fewer a stopped run counts as it is
CAUTION = 2.0  # runs with a flat line that are added to the finished ones


def expected_ends(
    observations: Sequence[Observation], sign: float
) -> dict[int, tuple[float, float]]:
    """Of stopped runs, by index: the end to be expected, lower is better, and its variance."""
    finished = [
        (sign * o.value, {n: sign * best for n, best in o.curve})
        for o in observations
        if o.curve and o.state == "finished" and o.value is not None
    ]
    known: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    found = {}
    for i, o in enumerate(observations):
        if not o.curve or o.state != "stopped" or o.value is None:
            continue
        n, best = o.curve[-1]
        if n not in known:
            pairs = [(curve[n], end) for end, curve in finished if n in curve]
            known[n] = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
        before, ends = known[n]
        if len(ends) >= MIN_FINISHED:
            found[i] = _expected(sign * best, sign * o.value, before, ends)
    return found


def _expected(best: float, now: float, before: np.ndarray, ends: np.ndarray) -> tuple[float, float]:
    n = len(ends)
    spread = before - before.mean()
    total = float((spread**2).sum())
    slope = float(spread @ (ends - ends.mean())) / total if total > 0 else 0.0
    slope = min(max(slope * n / (n + CAUTION), 0.0), 1.0)
    reach = float(np.ptp(before))
    off = min(max(best - float(before.mean()), -2 * reach), 2 * reach)
    left = ends - ends.mean() - slope * spread
    variance = float((left**2).sum()) / (n - 1)
    variance *= 1 + 1 / n + (off**2 / total if total > 0 else 0.0)
    return min(float(ends.mean()) + slope * off, now), variance
