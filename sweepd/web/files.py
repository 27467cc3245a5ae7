"""Files of a run: the list, and their bytes, shown without any power over our pages."""

import mimetypes
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.byte_ranges import read_range
from sweepd.domain.errors import NotFound
from sweepd.domain.media_types import served_as
from sweepd.services.artifacts import references as artifact_references
from sweepd.web.responses import json_response, secure
from sweepd.web.runs import run_of
from sweepd.web.session import Visitor, services_of

# What a script uploads may be a page with scripts: it gets no origin, so it cannot act as us.
FILE_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
# A logged page in its frame runs its scripts, still without an origin, and speaks to nobody; what
# it has on other machines is fetched only once its reader says so.
FRAME_POLICY = (
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval'{more}; "
    "style-src 'unsafe-inline'{more}; img-src data: blob:{more}; media-src data: blob:{more}; "
    "font-src data:{more}; worker-src blob:; connect-src data: blob:{more}; frame-ancestors 'self'"
)


def listing(request: Request, visitor: Visitor) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/files"""
    services, run = run_of(request, visitor)
    files = [
        {"path": item.path, "size": item.size_bytes, "type": item.mimetype}
        for item in services.files.list_files(run)
    ]
    return json_response({"files": files})


def content(request: Request, visitor: Visitor) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/files/{path}; `?frame` shows a page in a frame."""
    services, run = run_of(request, visitor)
    path = request.path_params["path"]
    file = services.files.find_file(run, path)
    if file is None:
        raise NotFound(f"this run has no file {path[:200]!r}")
    return blob_response(request, file.blob, file.mimetype)


def artifact_content(request: Request, visitor: Visitor) -> Response:
    """GET /-/client-artifacts/{client_id}/{path}: a file of the version that a row names."""
    services, path = services_of(request), request.path_params
    entry = artifact_references.find_file(
        services.artifacts, visitor.caller, path["client_id"], path["path"]
    )
    kind = mimetypes.guess_type(entry.path)[0] or "application/octet-stream"
    return blob_response(request, entry.blob or "", kind)


def blob_response(request: Request, blob: str, mimetype: str) -> Response:
    """Bytes, or the range asked for; a download unless they are of a kind that is safe to show."""
    kind, is_shown = served_as(mimetype)
    size_bytes = services_of(request).files.size_of(blob)
    headers = {"Content-Security-Policy": FILE_POLICY, "Accept-Ranges": "bytes"}
    if mimetype == "text/html" and "frame" in request.query_params:
        kind, is_shown = mimetype, True
        more = " https: http:" if request.query_params["frame"] == "open" else ""
        headers["Content-Security-Policy"] = FRAME_POLICY.format(more=more)
    if not is_shown:
        headers["Content-Disposition"] = "attachment"
    span = read_range(request.headers.get("range", ""), size_bytes)
    if span is not None:
        headers["Content-Range"] = span.content_range
        if span.is_empty:
            return Response(status_code=416, headers=secure(headers))
    start, end = (0, size_bytes) if span is None else (span.start, span.end)
    headers["Content-Length"] = str(end - start)
    chunks: AsyncIterator[bytes] = services_of(request).files.stream(blob, start, end, size_bytes)
    return StreamingResponse(
        chunks,
        200 if span is None else 206,
        headers=secure(headers),
        media_type=kind,
    )
