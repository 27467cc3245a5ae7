"""Which keys a history has, counted row by row or a segment at once."""

from typing import Any

from sweepd.domain.config import flatten
from sweepd.store.columns.column import Column
from sweepd.store.columns.rows import kind_of, parse_line, step_of
from sweepd.store.columns.segment import Segment
from sweepd.store.pieces import ChunkPiece, Piece

_NUMBERS = (int, float)


class _Key:
    __slots__ = ("is_rising", "last", "types")

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self.is_rising = True
        self.last: Any = None


class KeyCount:
    """What the rows so far hold."""

    def __init__(self) -> None:
        self.n_rows = 0
        self._last_step = -1
        self._keys: dict[str, _Key] = {}
        self._sets: dict[tuple[str, ...], int] = {}

    @property
    def size(self) -> int:
        """How many names are remembered."""
        return 1 + len(self._keys) + sum(map(len, self._sets))

    def add(self, piece: Piece) -> None:
        """Count the rows that come next."""
        self.n_rows += piece.n
        if isinstance(piece, ChunkPiece):
            for line in piece.lines():
                self._add_row(parse_line(line))
        elif piece.is_whole and piece.segment.is_regular:
            self._add_segment(piece.segment)
        else:
            for row in piece.rows():
                self._add_row(row)

    def _add_row(self, row: dict[str, Any]) -> None:
        self._last_step = max(self._last_step, step_of(row))
        flat = flatten(row) if any(type(value) is dict for value in row.values()) else row
        names = tuple(flat)
        self._sets[names] = self._sets.get(names, 0) + 1
        for name, value in flat.items():
            key = self._keys.get(name)
            if key is None:
                key = self._keys[name] = _Key()
            kind = "number" if type(value) in _NUMBERS else kind_of(value)
            key.types[kind] = key.types.get(kind, 0) + 1
            if key.is_rising:
                is_below = isinstance(key.last, int | float) and kind == "number"
                key.is_rising = kind == "number" and not (is_below and value < key.last)
            key.last = value

    def _add_segment(self, segment: Segment) -> None:
        self._last_step = max(self._last_step, segment.last_step)
        for shape, count in zip(segment.shapes, segment.counts, strict=True):
            names = tuple(segment.columns[place].name for place in shape)
            self._sets[names] = self._sets.get(names, 0) + count
        for column in segment.columns:
            self._add_column(column)

    def _add_column(self, column: Column) -> None:
        key = self._keys.setdefault(column.name, _Key())
        if key.is_rising:
            is_below = isinstance(key.last, int | float) and column.first is not None
            key.is_rising = column.is_rising and not (is_below and column.first < key.last)
        for kind, count in column.types.items():
            key.types[kind] = key.types.get(kind, 0) + count
        key.last = column.last

    def answer(self) -> dict[str, Any] | None:
        """In the client's shape: `lastStep`, `keys`, `sets`; None before the first row."""
        if not self.n_rows:
            return None
        counted: dict[tuple[str, ...], int] = {}
        for names, count in self._sets.items():  # rows with the same keys in another order are one
            counted[tuple(sorted(names))] = counted.get(tuple(sorted(names)), 0) + count
        return {
            "lastStep": self._last_step,
            "sets": [{"keys": list(names), "count": count} for names, count in counted.items()],
            "keys": {
                name: {
                    "typeCounts": [{"type": k, "count": n} for k, n in key.types.items()],
                    "monotonic": key.is_rising,
                    "previousValue": key.last,
                }
                for name, key in self._keys.items()
            },
        }
