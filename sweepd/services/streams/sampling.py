"""Which of many rows are shown: as many as asked for, extremes among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sweepd.later import np
from sweepd.store.columns.arrays import Floats, Ints


def spread(n_rows: int, n_samples: int, measured: Sequence[Callable[[], Floats]] = ()) -> Ints:
    """Places of the rows to keep, in order: as many as asked for, the least and greatest of each
    series in each bin among them, the rest evenly spread.

    Args:
        measured: Each gives the numbers of all rows, one series; NaN is left out. They are asked
            one after the other, so that only one need be in memory.
    """
    if n_rows <= n_samples or n_samples <= 0:
        return np.arange(n_rows if n_samples > 0 else 0)
    if n_samples == 1:
        return np.array([n_rows - 1])
    n_bins = (n_samples - 2) // (1 + 2 * len(measured))
    edges = np.arange(n_bins + 1) * n_rows // max(1, n_bins)
    kept = np.zeros(n_rows, np.bool_)
    kept[[0, n_rows - 1]] = True
    kept[edges[:-1]] = True
    for series in measured if n_bins else ():
        values = series()
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            part = values[start:end]
            numbers = np.flatnonzero(part == part)
            if len(numbers):
                kept[start + numbers[[part[numbers].argmin(), part[numbers].argmax()]]] = True
    rest = np.flatnonzero(~kept)
    n_missing = n_samples - int(kept.sum())
    kept[rest[np.arange(n_missing) * len(rest) // max(1, n_missing)]] = True
    return np.flatnonzero(kept)
