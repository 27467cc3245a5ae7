"""How likely a run is to end with a result, by place: failures are not results.

A failed run says nothing of the metric, so none is made up for it. The share of runs that end well
is estimated near a point by the model's own kernel; whether places differ in it at all, and how far
one failure speaks for its neighbourhood, is what predicts each run best from the others. Failures
that come by chance leave the share the same everywhere, and the search as it is.
"""

import numpy as np

from sweepd.search.bayes.gaussian_process import Fit, correlation, scaled_distances
from sweepd.search.distribution import Array

REACHES = (0.1, 0.25, 0.5, 1.0)  # of a run's word, in length scales of the model of at most 1
WEIGHTS = (0.1, 1.0)  # of the share over all runs, in runs at the very place
MARGIN = 1.0  # of log-likelihood by which places must differ
MAX_POINTS = 200  # of those that ended well, and of those that failed; the latest


class Failures:
    """The log of the chance that a run has a result.

    Args:
        ended: (n, d) points with a result.
        failed: (m, d) points without; with none every place has the same chance.
    """

    def __init__(self, ended: Array, failed: Array, model: Fit) -> None:
        self._model = model
        self._points = np.vstack([ended[-MAX_POINTS:], failed[-MAX_POINTS:]])
        self._is_ended = np.arange(len(self._points)) < len(ended[-MAX_POINTS:])
        self._share = (len(ended) + 1) / (len(ended) + len(failed) + 2)
        self._chosen: tuple[float, float] | None = None
        if len(failed):
            self._choose()

    def log_chance(self, X: Array) -> Array:
        """Shape (k,), for points of shape (k, d); 0 everywhere when places do not differ."""
        if self._chosen is None:
            return np.zeros(len(X))
        reach, weight = self._chosen
        return np.log(self._chances(self._likeness(X, reach), weight))

    def _choose(self) -> None:
        even = np.log(np.where(self._is_ended, self._share, 1 - self._share)).sum() + MARGIN
        for reach in REACHES:
            near = self._likeness(self._points, reach)
            np.fill_diagonal(near, 0.0)  # each run from the others
            for weight in WEIGHTS:
                chances = self._chances(near, weight)
                fit = np.log(np.where(self._is_ended, chances, 1 - chances)).sum()
                if fit > even:
                    even, self._chosen = fit, (reach, weight)

    def _likeness(self, X: Array, reach: float) -> Array:
        lengths = np.minimum(self._model.lengths, 1.0) * reach
        return correlation(scaled_distances(X, self._points, lengths, self._model.is_category))

    def _chances(self, near: Array, weight: float) -> Array:
        total = near.sum(axis=1)
        found: Array = (weight * self._share + near @ self._is_ended) / (weight + total)
        return np.clip(found, 1e-6, 1 - 1e-6)
