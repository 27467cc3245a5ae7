"""Files of a run: the list, and their bytes, shown without any power over our pages."""

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.errors import NotFound
from sweepd.web.answering import json_answer, secure
from sweepd.web.runs import run_of
from sweepd.web.session import Visitor, services_of

# What a script uploads may be a page with scripts: it gets no origin, so it cannot act as us.
FILE_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
SHOWN = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "application/json",
})  # fmt: skip
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})\Z")


def listing(request: Request, visitor: Visitor) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/files"""
    services, run = run_of(request, visitor)
    files = [
        {"path": item.path, "size": item.size_bytes, "type": item.mimetype}
        for item in services.files.list_files(run)
    ]
    return json_answer({"files": files})


def content(request: Request, visitor: Visitor) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/files/{path}"""
    services, run = run_of(request, visitor)
    path = request.path_params["path"]
    file = services.files.find_file(run, path)
    if file is None:
        raise NotFound(f"this run has no file {path[:200]!r}")
    return blob_answer(request, file.blob, file.size_bytes, file.mimetype)


def blob_answer(request: Request, blob: str, size_bytes: int, mimetype: str) -> Response:
    """Bytes, or the range asked for; a download unless they are of a kind that is safe to show."""
    is_shown = mimetype in SHOWN
    headers = {"Content-Security-Policy": FILE_POLICY, "Accept-Ranges": "bytes"}
    if not is_shown:
        headers["Content-Disposition"] = "attachment"
    start, end = 0, size_bytes
    wanted = _RANGE.match(request.headers.get("range", ""))
    if wanted and int(wanted[1]) < size_bytes:
        start = int(wanted[1])
        end = min(size_bytes, int(wanted[2]) + 1) if wanted[2] else size_bytes
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size_bytes}"
    headers["Content-Length"] = str(max(0, end - start))
    chunks: AsyncIterator[bytes] = services_of(request).files.stream(blob, start, end, size_bytes)
    return StreamingResponse(
        chunks, 206 if "Content-Range" in headers else 200, headers=secure(headers),
        media_type=mimetype if is_shown else "application/octet-stream",
    )  # fmt: skip
