"""Our own static files, and the libraries that installed packages bring along."""

import functools
import hashlib
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from sweepd.web.root import origin_of

HERE = Path(__file__).parent


class Revalidated(StaticFiles):
    """Files that a browser asks about each time, so that an upgrade never mixes old and new."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As the base class, with the headers of ours."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


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
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": WEEK})


def _vega_bundle() -> tuple[bytes, str] | None:
    with _BUNDLING:  # whoever asks meanwhile waits for the one that is being made
        return _make_vega_bundle()


_BUNDLING = threading.Lock()


@functools.cache
def _make_vega_bundle() -> tuple[bytes, str] | None:
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
    return text, f'"{hashlib.blake2b(text, digest_size=8).hexdigest()}"'


async def vega(request: Request) -> Response:
    """GET /-/vendor/vega.js; only the sandboxed frame loads it."""
    bundle = await run_in_threadpool(_vega_bundle)
    if bundle is None:
        return Response("vl-convert-python is not installed", 404)
    headers = {"Cache-Control": WEEK, "ETag": bundle[1]}
    return Response(bundle[0], media_type="text/javascript", headers=headers)


async def vega_page(request: Request) -> Response:
    """GET /-/vega: an empty page in a sandbox that draws the spec it is sent."""
    headers = {"Content-Security-Policy": VEGA_POLICY.format(origin=origin_of(request))}
    return Response(VEGA_PAGE, media_type="text/html", headers=headers)
