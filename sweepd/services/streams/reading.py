"""What a run streamed, read back: rows, samples, keys, system events, console."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from sweepd.domain.config import MISSING, find, flatten
from sweepd.domain.runs import ConsoleLine, Run
from sweepd.services.core import Core
from sweepd.services.streams import forks
from sweepd.services.streams.console import console_line
from sweepd.services.streams.lines import parse_line, step_of
from sweepd.store import history, objectives
from sweepd.store.history import Stream as Stream  # the edges name streams by it

MAX_KEYS_KEPT = 64_000  # keys remembered, of all runs together: about 30 MB


class Reading:
    """Reads streams; the caller has found the run, so access was checked."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._keys: dict[int, tuple[object, dict[str, Any] | None]] = {}  # of a run, at a version
        self._n_kept = 0
        self._lock = threading.Lock()

    def lines(
        self, run: Run, stream: Stream, min_step: int | None = None, max_step: int | None = None
    ) -> list[str]:
        """A stream's lines as they came; steps keep those with min_step ≤ `_step` < max_step.

        The history of a fork begins with its parent's, up to the step where they part.
        """
        with self._core.db.read() as connection:
            if stream is not Stream.HISTORY:
                return [line for _, line in history.read_lines(connection, run.pk, stream)]
            lines: list[str] = []
            for pk, first, end in forks.parts(connection, run):
                if min_step is None and max_step is None:
                    found = history.read_lines(connection, pk, stream, first, end)
                    lines += [line for _, line in found]
                    continue
                low = -1 if min_step is None else min_step
                high = float("inf") if max_step is None else max_step
                for block in history.read_blocks(connection, pk, stream, low, high, end):
                    lines += _between(block, low, high)
            return lines

    def rows(
        self,
        run: Run,
        keys: Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """History rows in order; with keys, only rows that have all of them, and only these.

        Args:
            keys: Names, or dotted paths through nested objects.
            min_step, max_step: Both inclusive.
        """
        end = None if max_step is None else max_step + 1
        for line in self.lines(run, Stream.HISTORY, min_step, end):
            row = parse_line(line)
            if keys is None:
                yield row
                continue
            picked = {key: find(row, key) for key in dict.fromkeys(keys)}
            if all(value is not MISSING for value in picked.values()):
                yield picked

    def first_row(self, run: Run) -> dict[str, Any] | None:
        """The first row of the history; the parent's, for a fork."""
        with self._core.db.read() as connection:
            for pk, start, end in forks.parts(connection, run):
                block = history.find_block(connection, pk, Stream.HISTORY, start, -1)
                if block is not None and (end is None or block[0] < end):
                    return parse_line(block[1][0])
        return None

    def sample(
        self, run: Run, keys: Sequence[str], n_samples: int, **steps: int | None
    ) -> list[dict[str, Any]]:
        """At most `n_samples` rows having all keys, spread evenly, extremes of each key kept."""
        rows = list(self.rows(run, keys, **steps))
        return [rows[i] for i in sample_indexes(rows, keys, n_samples)]

    def events(self, run: Run) -> Iterator[dict[str, Any]]:
        """System metrics, oldest first, as the client measured them every 15 s."""
        for line in self.lines(run, Stream.EVENTS):
            yield parse_line(line)

    def last_line(self, run: Run, stream: Stream) -> str | None:
        """The newest line of a stream."""
        with self._core.db.read() as connection:
            if stream is Stream.HISTORY:
                return forks.last_line(connection, run, run.history_lines)
            return history.last_line(connection, run.pk, stream)

    def objective(self, run: Run) -> list[tuple[int, float]]:
        """(step, value) of the sweep's metric, finite ones only."""
        with self._core.db.read() as connection:
            return objectives.list_values(connection, run.pk)

    def keys(self, run: Run) -> dict[str, Any] | None:
        """What the history holds, in the client's shape: `lastStep`, `keys`, `sets`.

        None before the first row. A run that stands still is looked through only once.
        """
        version = (run.pk, run.history_lines, run.last_step, run.updated_at)
        kept = self._keys.get(run.pk)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = history_keys(self.lines(run, Stream.HISTORY))
        self._keep(run.pk, version, found)
        return found

    def _keep(self, pk: int, version: object, found: dict[str, Any] | None) -> None:
        with self._lock:
            self._drop(pk)
            self._keys[pk] = version, found
            self._n_kept += _size(found)
            while self._n_kept > MAX_KEYS_KEPT:
                self._drop(next(iter(self._keys)))  # the one looked through longest ago

    def _drop(self, pk: int) -> None:
        if pk in self._keys:
            self._n_kept -= _size(self._keys.pop(pk)[1])

    def console(self, run: Run, first_line: int = 0) -> list[ConsoleLine]:
        """The terminal output from a line number on."""
        with self._core.db.read() as connection:
            found = list(history.read_lines(connection, run.pk, Stream.CONSOLE, first_line))
        return [console_line(number, line) for number, line in found]


def _size(found: dict[str, Any] | None) -> int:
    return 1 + (len(found["keys"]) if found else 0)


def history_keys(lines: Sequence[str]) -> dict[str, Any] | None:
    """Which keys the rows have, of what kinds, and their last values; None for no rows."""
    if not lines:
        return None
    found: dict[str, dict[str, Any]] = {}
    sets: dict[tuple[str, ...], int] = {}
    last_step = -1
    for line in lines:
        row = parse_line(line)
        last_step = max(last_step, step_of(row))
        flat = flatten(row) if any(type(value) is dict for value in row.values()) else row
        names = tuple(flat)
        sets[names] = sets.get(names, 0) + 1
        for name, value in flat.items():
            entry = found.get(name)
            if entry is None:
                entry = found[name] = {"typeCounts": {}, "monotonic": True, "previousValue": None}
            kind = "number" if type(value) in _NUMBERS else _kind(value)
            counts = entry["typeCounts"]
            counts[kind] = counts.get(kind, 0) + 1
            if entry["monotonic"]:
                previous = entry["previousValue"]
                is_below = isinstance(previous, int | float) and kind == "number"
                entry["monotonic"] = kind == "number" and not (is_below and value < previous)
            entry["previousValue"] = value
    for entry in found.values():
        entry["typeCounts"] = [
            {"type": kind, "count": count} for kind, count in entry["typeCounts"].items()
        ]
    counted: dict[tuple[str, ...], int] = {}
    for names, count in sets.items():  # rows with the same keys in another order are one set
        counted[tuple(sorted(names))] = counted.get(tuple(sorted(names)), 0) + count
    return {
        "lastStep": last_step,
        "sets": [{"keys": list(names), "count": count} for names, count in counted.items()],
        "keys": found,
    }


_NUMBERS = (int, float)


def sample_indexes(
    rows: Sequence[dict[str, Any]], keys: Sequence[str], n_samples: int
) -> list[int]:
    """Which rows to keep: as many as asked for, the least and greatest of each key in each bin
    among them, the rest evenly spread."""
    n_rows = len(rows)
    if n_rows <= n_samples or n_samples <= 0:
        return list(range(n_rows if n_samples > 0 else 0))
    if n_samples == 1:
        return [n_rows - 1]
    measured = [key for key in dict.fromkeys(keys) if not key.startswith("_")]
    n_bins = (n_samples - 2) // (1 + 2 * len(measured))
    kept = {0, n_rows - 1}
    for b in range(n_bins):
        start, end = b * n_rows // n_bins, (b + 1) * n_rows // n_bins
        kept.add(start)
        for key in measured:
            numbers = [
                (rows[i][key], i)
                for i in range(start, end)
                if isinstance(rows[i].get(key), int | float) and rows[i][key] == rows[i][key]
            ]
            if numbers:
                kept |= {min(numbers)[1], max(numbers)[1]}
    rest, n_missing = [i for i in range(n_rows) if i not in kept], n_samples - len(kept)
    return sorted(kept | {rest[j * len(rest) // n_missing] for j in range(n_missing)})


def _between(lines: list[str], low: int, high: float) -> list[str]:
    """Those lines of one chunk whose step is in [low, high).

    A client's steps grow from line to line. Where first and last are as far apart as their places,
    no step is missing and the places tell the steps; else every line is read.
    """

    def step(line: str) -> int:
        return step_of(parse_line(line))

    if len(lines) > 1 and 0 <= step(lines[0]) < step(lines[-1]) == step(lines[0]) + len(lines) - 1:
        first = step(lines[0])  # no step is missing: positions are steps
        return lines[max(0, low - first) : max(0, int(min(high - first, len(lines))))]
    return [line for line in lines if low <= step(line) < high]


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("_type", "map"))
    if isinstance(value, bool | str):
        return "string"
    return "number" if isinstance(value, int | float) else "other"
