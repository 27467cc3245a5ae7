"""Curves as pages read them, written wherever the lines are read (see `Reading.write`).

Those of panels are a JSON header and numbers. They begin with the header's length as four bytes,
little endian; the header is padded so that the numbers begin at a multiple of eight; they are
doubles, little endian, and the header says where those of each curve lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sweepd.domain.encoding import to_json
from sweepd.domain.patience import glancing
from sweepd.domain.runs import Run
from sweepd.later import np
from sweepd.services.streams.reading import Reading, Stream
from sweepd.services.streams.traces import Trace
from sweepd.web import shapes

CURVE_POINTS = 800  # of one key; the extremes of each stretch are kept
MAX_MEDIA = 400  # of one key, the newest
OBJECTIVE_POINTS = 400
SYSTEM = "system."


@dataclass(frozen=True)
class Panels:
    """What the panels of a workspace ask of many runs."""

    keys: Sequence[str]
    x: str
    points: int
    low: float | None
    high: float | None


def of_run(reading: Reading, run: Run, stream: Stream, is_drawn: bool, n: int) -> bytes:
    """For each number of one run a curve, for each media key its items by step."""
    found = reading.curves(run, stream, CURVE_POINTS if is_drawn else 0, MAX_MEDIA)
    return to_json(
        {
            "n": n,
            "numbers": found.numbers,
            "series": {
                name: {"step": x.steps, "time": x.times, "value": x.values, "n": x.n}
                for name, x in found.series.items()
            },
            "media": {
                name: [[step, shapes.plain(item)] for step, item in items]
                for name, items in found.media.items()
            },
        }
    )


def of_panels(
    reading: Reading, runs: Sequence[Run], wanted: Panels, stamps: Mapping[str, str]
) -> bytes:
    """The curves of many runs and keys."""
    traces = {run.run_id: _traces(reading, run, wanted) for run in glancing(runs)}
    return packed(traces, {"tags": stamps})


def of_objective(reading: Reading, runs: Sequence[Run]) -> bytes:
    """The sweep's metric over the steps of some runs: a JSON object by run."""
    found = {}
    for run in glancing(runs):
        values = reading.objective(run)
        every = max(1, -(-len(values) // OBJECTIVE_POINTS))
        kept = [v for k, v in enumerate(values) if k % every == 0 or k == len(values) - 1]
        found[run.run_id] = [[step, value] for step, value in kept]
    return to_json(found)


def _traces(reading: Reading, run: Run, wanted: Panels) -> dict[str, Trace]:
    found: dict[str, Trace] = {}
    for stream, is_system in ((Stream.HISTORY, False), (Stream.EVENTS, True)):
        keys = [key for key in wanted.keys if key.startswith(SYSTEM) is is_system]
        if keys:
            found |= reading.traces(
                run, stream, keys, wanted.x, wanted.points, wanted.low, wanted.high
            )
    return found


def packed(traces: dict[str, dict[str, Trace]], head: dict[str, Any]) -> bytes:
    """Curves as one answer: for each run and key [where its x begin, points, values in all]; its y
    follow its x. Places count numbers, not bytes."""
    parts: list[bytes] = []
    places: dict[str, dict[str, list[int]]] = {}
    at = 0
    for run_id, series in traces.items():
        places[run_id] = {}
        for key, trace in series.items():
            n = len(trace.x)
            places[run_id][key] = [at, n, trace.n]
            parts += [np.ascontiguousarray(x, "<f8").tobytes() for x in (trace.x, trace.y)]
            at += 2 * n
    header = orjson.dumps(head | {"runs": places})
    header += b" " * (-(len(header) + 4) % 8)
    return len(header).to_bytes(4, "little") + header + b"".join(parts)
