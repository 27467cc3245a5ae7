"""Pages that show a notebook's output: Jupyter's, and an editor's with a webview like VS Code.

Both serve whatever HTML a kernel gave, put into the page by a script as renderers do. They note
what browsers tell their server, which must be nothing of ours.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.conftest import wait_until

# What VS Code's webview allows what it shows: no popups, whatever is framed within.
WEBVIEW = "allow-scripts allow-same-origin allow-forms allow-pointer-lock allow-downloads"
OPAQUE = "allow-scripts allow-popups allow-popups-to-escape-sandbox"  # an origin like no other
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "frame-src http: https: data:"
)
PAGE = """<!doctype html><title>{title}</title><div id="output"></div>
<script>document.getElementById("output").innerHTML = {html}</script>"""
EDITOR = """<!doctype html><title>editor</title>
<iframe id="webview" sandbox="{sandbox}" src="{src}" width="1200" height="700"></iframe>"""


@dataclass
class Renderers:
    """A server of such pages.

    Attributes:
        address: Where it is, by an IP address.
        html: What the kernel gave.
        asked: Each request it got, with its cookies.
    """

    address: str = ""
    html: str = ""
    asked: list[str] = field(default_factory=list)

    def jupyter(self, request: Request) -> Response:
        """A notebook's page; outputs stand in it."""
        self._note(request)
        return HTMLResponse(PAGE.format(title="notebook", html=_script_text(self.html)))

    def editor(self, request: Request) -> Response:
        """An editor's page; outputs stand in a webview: `?sandbox=…&webview=ADDRESS`."""
        self._note(request)
        given = request.query_params
        return HTMLResponse(EDITOR.format(sandbox=given["sandbox"], src=given["webview"]))

    def webview(self, request: Request) -> Response:
        """What stands in the webview."""
        self._note(request)
        html = PAGE.format(title="webview", html=_script_text(self.html))
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    def _note(self, request: Request) -> None:
        self.asked.append(f"{request.url} {request.headers.get('cookie', '')}")


def _script_text(html: str) -> str:
    return json.dumps(html).replace("<", "\\u003c")


@contextmanager
def serving() -> Iterator[Renderers]:
    """Such a server on a free port."""
    found = Renderers()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    routes = [
        Route("/editor", found.editor),
        Route("/webview", found.webview),
        Route("/{path:path}", found.jupyter),
    ]
    served = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=served.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: served.started, 60, lambda: "the renderers' server did not start")
    found.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield found
    served.should_exit = True
    thread.join(10)
    listener.close()
