"""The curves of many runs and keys in one answer, for the panels of a workspace.

An answer is a JSON header and numbers. It begins with the header's length as four bytes, little
endian; the header is padded so that the numbers begin at a multiple of eight; they are doubles,
little endian, and the header says where those of each curve lie.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput
from sweepd.domain.fields import Fields
from sweepd.domain.nesting import load
from sweepd.domain.patience import glancing
from sweepd.domain.runs import Run
from sweepd.later import np
from sweepd.services.all import Services
from sweepd.services.streams.reading import Stream
from sweepd.services.streams.traces import STEP, Trace
from sweepd.web.projects import project_of
from sweepd.web.responses import secure
from sweepd.web.session import Visitor

MAX_RUNS, MAX_KEYS = 1000, 100
MAX_POINTS = 4000  # of one curve
MAX_IN_ALL = 4_000_000  # runs by keys by points
SYSTEM = "system."


def show(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/curves?q={runs, keys, x, points, low, high, known}

    `known` says which state of which run the page has: those that are still so are left out.
    """
    services, project = project_of(request, visitor)
    wanted = _Wanted(request.query_params.get("q", ""))
    found = list(services.overviews.runs_named(project, wanted.runs))
    stamps = {run.run_id: _stamp(run) for run in found}
    tag = f'"{hashlib.blake2b(repr((project.pk, stamps)).encode(), digest_size=12).hexdigest()}"'
    headers = secure({"ETag": tag, "Cache-Control": "private, no-cache"})
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    fresh = [run for run in found if wanted.known.get(run.run_id) != stamps[run.run_id]]
    traces = {run.run_id: _traces(services, run, wanted) for run in glancing(fresh)}
    body = packed(traces, {"tags": stamps})
    return Response(body, media_type="application/octet-stream", headers=headers)


class _Wanted:
    """The question, checked."""

    def __init__(self, text: str) -> None:
        try:
            asked = Fields(load(text, "q"), "q")
        except ValueError as error:
            raise BadInput(f"q should be a JSON object: {error}; got {text[:80]!r}") from error
        self.runs = list(dict.fromkeys(asked.texts("runs", MAX_RUNS) or []))
        self.keys = list(dict.fromkeys(asked.texts("keys", MAX_KEYS) or []))
        self.x = asked.text("x", STEP)
        points = asked.whole("points", 2, MAX_POINTS)
        self.points = 500 if points is None else points
        self.low, self.high = asked.number("low"), asked.number("high")
        self.known = asked.object("known") or {}
        if (n := len(self.runs) * len(self.keys) * self.points) > MAX_IN_ALL:
            raise BadInput(
                f"runs by keys by points may be {MAX_IN_ALL:,}; got {n:,}: ask in several parts"
            )


def _stamp(run: Run) -> str:
    return f"{run.history_lines}.{run.events_lines}.{run.rewrites}"


def _traces(services: Services, run: Run, wanted: _Wanted) -> dict[str, Trace]:
    found: dict[str, Trace] = {}
    for stream, is_system in ((Stream.HISTORY, False), (Stream.EVENTS, True)):
        keys = [key for key in wanted.keys if key.startswith(SYSTEM) is is_system]
        if keys:
            found |= services.reading.traces(
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
