"""The Pareto front: what nothing else is at least as good as in every metric and better in one."""

from __future__ import annotations

from collections.abc import Sequence

from sweepd.domain.goals import Goal
from sweepd.later import np


def front(rows: Sequence[Sequence[float]], goals: Sequence[Goal]) -> list[int]:
    """Indices of the rows that no other dominates, best by the first metric first.

    Equal rows are all part of it; a row of another length, or with a value that is not finite,
    never is.

    Args:
        rows: One value per metric each, user's signs.
        goals: One per metric.
    """
    whole = [i for i, row in enumerate(rows) if len(row) == len(goals)]
    if not whole:
        return []
    values = np.array([rows[i] for i in whole], dtype=float) * [goal.sign for goal in goals]
    left = np.flatnonzero(np.isfinite(values).all(axis=1))
    order = left[np.lexsort(values[left].T[::-1])]  # what dominates a row comes before it
    found: list[int] = []
    kept = np.empty_like(values)
    for at in order.tolist():
        others = kept[: len(found)]
        is_beaten = (others <= values[at]).all(axis=1) & (others < values[at]).any(axis=1)
        if not is_beaten.any():
            kept[len(found)] = values[at]
            found.append(at)
    return [whole[at] for at in found]
