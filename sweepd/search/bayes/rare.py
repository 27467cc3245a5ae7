"""Options of lists that were hardly tried: where a search has settled, these are asked for again.

An option that came out badly once, at a bad place of the other parameters, looks bad everywhere to
a model that has one length scale for its list. Nothing contradicts that but another try.
"""

from collections.abc import Callable

import numpy as np

from sweepd.search.bayes.gaussian_process import Mask
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array

FEW = 0.5  # of the even share of a list's option


def rarely_tried(coordinates: Coordinates, tried: Array) -> Callable[[Array], Mask] | None:
    """Which of some points have an option of a list that was tried less than FEW of its even share.

    Args:
        tried: Points of all runs, pending ones among them, shape (n, d). Where a condition leaves
            a list out, a run tries none of its options.

    Returns:
        What tells so of points (m, d), shape (m,); None if there is no such option.
    """
    rare: dict[int, Array] = {}
    for j in np.flatnonzero(coordinates.is_category).tolist():
        options = np.arange(coordinates.n_places(j))
        there = tried[:, j][tried[:, j] != coordinates.left_out[j]]
        counts = (there[:, None] == options).sum(axis=0)
        few = options[counts * len(options) < FEW * len(there)]
        if len(few):
            rare[j] = few
    if not rare:
        return None
    return lambda X: np.any([np.isin(X[:, j], few) for j, few in rare.items()], axis=0)
