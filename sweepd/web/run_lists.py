"""The runs that a page shows, as it reads them: all at first, then what changed since.

See `run_documents`; with `?as=runs` those of a sweep are a list whatever their number.

An answer's `at` names the state it shows. Asked for with `?since=` that, the next one has the runs
changed, the ids of those gone, and `n`, how many there are: who counts otherwise asks for all.
"""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.services.tables.fetching import Fetched
from sweepd.web import run_documents
from sweepd.web.projects import project_of
from sweepd.web.responses import secure
from sweepd.web.run_documents import Asked
from sweepd.web.session import Visitor
from sweepd.web.sweeps import sweep_of

SHORT = 1 << 20  # bytes of an answer that is sent in one piece


def of_project(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/runs: all runs, for the table."""
    services, project = project_of(request, visitor)
    asked = _asked(request)
    found = services.tables.write(project.pk, run_documents.of_project, project, asked)
    return _answer(asked, found)


def of_sweep(request: Request, visitor: Visitor) -> Response:
    """GET /-/sweeps/{entity}/{project}/{sweep}/points: what the parallel view draws."""
    services, sweep = sweep_of(request, visitor)
    asked = _asked(request)
    found = services.tables.write(sweep.project_pk, run_documents.of_sweep, sweep, asked)
    return _answer(asked, found)


def _asked(request: Request) -> Asked:
    given = request.query_params
    known = request.headers.get("if-none-match")
    return Asked(given.get("since", ""), known, given.get("as") == "runs")


def _answer(asked: Asked, found: Fetched) -> Response:
    """Megabytes are sent part by part, as they are taken."""
    headers = secure({"ETag": found.tag})
    if asked.tag == found.tag:
        return Response(status_code=304, headers=headers)
    kind = "application/json"
    if found.n_bytes <= SHORT:
        return Response(b"".join(found.parts), media_type=kind, headers=headers)
    headers["Content-Length"] = str(found.n_bytes)
    return StreamingResponse(found.parts, media_type=kind, headers=headers)
