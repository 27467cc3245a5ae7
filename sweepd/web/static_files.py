"""Our own static files, and the libraries that installed packages bring along."""

import functools
import gzip
import hashlib
import importlib.util
import mimetypes
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from sweepd.web.compression import is_text, takes_gzip
from sweepd.web.root import origin_of

HERE = Path(__file__).parent


class _Packed(NamedTuple):
    body: bytes
    tag: str


@functools.lru_cache(maxsize=1000)
def _packed(path: str, mtime_ns: int, size: int) -> _Packed | None:
    """A file packed as small as gzip can, once for each state of it; None when it is no text."""
    if not is_text(kind_of(path)):
        return None
    body = gzip.compress(Path(path).read_bytes(), 9, mtime=0)
    return _Packed(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}-gz"')


def kind_of(path: str) -> str:
    """The media type of a file of ours, by its name."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def prepare() -> int:
    """Pack our own files ahead of the first request; how many there are."""
    found = [path for path in (HERE / "static").rglob("*") if path.is_file()]
    for path in found:
        _state(str(path), path.stat())
    return len(found)


def _state(path: str, stat: os.stat_result) -> _Packed | None:
    return _packed(path, stat.st_mtime_ns, stat.st_size)


class Revalidated(StaticFiles):
    """Files that a browser asks about each time, so that an upgrade never mixes old and new.

    Who reads gzip gets them packed; that was done before, not for the request.
    """

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As the base class, with the headers of ours."""
        asked = Headers(scope=scope)
        headers = {
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        packed = _state(str(full_path), stat_result) if takes_gzip(asked) else None
        if packed is not None and scope["method"] == "GET":
            return _of_packed(packed, asked, kind_of(str(full_path)), headers, status_code)
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(headers)
        return response


def _of_packed(
    packed: _Packed, asked: Headers, kind: str, headers: dict[str, str], status: int = 200
) -> Response:
    headers = headers | {"ETag": packed.tag}
    if packed.tag in (tag.strip() for tag in asked.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(packed.body, status, headers=headers, media_type=kind)


static = Revalidated(directory=HERE / "static")
WEEK = "public, max-age=604800"
# Vega makes functions from text, so it gets a page of its own: no origin, no cookies, no network.
VEGA_POLICY = (
    "default-src 'none'; script-src 'unsafe-eval' {origin}; style-src 'unsafe-inline'; "
    "img-src data: blob:; sandbox allow-scripts"
)
VEGA_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chart</title>
<script src="vendor/vega.js"></script><script src="static/vega_frame.js"></script></head>
<body><div id="chart"></div></body></html>"""


async def plotly(request: Request) -> Response:
    """GET /-/vendor/plotly.min.js, from the installed plotly package."""
    found = importlib.util.find_spec("plotly")
    if found is None or found.origin is None:
        return Response("plotly is not installed", 404)
    path = Path(found.origin).parent / "package_data" / "plotly.min.js"
    packed = None
    if takes_gzip(request.headers):
        packed = await run_in_threadpool(_state, str(path), path.stat())
    headers = {"Cache-Control": WEEK, "Vary": "Accept-Encoding"}
    if packed is None:
        return FileResponse(path, media_type="text/javascript", headers=headers)
    return _of_packed(packed, request.headers, "text/javascript", headers)


class _Bundle(NamedTuple):
    text: bytes
    tag: str
    packed: _Packed


def _vega_bundle() -> _Bundle | None:
    with _BUNDLING:  # whoever asks meanwhile waits for the one that is being made
        return _make_vega_bundle()


_BUNDLING = threading.Lock()


@functools.cache
def _make_vega_bundle() -> _Bundle | None:
    """Vega, Vega-Lite and vega-embed in one script, made once by vl-convert when installed.

    In a process of its own: for the seconds it takes, nothing else would be answered here.
    """
    if importlib.util.find_spec("vl_convert") is None:
        return None
    names = "window.vegaEmbed = vegaEmbed; window.vega = vega;"
    program = f"import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle({names!r}))"
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, env=environment
    )
    text = done.stdout
    tag = hashlib.blake2b(text, digest_size=8).hexdigest()
    return _Bundle(text, f'"{tag}"', _Packed(gzip.compress(text, 6, mtime=0), f'"{tag}-gz"'))


async def vega(request: Request) -> Response:
    """GET /-/vendor/vega.js; only the sandboxed frame loads it."""
    bundle = await run_in_threadpool(_vega_bundle)
    if bundle is None:
        return Response("vl-convert-python is not installed", 404)
    headers = {"Cache-Control": WEEK, "Vary": "Accept-Encoding"}
    if takes_gzip(request.headers):
        return _of_packed(bundle.packed, request.headers, "text/javascript", headers)
    headers["ETag"] = bundle.tag
    if request.headers.get("if-none-match") == bundle.tag:
        return Response(status_code=304, headers=headers)
    return Response(bundle.text, media_type="text/javascript", headers=headers)


async def vega_page(request: Request) -> Response:
    """GET /-/vega: an empty page in a sandbox that draws the spec it is sent."""
    headers = {"Content-Security-Policy": VEGA_POLICY.format(origin=origin_of(request))}
    return Response(VEGA_PAGE, media_type="text/html", headers=headers)
