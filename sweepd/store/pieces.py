"""A run's history or events as pieces, wherever they lie: in chunks as sent, or in segments.

A piece is a stretch of consecutive lines. Its lines are counted from 0 here; `first` says which
line of the run that is. Of a segment only the keys asked for are read. Pieces may be used after the
transaction they were listed in; a segment's bytes are opened when first needed, until `close`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from sweepd.domain import patience
from sweepd.domain.config import MISSING, find
from sweepd.domain.errors import NotFound
from sweepd.domain.patience import glancing
from sweepd.later import np, npt
from sweepd.store.blobs import Blobs
from sweepd.store.columns.arrays import Floats, Ints
from sweepd.store.columns.column import Column
from sweepd.store.columns.rows import parse_line, step_of
from sweepd.store.columns.segment import Segment, as_number

if TYPE_CHECKING:
    Mask = npt.NDArray[np.bool_]
else:
    Mask = Any


class ChunkPiece:
    """Lines as the client sent them."""

    def __init__(self, first: int, lines: list[str]) -> None:
        self.first = first
        self.is_kept = False  # parsed rows, from one question to the next
        self._lines = lines
        self._rows: list[dict[str, Any]] | None = None

    @property
    def n(self) -> int:
        """How many lines."""
        return len(self._lines)

    def close(self) -> None:
        """Let go of what was parsed, if there is much."""
        if not self.is_kept:
            self._rows = None

    def _parsed(self) -> list[dict[str, Any]]:
        if self._rows is None:
            self._rows = [parse_line(line) for line in glancing(self._lines)]
        return self._rows

    def lines(self, wanted: Ints | None = None) -> list[str]:
        """Some of the lines, or all."""
        if wanted is None:
            return self._lines
        return [self._lines[i] for i in wanted.tolist()]

    def rows(
        self, wanted: Ints | None = None, keys: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Some of the rows, or all; what is beside the keys may be left out."""
        if wanted is None:
            return self._parsed()
        if self._rows is None:
            return [parse_line(self._lines[i]) for i in wanted.tolist()]
        return [self._rows[i] for i in wanted.tolist()]

    def steps(self) -> Ints:
        """Each row's step; -1 when it has none.

        A client's steps grow from line to line. Where first and last are as far apart as their
        places, no step is missing and only those two are read.
        """
        first, last = (step_of(parse_line(self._lines[i])) for i in (0, -1))
        if self.n > 1 and first >= 0 and last - first == self.n - 1:
            return np.arange(first, last + 1)
        return np.array([step_of(row) for row in self._parsed()], np.int64)

    def having(self, keys: Sequence[str]) -> Mask:
        """For each row whether it has all of these names or dotted paths."""
        return _having(self._parsed(), keys)

    def numbers(self, key: str) -> Floats:
        """For each row the number under a name or dotted path; NaN where there is none."""
        return np.array([as_number(find(row, key)) for row in self._parsed()], np.float64)


class SegmentPiece:
    """Lines in a segment: `n` from its row `offset` on."""

    def __init__(self, first: int, n: int, offset: int, source: bytes | str, blobs: Blobs) -> None:
        """Prepare; `source` is the segment itself, or the name of its blob."""
        self.first = first
        self.n = n
        self.offset = offset
        self._source, self._blobs = source, blobs
        self._files = ExitStack()
        self._file: Any = None
        self._segment: Segment | None = None

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        self._files.close()
        self._file = None

    @property
    def segment(self) -> Segment:
        """What it is a part of.

        Raises:
            NotFound: Its bytes are gone or damaged.
        """
        if self._segment is None:
            try:
                self._segment = Segment(self._read)
            except (ValueError, zlib.error) as error:
                raise _lost("damaged") from error
        return self._segment

    @property
    def is_whole(self) -> bool:
        """Whether all of the segment counts."""
        return self.n == self.segment.n

    def _read(self, start: int, n_bytes: int) -> bytes:
        if isinstance(self._source, bytes):
            return self._source[start : start + n_bytes]
        if self._file is None:
            try:
                self._file, _ = self._files.enter_context(self._blobs.open_file(self._source))
            except NotFound as error:
                raise _lost("gone") from error
        self._file.seek(start)
        body = bytes(self._file.read(n_bytes))
        if len(body) != n_bytes:
            raise _lost("cut short")
        return body

    def _places(self, wanted: Ints | None) -> Ints:
        return self.offset + (np.arange(self.n) if wanted is None else wanted)

    def lines(self, wanted: Ints | None = None) -> list[str]:
        """As `ChunkPiece`; the text may differ, what it says does not."""
        return self.segment.lines(self._places(wanted))

    def rows(
        self, wanted: Ints | None = None, keys: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """As `ChunkPiece`."""
        columns = None if keys is None else self.segment.touching(keys)
        return self.segment.rows(self._places(wanted), columns)

    def steps(self) -> Ints:
        """As `ChunkPiece`."""
        column = self.segment.find("_step")
        if column is not None and column.n == self.segment.n:
            steps = self.segment.ints(column)
            if steps is not None:
                return steps[self.offset : self.offset + self.n]
        rows = self.rows(keys=["_step"])
        return np.array([step_of(row) for row in rows], np.int64)

    def having(self, keys: Sequence[str]) -> Mask:
        """As `ChunkPiece`."""
        found = np.ones(self.n, np.bool_)
        for key in glancing(dict.fromkeys(keys)):
            column = self.only(key)
            if column is None:
                found &= _having(self.rows(keys=[key]), [key])
            elif column.n != self.segment.n:
                found &= self.segment.has(column)[self.offset : self.offset + self.n]
        return found

    def numbers(self, key: str) -> Floats:
        """As `ChunkPiece`."""
        column = self.only(key)
        if column is None:
            rows = self.rows(keys=[key])
            return np.array([as_number(find(row, key)) for row in rows], np.float64)
        values = self.segment.numbers(column)
        rows_with = self.segment.rows_with(column)
        if rows_with is not None:
            spread = np.full(self.segment.n, np.nan)
            spread[rows_with] = values
            values = spread
        return values[self.offset : self.offset + self.n]

    def only(self, key: str) -> Column | None:
        """The one column that holds what a look-up of a name gives; None: it takes more."""
        touching = self.segment.touching([key])
        is_plain = len(touching) == 1 and touching[0].name == key and self.segment.is_regular
        return touching[0] if is_plain else None


Piece = ChunkPiece | SegmentPiece


def each(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """One piece after the other, each closed before the next."""
    for piece in pieces:
        patience.glance()
        with closing(piece):
            yield piece


def _having(rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> Mask:
    found = [all(find(row, key) is not MISSING for key in glancing(keys)) for row in rows]
    return np.array(found, np.bool_)


def _lost(how: str) -> NotFound:
    return NotFound(f"a part of this run's history is {how} on the server; restore a backup")
