"""Chosen keys of a history as curves of as many points as a panel has room for.

The extremes of each stretch are kept. Where the whole of a long column is drawn over step or time,
only its level is read, which holds them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sweepd.domain.config import find
from sweepd.later import np
from sweepd.services.streams.curves import axes
from sweepd.store.columns.arrays import Floats, Ints
from sweepd.store.pieces import ChunkPiece, Mask, Piece, SegmentPiece

STEP, TIME, RELATIVE = "_step", "_timestamp", "_runtime"


@dataclass(frozen=True, slots=True)
class Trace:
    """A key over another.

    Attributes:
        x, y: As many numbers each; a `y` that is not finite is a gap.
        n: How many values there are within the range asked for; where a level was read, in all.
    """

    x: Floats
    y: Floats
    n: int


@dataclass
class _Series:
    n: int = 0
    last_x: float = math.nan  # of a key that is not in every row: it holds until the next
    parts: list[tuple[Floats, Floats]] = field(default_factory=list)


class Tracing:
    """Takes in a run's pieces, the oldest first.

    Args:
        keys: What is drawn: names as they are logged, dotted.
        x: Over what: `_step`, `_timestamp` (seconds since 1970), `_runtime` (seconds since the run
            began) or another key.
        n_points: Of one curve, about: no more than two for each two asked for, and two.
        low, high: The range of `x` that is shown; None: no end.
    """

    def __init__(
        self,
        keys: Sequence[str],
        x: str,
        n_points: int,
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self._series = {key: _Series() for key in keys}
        self._x, self._n_points = x, n_points
        self._low = -math.inf if low is None else low
        self._high = math.inf if high is None else high
        self._is_whole = low is None and high is None and x in (STEP, TIME, RELATIVE)
        self._origin = math.nan
        self._n_rows = 0

    def add(self, piece: Piece) -> None:
        """Take in the lines that come next."""
        across: Floats | None = None
        for key, series in self._series.items():
            if self._add_level(piece, key, series):
                continue
            y = piece.numbers(key)
            rows = np.flatnonzero(_has_number(piece, key, y))
            if not len(rows):
                continue
            if across is None:
                across = self._across(piece)
            x = across[rows]
            if self._x not in (STEP, TIME, RELATIVE):
                x, series.last_x = _held(across, series.last_x, rows)
            self._extend(series, x, y[rows])
        self._n_rows += piece.n

    def _add_level(self, piece: Piece, key: str, series: _Series) -> bool:
        """Take in a column by its level; False when that does not do."""
        if isinstance(piece, ChunkPiece) or not (self._is_whole and piece.is_whole):
            return False
        column = piece.only(key)
        if column is None:
            touching = piece.segment.touching([key])
            return piece.segment.is_regular and not touching  # a key it has not adds nothing
        level = piece.segment.level(column)
        if level is None or column.n * 3 < len(level.rows) * self._n_points:
            return False
        if self._x == STEP:
            steps = self._n_rows + level.rows if level.steps is None else level.steps
            x = steps.astype(np.float64)
        elif level.times is None:
            return False
        else:
            x = self._from_origin(level.times)
        self._extend(series, x, level.values, column.n)
        return True

    def _across(self, piece: Piece) -> Floats:
        if self._x in (STEP, TIME, RELATIVE):
            steps, times = axes(piece, self._n_rows)
            return steps if self._x == STEP else self._from_origin(times)
        return piece.numbers(self._x)

    def _from_origin(self, x: Floats) -> Floats:
        if self._x != RELATIVE:
            return x
        if math.isnan(self._origin) and len(known := x[np.isfinite(x)]):
            self._origin = float(known[0])
        return x - self._origin

    def begin_at(self, origin: float) -> None:
        """When the run began, for `_runtime`; otherwise its first row counts."""
        self._origin = origin

    def _extend(self, series: _Series, x: Floats, y: Floats, n: int | None = None) -> None:
        inside = np.isfinite(x)
        if self._low > -math.inf or self._high < math.inf:
            inside &= (x >= self._low) & (x <= self._high)
        if not inside.all():
            x, y = x[inside], y[inside]
        series.n += len(x) if n is None else n
        if len(x):
            series.parts.append((x, y))

    def traces(self) -> dict[str, Trace]:
        """The keys that have a point, thinned out."""
        found = {}
        for key, series in self._series.items():
            if series.parts:
                x, y = (np.concatenate([part[i] for part in series.parts]) for i in (0, 1))
                kept = thin(y, self._n_points)
                found[key] = Trace(x[kept], y[kept], series.n)
        return found


def thin(values: Floats, n_points: int) -> Ints:
    """Places of about `n_points` values, in order: the first, the last, and of each of as many
    stretches of one length the least and the greatest."""
    n = len(values)
    if n <= n_points:
        return np.arange(n)
    size = -(-n // max(1, (n_points - 2) // 2))
    n_stretches = -(-n // size)
    starts = np.arange(n_stretches) * size
    finite = np.isfinite(values)

    def places(worst: float, extreme: Any) -> Ints:
        padded = np.full(n_stretches * size, worst)
        padded[:n] = np.where(finite, values, worst)
        found: Ints = extreme(padded.reshape(n_stretches, size), axis=1)
        return found

    at = np.concatenate(
        [[0, n - 1], starts + places(np.inf, np.argmin), starts + places(-np.inf, np.argmax)]
    )
    kept: Ints = np.unique(np.minimum(at, n - 1)).astype(np.int64)
    return kept


def _has_number(piece: Piece, key: str, y: Floats) -> Mask:
    """Rows in which the key was logged as a number: NaN is a gap there, and nothing elsewhere."""
    known = ~np.isnan(y)
    if known.all():
        return known
    if isinstance(piece, SegmentPiece) and (column := piece.only(key)) is not None:
        if column.kind == "json":
            return known
        return piece.segment.has(column)[piece.offset : piece.offset + piece.n]
    return np.array([isinstance(find(row, key), int | float) for row in piece.rows(keys=[key])])


def _held(across: Floats, last: float, rows: Ints) -> tuple[Floats, float]:
    """The other key's newest number at each of some rows, and after all."""
    known = np.where(np.isfinite(across), np.arange(len(across)), -1)
    newest = np.maximum.accumulate(known)
    found = np.where(newest >= 0, across[np.maximum(newest, 0)], last)
    return found[rows], float(found[-1]) if len(found) else last
