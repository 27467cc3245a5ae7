"""What a run streamed, read back: rows, samples, keys, system events, console."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sweepd.domain.runs import ConsoleLine, Run
from sweepd.services.core import Core
from sweepd.services.history import parse_line
from sweepd.store import history, objectives
from sweepd.store.history import Stream as Stream  # the edges name streams by it

_PLAIN_LINE = re.compile(
    r"(?P<error>ERROR )?(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?) (?P<text>.*)", re.DOTALL
)


class Reading:
    """Reads streams; the caller has found the run, so the walls were passed."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def lines(
        self, run: Run, stream: Stream, min_step: int | None = None, max_step: int | None = None
    ) -> list[str]:
        """A stream's lines as they came; steps keep those with min_step ≤ `_step` < max_step."""
        with self._core.db.read() as connection:
            found = history.read_lines(connection, run.pk, stream, 0, min_step, max_step)
            if min_step is None and max_step is None:
                return [line for _, line in found]
            low = -1 if min_step is None else min_step
            high = float("inf") if max_step is None else max_step
            return [line for _, line in found if low <= _step(parse_line(line)) < high]

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
        for line in self.lines(run, Stream.HISTORY, min_step, None):
            row = parse_line(line)
            if max_step is not None and _step(row) > max_step:
                continue
            if keys is None:
                yield row
                continue
            picked = {key: lookup(row, key) for key in dict.fromkeys(keys)}
            if all(value is not _MISSING for value in picked.values()):
                yield picked

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
            return history.last_line(connection, run.pk, stream)

    def objective(self, run: Run) -> list[tuple[int, float]]:
        """(step, value) of the sweep's metric, finite ones only."""
        with self._core.db.read() as connection:
            return objectives.list_values(connection, run.pk)

    def keys(self, run: Run) -> dict[str, Any]:
        """What the history holds, in the client's shape: `lastStep`, `keys`, `sets`."""
        found: dict[str, dict[str, Any]] = {}
        sets: dict[tuple[str, ...], int] = {}
        for line in self.lines(run, Stream.HISTORY):
            flat = flatten(parse_line(line))
            names = tuple(sorted(flat))
            sets[names] = sets.get(names, 0) + 1
            for name, value in flat.items():
                entry = found.setdefault(name, {"typeCounts": {}, "monotonic": True})
                kind = _kind(value)
                entry["typeCounts"][kind] = entry["typeCounts"].get(kind, 0) + 1
                previous = entry.get("previousValue")
                if kind != "number" or (previous is not None and value < previous):
                    entry["monotonic"] = False
                entry["previousValue"] = value
        for entry in found.values():
            entry["typeCounts"] = [
                {"type": kind, "count": count} for kind, count in entry["typeCounts"].items()
            ]
        return {
            "lastStep": run.last_step,
            "sets": [{"keys": list(names), "count": count} for names, count in sets.items()],
            "keys": found,
        }

    def console(self, run: Run, first_line: int = 0) -> list[ConsoleLine]:
        """The terminal output from a line number on."""
        with self._core.db.read() as connection:
            found = list(history.read_lines(connection, run.pk, Stream.CONSOLE, first_line))
        return [_console_line(number, line) for number, line in found]


_MISSING: Any = object()


def lookup(row: dict[str, Any], key: str) -> Any:
    """The value under a name or a dotted path; `_MISSING` when there is none."""
    if key in row:
        return row[key]
    value: Any = row
    for step in key.split("."):
        if not isinstance(value, dict) or step not in value:
            return _MISSING
        value = value[step]
    return value


def flatten(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted names; media objects (with `_type`) stay whole."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "_type" not in value and value:
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = value
    return flat


def sample_indexes(
    rows: Sequence[dict[str, Any]], keys: Sequence[str], n_samples: int
) -> list[int]:
    """Which rows to keep: evenly spread, with the least and greatest of each key in each bin."""
    n_rows = len(rows)
    if n_rows <= n_samples or n_samples <= 0:
        return list(range(n_rows if n_samples > 0 else 0))
    measured = [key for key in dict.fromkeys(keys) if not key.startswith("_")]
    n_bins = max(1, (n_samples - 2) // (1 + 2 * len(measured)))
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
    return sorted(kept)


def _step(row: dict[str, Any]) -> int:
    step = row.get("_step", -1)
    return step if isinstance(step, int) else -1


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("_type", "map"))
    if isinstance(value, bool | str):
        return "string"
    return "number" if isinstance(value, int | float) else "other"


def _console_line(number: int, line: str) -> ConsoleLine:
    """Both forms the client sends: an object per line, or `[ERROR ]time text`."""
    if line.startswith("{"):
        try:
            item = json.loads(line)
        except ValueError:
            item = None
        if isinstance(item, dict) and "content" in item:
            return ConsoleLine(
                number,
                str(item.get("ts", "")),
                item.get("level") == "error",
                str(item.get("label", "")),
                str(item["content"]),
            )
    match = _PLAIN_LINE.match(line)
    if match is None:
        return ConsoleLine(number, "", False, "", line)
    return ConsoleLine(number, match["at"], bool(match["error"]), "", match["text"])
