"""Which other pages may show ours in a frame: notebooks at origins the operator names, no others.

A frame shows what its reader may see, and the page around it reads nothing of it: not the page,
not the session, not a key. The cookie stays SameSite=Lax, so a frame on another site has no
session; the form to sign in and the page of keys are in no frame at all. Where a frame may not show
its page it says so and leads to it, by a few words that hold nothing of anybody's, and may be
framed anywhere.
"""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sweepd.domain.errors import BadInput
from sweepd.web.responses import render
from sweepd.web.root import origin_of

SETTING = "SWEEPD_FRAME_ORIGINS"
_OWN = "frame-ancestors 'self'"
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:([0-9]{1,5}|\*))?\Z")
_NEVER = ("/authorize", "/-/account")
_FRAMES = ("iframe", "frame", "embed", "object")
_ASKED = ("jupyter", "true")  # in the address of every frame that the client draws
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
_PORTS = {"http": "80", "https": "443"}


def read_origins(text: str) -> tuple[str, ...]:
    """The setting's origins, parted by commas: `http://localhost:8888, https://*.lab.example`.

    Raises:
        BadInput: One is none.
    """
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in found:
        if not _ORIGIN.match(origin):
            raise BadInput(
                f"{SETTING} names origins such as http://localhost:8888 (the port may be *) or "
                f"https://*.lab.example; got {origin[:100]!r}"
            )
    return found


class Framed:
    """Lets pages at some origins show ours in a frame, and says in other frames where it is."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = origins
        self._allowed = " ".join((_OWN, *origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        is_never = scope["path"].endswith(_NEVER)
        is_replaced = False

        async def answer(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = headers.get("content-security-policy", "")
                if policy.endswith(_OWN):
                    why = self._obstacle(request, message["status"], is_never)
                    if why:
                        is_replaced = True
                        await _notice(request, message["status"], why)(scope, receive, send)
                    elif message["status"] != 401 and not is_never:
                        headers["content-security-policy"] = (
                            policy.removesuffix(_OWN) + self._allowed
                        )
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, answer)

    def _obstacle(self, request: Request, status: int, is_never: bool) -> str:
        """Why a frame does not show a page, as far as a request tells; empty for none."""
        around = _around(request)
        if around is None:
            return ""
        if is_never:
            return "Keys, and the form to sign in, are shown in no frame."
        if status == 401:
            return (
                "You are not signed in here, or the page around this frame is of another site than "
                "the server: a browser sends no session into such a frame."
            )
        if (around or not self._origins) and not any(_covers(o, around) for o in self._origins):
            named = around or "the address of the page around it"
            return (
                f"The page around this frame may not show it. Whoever runs the server allows that "
                f"by naming {named} in {SETTING}."
            )
        return ""


def _around(request: Request) -> str | None:
    """The origin of the page around a frame, empty when the browser does not say; None where there
    is no frame, or one of our own pages."""
    headers = request.headers
    kind = headers.get("sec-fetch-dest")  # said to servers with TLS, or on the same machine
    is_framed = kind in _FRAMES if kind else _ASKED in parse_qsl(request.url.query)
    if not is_framed or headers.get("sec-fetch-site") == "same-origin":
        return None
    try:
        parts = urlsplit(headers.get("referer", ""))
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return None if origin == origin_of(request) else origin


def _covers(named: str, origin: str) -> bool:
    """Whether a named origin is this one, as browsers judge it."""
    (scheme, host), (of_scheme, of_host) = named.split("://"), origin.split("://")
    (host, _, port), (of_host, _, of_port) = host.partition(":"), of_host.partition(":")
    if scheme != of_scheme and (scheme, of_scheme) != ("http", "https"):
        return False
    is_host = host == of_host or (host.startswith("*.") and of_host.endswith(host[1:]))
    usual = _PORTS.get(of_scheme, "")
    return is_host and (port == "*" or (port or usual) == (of_port or usual))


def _notice(request: Request, status: int, why: str) -> HTMLResponse:
    """A few words and the way to the page; nothing of anybody's, so anybody may frame it."""
    query = [pair for pair in parse_qsl(request.url.query) if pair != _ASKED]
    is_never = request.scope["path"].endswith(_NEVER)  # their addresses may hold what signs in
    target = request.url.path + (f"?{urlencode(query)}" if query and not is_never else "")
    page = render(
        "framed.html",
        None,
        403 if status == 200 else status,
        title="In a tab of its own",
        why=why,
        href=target,
        address=f"{origin_of(request)}{target}",
    )
    page.headers["content-security-policy"] = _POLICY
    return page
