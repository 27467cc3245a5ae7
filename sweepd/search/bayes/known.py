"""Which places of a space are taken: by runs with a result, by pending ones, by the same ask."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array

RESOLUTION = 1e-5  # of the range of a continuous parameter: what lies closer is the same config
COARSE = 1e-3  # instead, where so small a step is lost in noise, or leads nowhere any more


class Known:
    """Configs already taken, compared as a user would: equal choices, numbers nearly equal.

    Two configs are one place when all their listed and stepped coordinates are equal and no
    continuous one differs by more than `resolution`, which may be set between looks. Coordinates
    are worked out when a look needs them: of thousands of runs one tells most apart.
    """

    def __init__(self, coordinates: Coordinates, configs: Sequence[Mapping[str, Any]]) -> None:
        self.resolution = RESOLUTION
        self._coordinates = coordinates
        self._configs = list(configs)
        self._columns = np.full((coordinates.d, len(self._configs)), np.nan)
        self._left_out = coordinates.left_out
        self._is_read = np.zeros((coordinates.d, len(self._configs)), dtype=bool)

    def has(self, point: Array) -> bool:
        """Whether the place of a point, shape (d,), is taken."""
        telling = self._coordinates.telling
        if not telling:
            return bool(self._configs)
        # Where a condition leaves a parameter out, all that lack it are alike in it.
        first = next((j for j in telling if point[j] != self._left_out[j]), telling[0])
        left = np.arange(len(self._configs))
        for j in [first, *telling]:
            left = left[np.abs(self._column(j, left) - point[j]) <= self._reach(j)]
            if not len(left):
                return False
        return True

    def add(self, config: Mapping[str, Any]) -> None:
        """Take a config's place."""
        self._configs.append(config)
        empty = np.full((len(self._columns), 1), np.nan)
        self._columns = np.hstack([self._columns, empty])
        self._is_read = np.hstack([self._is_read, np.isfinite(empty)])

    def _reach(self, j: int) -> float:
        return self.resolution if self._coordinates.is_free[j] else 1e-12

    def _column(self, j: int, rows: np.ndarray[Any, Any]) -> Array:
        """Coordinate j of some of the configs."""
        unread = rows[~self._is_read[j, rows]]
        if len(unread):
            every = len(unread) == len(self._configs)
            configs = self._configs if every else [self._configs[i] for i in unread.tolist()]
            self._columns[j, unread] = self._coordinates.column(j, configs)
            self._is_read[j, unread] = True
        found: Array = self._columns[j, rows]
        return found
