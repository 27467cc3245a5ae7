"""What a run streamed, read back: rows, samples, curves, keys, system events, console."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sweepd.domain import patience
from sweepd.domain.config import find
from sweepd.domain.patience import glancing
from sweepd.domain.runs import ConsoleLine, Run
from sweepd.later import np
from sweepd.services.core import Core
from sweepd.services.streams import forks, thinned
from sweepd.services.streams.console import console_line
from sweepd.services.streams.curves import Curves, Drawing
from sweepd.services.streams.history_keys import KeyCount
from sweepd.services.streams.sampling import spread
from sweepd.services.streams.thinned import Chosen
from sweepd.services.streams.traces import RELATIVE, STEP, Trace, Tracing
from sweepd.store import history, objectives, pieces, run_lines
from sweepd.store.blobs import Blobs
from sweepd.store.columns.arrays import Floats, Ints
from sweepd.store.history import Stream as Stream  # the edges name streams by it
from sweepd.store.pieces import Piece

MAX_KEYS_KEPT = 64_000  # keys remembered, of all runs together: about 30 MB

MAX_STEP = 2**62
COARSE = 1000  # rows a sample from which on levels tell which rows to choose from


class Reading:
    """Reads streams; the caller has found the run, so access was checked.

    What reads a history raises NotFound when bytes of it are gone.
    """

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self.core = core
        self.blobs = blobs
        self._keys: dict[int, tuple[int, KeyCount]] = {}  # of a run, with its `rewrites` then
        self._n_kept = 0
        self._lock = threading.Lock()

    def write(self, place: int, n_lines: int, function: Callable[..., bytes], *args: Any) -> bytes:
        """What a function of this and arguments makes of so many lines, wherever they are read.

        Args:
            place: Questions of one place may remember what they read.
            function: Of a module; its arguments may be sent to another process.
        """
        return function(self, *args)

    def _pieces(
        self,
        run: Run,
        stream: Stream = Stream.HISTORY,
        min_step: int | None = None,
        max_step: int | None = None,
        first_line: int = 0,
        end_line: int | None = None,
    ) -> list[Piece]:
        """The history of a fork begins with its parent's, up to the step where they part."""
        with self.core.db.read() as connection:
            if stream is Stream.HISTORY:
                return forks.pieces(
                    connection, self.blobs, run, first_line, end_line, min_step, max_step
                )
            return run_lines.list_pieces(connection, self.blobs, run.pk, stream)

    def lines(
        self, run: Run, stream: Stream, min_step: int | None = None, max_step: int | None = None
    ) -> list[str]:
        """Lines of history or events with min_step ≤ `_step` < max_step; without both, all."""
        lines: list[str] = []
        for piece in pieces.each(self._pieces(run, stream, min_step, max_step)):
            patience.afford(len(lines) + (piece.n if min_step is max_step is None else 0))
            lines += piece.lines(_in_steps(piece, min_step, max_step))
        return lines

    def batches(self, run: Run, stream: Stream) -> Iterator[list[dict[str, Any]]]:
        """All rows of history or events, some thousand at a time."""
        for piece in pieces.each(self._pieces(run, stream)):
            yield piece.rows()

    def thinned_lines(self, run: Run, stream: Stream, n_samples: int) -> list[str]:
        """At most `n_samples` lines of a stream, spread evenly."""
        found = self._pieces(run, stream)
        chosen: Chosen = [(piece, None, piece.n) for piece in found]
        kept = spread(sum(piece.n for piece in found), n_samples)
        patience.afford(len(kept))
        lines: list[str] = []
        for piece, rows in _at(chosen, kept):
            lines += piece.lines(rows)
        return lines

    def first_row(self, run: Run) -> dict[str, Any] | None:
        """The first row of the history; the parent's, for a fork."""
        for piece in pieces.each(self._pieces(run, end_line=1)):
            return piece.rows(np.array([0]))[0]
        return None

    def sample(
        self,
        run: Run,
        keys: Sequence[str],
        n_samples: int,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> list[dict[str, Any]]:
        """At most `n_samples` rows having all keys, spread evenly, extremes of each key kept.

        Args:
            keys: Names, or dotted paths through nested objects.
            min_step, max_step: Both inclusive.
        """
        keys = list(dict.fromkeys(keys))
        end = None if max_step is None else max_step + 1
        chosen: Chosen = []
        for piece in pieces.each(self._pieces(run, Stream.HISTORY, min_step, end)):
            has = piece.having(keys)
            if min_step is not None or end is not None:
                has[_outside(piece, min_step, end)] = False
            n = int(has.sum())
            chosen.append((piece, None if n == piece.n else np.flatnonzero(has), n))
        n_rows = sum(n for _, _, n in chosen)
        numbers = thinned.numbers_of(keys)
        if numbers and n_rows >= COARSE * n_samples > 2 * COARSE:
            return thinned.sample(chosen, keys, n_samples)
        measured = [_series(chosen, key) for key in numbers]
        kept = spread(n_rows, n_samples, measured)
        patience.afford(len(kept))
        return [
            {key: find(row, key) for key in keys}
            for piece, places in _at(chosen, kept)
            for row in glancing(piece.rows(places, keys))
        ]

    def curves(self, run: Run, stream: Stream, n_points: int, n_media: int) -> Curves:
        """Each number as a curve of at most `n_points`, each media key's last `n_media` items."""
        found = self._pieces(run, stream)
        drawing, n_before = Drawing(n_points, n_media), sum(piece.n for piece in found)
        for piece in pieces.each(reversed(found)):
            n_before -= piece.n
            drawing.add(piece, n_before)
        return drawing.curves()

    def traces(
        self,
        run: Run,
        stream: Stream,
        keys: Sequence[str],
        x: str,
        n_points: int,
        low: float | None = None,
        high: float | None = None,
    ) -> dict[str, Trace]:
        """Some keys as curves over another; see `Tracing`."""
        is_by_step = x == STEP and stream is Stream.HISTORY
        found = self._pieces(
            run,
            stream,
            math.floor(low) if is_by_step and low is not None and abs(low) < MAX_STEP else None,
            math.floor(high) + 1
            if is_by_step and high is not None and abs(high) < MAX_STEP
            else None,
        )
        tracing = Tracing(keys, x, n_points, low, high)
        if x == RELATIVE and run.started_at is not None:
            tracing.begin_at(run.started_at.timestamp())
        for piece in pieces.each(found):
            tracing.add(piece)
        return tracing.traces()

    def last_line(self, run: Run, stream: Stream) -> str | None:
        """The newest line of a stream."""
        with self.core.db.read() as connection:
            if stream is Stream.HISTORY:
                return forks.last_line(connection, self.blobs, run, run.history_lines)
            return run_lines.last_line(connection, self.blobs, run.pk, stream)

    def objective(self, run: Run) -> list[tuple[int, float]]:
        """(step, value) of the sweep's metric, finite ones only."""
        with self.core.db.read() as connection:
            return objectives.list_values(connection, run.pk)

    def keys(self, run: Run) -> dict[str, Any] | None:
        """What the history holds, in the client's shape: `lastStep`, `keys`, `sets`.

        None before the first row. Only rows that came since the last time are looked through.
        """
        with self._lock:
            rewrites, count = self._keys.pop(run.pk, (run.rewrites, KeyCount()))
            self._n_kept -= count.size if count.n_rows else 0
        if rewrites != run.rewrites or count.n_rows > run.history_lines:
            count = KeyCount()
        fresh = self._pieces(run, first_line=count.n_rows, end_line=run.history_lines)
        for piece in pieces.each(fresh):
            count.add(piece)
        found = count.answer()
        if found is not None:
            self._keep(run, count)
        return found

    def _keep(self, run: Run, count: KeyCount) -> None:
        with self._lock:
            before = self._keys.pop(run.pk, None)  # another looked at the same time
            self._keys[run.pk] = run.rewrites, count
            self._n_kept += count.size - (before[1].size if before else 0)
            while self._n_kept > MAX_KEYS_KEPT:
                oldest = next(iter(self._keys))  # the one asked for longest ago
                self._n_kept -= self._keys.pop(oldest)[1].size

    def console(
        self, run: Run, first_line: int = 0, end_line: int | None = None
    ) -> list[ConsoleLine]:
        """The terminal output from a line number on, to before another."""
        with self.core.db.read() as connection:
            found: list[tuple[int, str]] = []
            for line in history.read_lines(
                connection, run.pk, Stream.CONSOLE, first_line, end_line
            ):
                patience.afford(len(found))
                found.append(line)
        return [console_line(number, line) for number, line in found]


def _outside(piece: Piece, min_step: int | None, max_step: int | None) -> pieces.Mask:
    """The rows whose step is not in [min_step, max_step); one without a step is in no range."""
    steps = piece.steps()
    outside = steps < max(0, min_step or 0)
    return outside if max_step is None else outside | (steps >= max_step)


def _in_steps(piece: Piece, min_step: int | None, max_step: int | None) -> Ints | None:
    if min_step is None and max_step is None:
        return None
    return np.flatnonzero(~_outside(piece, min_step, max_step))


def _series(chosen: Chosen, key: str) -> Callable[[], Floats]:
    """Gives the numbers under a key in the rows chosen."""

    def series() -> Floats:
        numbers = []
        for piece, rows, n in glancing(chosen):
            if n:
                values = piece.numbers(key)
                numbers.append(values if rows is None else values[rows])
                piece.close()
        return np.concatenate(numbers)

    return series


def _at(chosen: Chosen, kept: Ints) -> Iterator[tuple[Piece, Ints]]:
    """Of each piece the rows kept, counted among those chosen."""
    start = 0
    for piece, rows, n in glancing(chosen):
        low, high = np.searchsorted(kept, [start, start + n]).tolist()
        if low < high:
            places = kept[low:high] - start
            yield piece, places if rows is None else rows[places]
            piece.close()
        start += n
