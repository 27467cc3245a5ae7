"""Bytes in and out at signed addresses: `/-/blobs/{token}/{name}`.

The client sends no key here; the token in the address says what may be done with which file.
"""

from functools import partial
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sweepd.domain.byte_ranges import read_range
from sweepd.domain.encoding import clean
from sweepd.domain.errors import Forbidden
from sweepd.domain.media_types import served_as
from sweepd.domain.routing import ANY
from sweepd.services.all import Services
from sweepd.wandb_api import errors, wire
from sweepd.wandb_api.authentication import base_url, caller_of
from sweepd.wandb_api.claims import (
    Claim,
    GetBlob,
    PutArtifactFile,
    PutManifest,
    PutPart,
    PutRunFile,
)


async def put(request: Request) -> Response:
    """Store a file with constant memory."""
    try:
        claim: Claim = request.app.state.signer.read(request.path_params["token"])
        limit: int = request.app.state.settings.max_file_bytes
        services: Services = request.app.state.services
        uploads, body = services.artifacts.uploads, request.stream()
        match claim:
            case PutRunFile():
                mimetype = request.headers.get("content-type", "")
                await services.files.put_run_file(
                    claim.run_pk, claim.path, body, mimetype, limit, None
                )
            case PutArtifactFile():
                await uploads.put_file(claim.artifact_pk, claim.path, body, limit, claim.digest)
            case PutManifest():
                await uploads.manifests.put(claim.artifact_pk, body, claim.md5)
            case PutPart():
                etag = await uploads.large_files.put_part(
                    claim.upload, claim.number, body, limit, claim.md5
                )
                return Response(status_code=200, headers={"ETag": f'"{etag}"'})
            case _:
                raise Forbidden("this address is for downloading")
    except Exception as error:
        return errors.response(error)
    return Response(status_code=200)


async def preflight(request: Request) -> Response:
    """What a browser asks before it reads a file from a page; pages of ours are told yes."""
    origin = base_url(request)
    own = "/".join(origin.split("/")[:3])
    headers = {"Access-Control-Allow-Origin": own, "Access-Control-Allow-Methods": "GET, PUT"}
    return Response(status_code=204, headers=headers)


async def get(request: Request) -> Response:
    """Send a blob, or the part a `Range` header asks for."""
    try:
        claim: Claim = request.app.state.signer.read(request.path_params["token"])
        if not isinstance(claim, GetBlob):
            raise Forbidden("this address is for uploading")
        size_bytes = await request.app.state.services.files.blob_size(claim.blob)
        return _send(request, claim.blob, size_bytes, claim.mimetype)
    except Exception as error:
        return errors.response(error)


async def get_by_digest(request: Request) -> Response:
    """Send an artifact's file by its digest, for a client whose signed address did not work."""
    services: Services = request.app.state.services
    path = request.path_params
    try:
        caller = await caller_of(request)
        artifact, slash, _ = path["ids"].partition("/")
        if artifact and (slash or "project" not in path):
            pk = wire.read_node_id("Artifact", artifact)
            find = partial(services.artifacts.bytes.find_bytes, caller, path["digest"], pk)
        else:
            find = partial(
                services.artifacts.bytes.find_project_bytes,
                caller,
                path["digest"],
                path["entity"],
                path["project"],
            )
        blob = await run_in_threadpool(find)
        size_bytes = await services.files.blob_size(blob)
        return _send(request, blob, size_bytes, "application/octet-stream")
    except Exception as error:
        return errors.response(error)


def _send(request: Request, blob: str, size_bytes: int, mimetype: str) -> Response:
    direct = request.app.state.services.files.direct_address(blob)
    if direct is not None:
        return RedirectResponse(direct, 307, headers={"Cache-Control": "no-store"})
    name = request.path_params.get("name", "file")
    mimetype, is_shown = served_as(mimetype)
    disposition = "inline" if is_shown else "attachment"
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{blob}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "Content-Disposition": f"{disposition}; filename*=utf-8''{quote(clean(name))}",
        "Cache-Control": "private, max-age=86400",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    span = read_range(request.headers.get("range", ""), size_bytes)
    if span is not None:
        headers["Content-Range"] = span.content_range
        if span.is_empty:
            return Response(status_code=416, headers=headers)
    status = 200 if span is None else 206
    start, end = (0, size_bytes) if span is None else (span.start, span.end)
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=mimetype)
    body = request.app.state.services.files.stream(blob, start, end, size_bytes)
    return StreamingResponse(body, status, headers=headers, media_type=mimetype)


# `ids`: of the version whose upload brought the bytes; with the flag, after the version read.
_BY_DIGEST = (
    "/artifactsV2/{region}/{entity}/{project}/{collection}/"
    f"{{ids:{ANY}}}/{{digest}}/{{name:{ANY}}}"
)
# Of clients before 0.28, with both flags down.
_BY_DIGEST_OLD = "/artifactsV2/{region}/{entity}/{ids}/{digest}"
_BLOB = f"/-/blobs/{{token}}/{{name:{ANY}}}"

routes: list[BaseRoute] = [
    Route(_BY_DIGEST, get_by_digest, methods=["GET", "HEAD"]),
    Route(_BY_DIGEST_OLD, get_by_digest, methods=["GET", "HEAD"]),
    Route(_BLOB, put, methods=["PUT"]),
    Route(_BLOB, preflight, methods=["OPTIONS"]),
    Route(_BLOB, get, methods=["GET", "HEAD"]),
]
