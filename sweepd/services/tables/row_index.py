"""Which row of a table a run has: sorted arrays, a sixth of the memory of a dictionary."""

from __future__ import annotations

from sweepd.later import np, npt

LEAST_NEW = 4096  # found in a dictionary before they are sorted in


class RowIndex:
    """Rows by our keys of runs; rows are numbered as runs come, and never change."""

    def __init__(self, pks: npt.NDArray[np.int64] | None = None) -> None:
        """`pks`: those of the first rows, by row."""
        self._pks = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int32)
        self._new: dict[int, int] = {}
        if pks is not None:
            self._sort_in(pks, np.arange(len(pks), dtype=np.int32))

    def __len__(self) -> int:
        return len(self._pks) + len(self._new)

    def find(self, pk: int) -> int | None:
        """A run's row; None for one that has none."""
        row = self._new.get(pk)
        if row is None:
            place = int(self._pks.searchsorted(pk))
            if place < len(self._pks) and self._pks[place] == pk:
                row = int(self._rows[place])
        return row

    def find_all(self, pks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rows of some runs; -1 for one that has none."""
        if self._new:
            self.settle()
        if not len(self._pks):
            return np.full(len(pks), -1, np.int64)
        places = np.minimum(self._pks.searchsorted(pks), len(self._pks) - 1)
        found: npt.NDArray[np.int64] = np.where(self._pks[places] == pks, self._rows[places], -1)
        return found

    def add(self, pk: int) -> int:
        """Give a run that has none the next row."""
        row = self._new[pk] = len(self)
        if len(self._new) > max(LEAST_NEW, len(self._pks) // 4):
            self.settle()
        return row

    def settle(self) -> None:
        """Sort in what came since."""
        new, self._new = self._new, {}
        n = len(new)
        self._sort_in(np.fromiter(new, np.int64, n), np.fromiter(new.values(), np.int32, n))

    def _sort_in(self, pks: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> None:
        pks, rows = np.concatenate([self._pks, pks]), np.concatenate([self._rows, rows])
        order = np.argsort(pks, kind="stable")
        self._pks, self._rows = pks[order], rows[order]
