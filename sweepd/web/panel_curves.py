"""The curves of many runs and keys in one answer, for the panels of a workspace."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput
from sweepd.domain.fields import Fields
from sweepd.domain.nesting import load
from sweepd.domain.runs import Run
from sweepd.services.streams.traces import STEP
from sweepd.web import curve_documents
from sweepd.web.curve_documents import Panels
from sweepd.web.projects import project_of
from sweepd.web.responses import secure
from sweepd.web.session import Visitor

MAX_RUNS, MAX_KEYS = 1000, 100
MAX_POINTS = 4000  # of one curve
MAX_IN_ALL = 4_000_000  # runs by keys by points


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
    n_lines = sum(run.history_lines + run.events_lines for run in fresh)
    write = curve_documents.of_panels
    body = services.reading.write(project.pk, n_lines, write, fresh, wanted.panels, stamps)
    return Response(body, media_type="application/octet-stream", headers=headers)


class _Wanted:
    """The question, checked."""

    def __init__(self, text: str) -> None:
        try:
            asked = Fields(load(text, "q"), "q")
        except ValueError as error:
            raise BadInput(f"q should be a JSON object: {error}; got {text[:80]!r}") from error
        self.runs = list(dict.fromkeys(asked.texts("runs", MAX_RUNS) or []))
        keys = list(dict.fromkeys(asked.texts("keys", MAX_KEYS) or []))
        points = asked.whole("points", 2, MAX_POINTS)
        self.panels = Panels(
            keys,
            asked.text("x", STEP),
            500 if points is None else points,
            asked.number("low"),
            asked.number("high"),
        )
        self.known = asked.object("known") or {}
        if (n := len(self.runs) * len(keys) * self.panels.points) > MAX_IN_ALL:
            raise BadInput(
                f"runs by keys by points may be {MAX_IN_ALL:,}; got {n:,}: ask in several parts"
            )


def _stamp(run: Run) -> str:
    return f"{run.history_lines}.{run.events_lines}.{run.rewrites}"
