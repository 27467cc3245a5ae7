"""Which places of a space are taken: by runs with a result, by pending ones, by the same ask."""

import numpy as np

from sweepd.search.coordinates import Coordinates
from sweepd.search.parameter import Array

RESOLUTION = 1e-5  # of the range of a continuous parameter: what lies closer is the same config
COARSE = 1e-3  # instead, where so small a step is lost in noise, or leads nowhere any more


class Known:
    """Points already taken, compared as a user would: equal choices, numbers nearly equal.

    Two points are one place when all their listed and stepped coordinates are equal and no
    continuous one differs by more than `resolution`, which may be set between looks.

    Args:
        points: Shape (n, d), see `coordinates.py`.
    """

    def __init__(self, coordinates: Coordinates, points: Array) -> None:
        self.resolution = RESOLUTION
        self._free = coordinates.is_free
        self._points = np.array(points.T, order="C")  # a row a dimension: looked at one by one

    def has(self, point: Array) -> bool:
        """Whether the place of a point, shape (d,), is taken."""
        left = np.ones(self._points.shape[1], dtype=bool)
        for j, column in enumerate(self._points):
            if self._free[j]:
                left &= np.abs(column - point[j]) <= self.resolution
            else:
                left &= np.abs(column - point[j]) < 1e-12
            if not left.any():
                return False
        return bool(left.any())

    def add(self, point: Array) -> None:
        """Take a place."""
        self._points = np.column_stack([self._points, point])
