"""Which runs no other run beats in every metric."""

from collections.abc import Sequence

import numpy as np

from sweepd.domain.goals import Goal


def pareto_front(objectives: Sequence[Sequence[float]], goals: Sequence[Goal]) -> list[int]:
    """Indices of the runs not dominated, ascending.

    A run dominates another when it is nowhere worse and somewhere better. Rows that hold a value
    that is not finite are never part of the front.

    Args:
        objectives: Shape (n, m), user's signs.
        goals: One per metric.
    """
    if not objectives:
        return []
    signs = np.array([goal.sign for goal in goals])
    values = np.asarray(objectives, dtype=float) * signs
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    order = rows[np.lexsort(values[rows].T[::-1])]
    front: list[int] = []
    kept = np.empty((0, len(signs)))
    for at in order.tolist():  # a dominator always sorts before what it dominates
        row = values[at]
        beaten = ((kept <= row).all(axis=1) & (kept < row).any(axis=1)).any()
        if not beaten:
            front.append(at)
            kept = np.vstack([kept, row])
    return sorted(front)
