"""Histories read aside where that is dear: a short one is read sooner than asked for."""

from collections.abc import Callable, Sequence
from typing import Any

from sweepd.domain.runs import ConsoleLine, Run
from sweepd.services.streams.curves import Curves
from sweepd.services.streams.reading import Reading, Stream
from sweepd.services.streams.traces import Trace
from sweepd.services.tables.aside import Aside
from sweepd.services.tables.reads import Reads

DEAR_LINES = 4000  # of a stream: as sent each takes some microseconds to read


class ReadingAside(Reading):
    """As `Reading`; what is long is read by another process."""

    def __init__(self, own: Reading, aside: Aside) -> None:
        super().__init__(own.core, own.blobs)
        self._aside = aside

    def write(self, place: int, n_lines: int, function: Callable[..., bytes], *args: Any) -> bytes:
        """As `Reading.write`."""
        if n_lines < DEAR_LINES:
            return super().write(place, n_lines, function, *args)
        return self._aside.offer(place, _write, function, args)

    def lines(
        self, run: Run, stream: Stream, min_step: int | None = None, max_step: int | None = None
    ) -> list[str]:
        """As `Reading.lines`."""
        if _n_lines(run, stream) < DEAR_LINES:
            return super().lines(run, stream, min_step, max_step)
        return self._aside.offer(run.pk, _lines, run, stream, min_step, max_step)

    def thinned_lines(self, run: Run, stream: Stream, n_samples: int) -> list[str]:
        """As `Reading.thinned_lines`."""
        if _n_lines(run, stream) < DEAR_LINES:
            return super().thinned_lines(run, stream, n_samples)
        return self._aside.offer(run.pk, _thinned_lines, run, stream, n_samples)

    def sample(
        self,
        run: Run,
        keys: Sequence[str],
        n_samples: int,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> list[dict[str, Any]]:
        """As `Reading.sample`."""
        if run.history_lines < DEAR_LINES:
            return super().sample(run, keys, n_samples, min_step, max_step)
        return self._aside.offer(run.pk, _sample, run, keys, n_samples, min_step, max_step)

    def curves(self, run: Run, stream: Stream, n_points: int, n_media: int) -> Curves:
        """As `Reading.curves`."""
        if _n_lines(run, stream) < DEAR_LINES:
            return super().curves(run, stream, n_points, n_media)
        return self._aside.offer(run.pk, _curves, run, stream, n_points, n_media)

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
        """As `Reading.traces`."""
        if _n_lines(run, stream) < DEAR_LINES:
            return super().traces(run, stream, keys, x, n_points, low, high)
        return self._aside.offer(run.pk, _traces, run, stream, keys, x, n_points, low, high)

    def keys(self, run: Run) -> dict[str, Any] | None:
        """As `Reading.keys`."""
        if run.history_lines < DEAR_LINES:
            return super().keys(run)
        return self._aside.offer(run.pk, _keys, run)

    def console(
        self, run: Run, first_line: int = 0, end_line: int | None = None
    ) -> list[ConsoleLine]:
        """As `Reading.console`."""
        end = run.console_lines if end_line is None else min(end_line, run.console_lines)
        if end - first_line < DEAR_LINES:
            return super().console(run, first_line, end_line)
        return self._aside.offer(run.pk, _console, run, first_line, end_line)


def _n_lines(run: Run, stream: Stream) -> int:
    return run.history_lines if stream is Stream.HISTORY else run.events_lines


def _write(reads: Reads, function: Callable[..., bytes], args: tuple[Any, ...]) -> bytes:
    return function(reads.reading, *args)


def _lines(reads: Reads, *args: Any) -> list[str]:
    return reads.reading.lines(*args)


def _thinned_lines(reads: Reads, *args: Any) -> list[str]:
    return reads.reading.thinned_lines(*args)


def _sample(reads: Reads, *args: Any) -> list[dict[str, Any]]:
    return reads.reading.sample(*args)


def _curves(reads: Reads, *args: Any) -> Curves:
    return reads.reading.curves(*args)


def _traces(reads: Reads, *args: Any) -> dict[str, Trace]:
    return reads.reading.traces(*args)


def _keys(reads: Reads, run: Run) -> dict[str, Any] | None:
    return reads.reading.keys(run)


def _console(reads: Reads, *args: Any) -> list[ConsoleLine]:
    return reads.reading.console(*args)
