"""Points of several curves as rows of one history."""

from typing import Any


class RowsByStep:
    """Numbers of one step share a row; a name that comes again at a step gets a further one."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], dict[str, Any]] = {}
        self._n_at: dict[tuple[int, str], int] = {}

    def add(self, step: int, time_s: float, value: float, name: str) -> None:
        """A point of a curve, at seconds since 1970."""
        n = self._n_at.get((step, name), 0)
        self._n_at[step, name] = n + 1
        row = self._rows.setdefault((step, n), {"_step": step, "_timestamp": time_s})
        row["_timestamp"] = max(row["_timestamp"], time_s)
        row[name] = value

    def made(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The rows by their steps, and the last value of each name."""
        rows = [self._rows[place] for place in sorted(self._rows)]
        last: dict[str, Any] = {}
        begin = min((row["_timestamp"] for row in rows), default=0.0)
        for row in rows:
            row["_runtime"] = row["_timestamp"] - begin
            last |= row
        return rows, last
