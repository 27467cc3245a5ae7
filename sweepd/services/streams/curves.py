"""Every number of a history as a curve thinned out, every media key as its newest items.

Of a segment that counts whole only the levels are read, which hold the extremes of each stretch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sweepd.domain.config import flatten
from sweepd.later import np
from sweepd.services.streams.sampling import spread
from sweepd.store.columns.arrays import Floats
from sweepd.store.columns.column import Column
from sweepd.store.columns.rows import PLAIN_KINDS
from sweepd.store.pieces import ChunkPiece, Piece, SegmentPiece


@dataclass(frozen=True, slots=True)
class Curve:
    """One key: where it was logged, when (None: unknown), what (None: not finite).

    Attributes:
        n: How many values there are in all.
    """

    steps: list[Any]
    times: list[float | None]
    values: list[float | None]
    n: int


@dataclass(frozen=True, slots=True)
class Curves:
    """What a history shows by key.

    Attributes:
        numbers: Keys under which numbers were logged, in the order they were first.
        media: For each key its newest items: (step, item).
    """

    numbers: list[str]
    series: dict[str, Curve]
    media: dict[str, list[tuple[Any, dict[str, Any]]]]


@dataclass
class _Series:
    n: int = 0
    parts: list[tuple[Floats, Floats, Floats]] = field(default_factory=list)  # steps, times, values


class Drawing:
    """Collects pieces, the newest first: only of media does it matter how many came.

    Args:
        n_points: Of each curve; 0 leaves curves out and only says which numbers there are.
    """

    def __init__(self, n_points: int, n_media: int) -> None:
        self._n_points, self._n_media = n_points, n_media
        self._series: dict[str, _Series] = {}
        self._numbers: set[str] = set()
        self._media: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
        self._names: list[list[str]] = []

    def add(self, piece: Piece, n_before: int) -> None:
        """Take in a piece.

        Args:
            n_before: Rows of the history before it: the step of a row that says none.
        """
        if isinstance(piece, ChunkPiece) or not piece.segment.is_regular:
            self._add_rows(piece.rows(), n_before)
        else:
            self._add_segment(piece, n_before)

    def _add_rows(self, rows: Sequence[dict[str, Any]], n_before: int) -> None:
        found: dict[str, list[tuple[float, float, float]]] = {}
        media: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
        for number, row in enumerate(rows, n_before):
            step, at = _finite(row.get("_step"), number), _finite(row.get("_timestamp"), math.nan)
            for name, value in flatten(row).items():
                if isinstance(value, dict) and "_type" in value:
                    media.setdefault(name, []).append((_whole(step), value))
                elif not name.startswith("_") and _is_number(value):
                    found.setdefault(name, []).append((step, at, _float(value)))
        for name, points in found.items():
            steps, times, values = np.array(points, np.float64).T
            self._extend(name, len(points), steps, times, values)
        for name, items in media.items():
            self._prepend_media(name, items)
        self._names.append([*found, *media])

    def _add_segment(self, piece: SegmentPiece, n_before: int) -> None:
        segment = piece.segment
        across: tuple[Floats, Floats] | None = None
        names = []
        for column in segment.columns:
            names.append(column.name)
            has_numbers = "number" in column.types and not column.name.startswith("_")
            if has_numbers and not self._n_points:
                self._numbers.add(column.name)
                has_numbers = False
            has_media = not PLAIN_KINDS.issuperset(column.types)
            level = segment.level(column) if has_numbers and piece.is_whole else None
            if level is not None:
                steps = n_before + level.rows if level.steps is None else level.steps
                unknown = np.full(len(steps), np.nan)
                times = unknown if level.times is None else level.times
                self._extend(column.name, column.n, steps.astype(np.float64), times, level.values)
                continue
            if not has_numbers and not (has_media and self._wants(column.name)):
                continue
            if across is None:
                across = axes(piece, n_before)
            self._add_column(piece, column, across)
        self._names.append(names)

    def _add_column(
        self, piece: SegmentPiece, column: Column, across: tuple[Floats, Floats]
    ) -> None:
        segment = piece.segment
        rows = segment.rows_with(column)
        rows = np.arange(segment.n) if rows is None else rows
        inside = slice(*np.searchsorted(rows, [piece.offset, piece.offset + piece.n]).tolist())
        rows = rows[inside] - piece.offset
        if column.kind != "json":
            values = segment.numbers(column)[inside]
            if len(values):
                self._extend(column.name, len(values), across[0][rows], across[1][rows], values)
            return
        found = segment.values(column)[inside]
        places = [i for i, value in enumerate(found) if _is_number(value)]
        if places and not column.name.startswith("_"):
            at = rows[places]
            values = np.array([_float(found[i]) for i in places])
            self._extend(column.name, len(places), across[0][at], across[1][at], values)
        items = [
            (_whole(across[0][row]), value)
            for row, value in zip(rows.tolist(), found, strict=True)
            if isinstance(value, dict) and "_type" in value
        ]
        if items:
            self._prepend_media(column.name, items)

    def _extend(self, name: str, n: int, steps: Floats, times: Floats, values: Floats) -> None:
        self._numbers.add(name)
        if not self._n_points:
            return
        series = self._series.setdefault(name, _Series())
        series.n += n
        series.parts.append((steps, times, values))

    def _wants(self, name: str) -> bool:
        return len(self._media.get(name, ())) < self._n_media

    def _prepend_media(self, name: str, items: list[tuple[Any, dict[str, Any]]]) -> None:
        self._media[name] = (items + self._media.get(name, []))[-self._n_media :]

    def curves(self) -> Curves:
        """What came of it, keys in the order they were first logged."""
        order = dict.fromkeys(name for names in reversed(self._names) for name in names)
        return Curves(
            [name for name in order if name in self._numbers],
            {name: self._curve(self._series[name]) for name in order if name in self._series},
            {name: self._media[name] for name in order if name in self._media},
        )

    def _curve(self, series: _Series) -> Curve:
        steps, times, values = (
            np.concatenate([part[i] for part in reversed(series.parts)]) for i in range(3)
        )
        kept = spread(len(values), self._n_points, [lambda: values])
        return Curve(
            [_whole(step) for step in steps[kept].tolist()],
            [None if math.isnan(at) else at for at in times[kept].tolist()],
            [value if math.isfinite(value) else None for value in values[kept].tolist()],
            series.n,
        )


def axes(piece: Piece, n_before: int) -> tuple[Floats, Floats]:
    """Each row's step and time; without a step its number, without a time NaN."""
    steps, times = piece.numbers("_step"), piece.numbers("_timestamp")
    return np.where(np.isfinite(steps), steps, n_before + np.arange(piece.n)), times


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _finite(value: Any, otherwise: float) -> float:
    if not _is_number(value):
        return otherwise
    return found if math.isfinite(found := _float(value)) else otherwise


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value
