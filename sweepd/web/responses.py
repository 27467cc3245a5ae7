"""How a handler becomes an endpoint: who asks, what may go wrong, which headers go out."""

import logging
from collections.abc import Awaitable, Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sweepd.domain import errors
from sweepd.domain.encoding import clean, to_json
from sweepd.domain.fields import Fields
from sweepd.domain.nesting import load
from sweepd.web.root import base_url, root
from sweepd.web.session import Visitor, check_csrf, visitor_of

log = logging.getLogger("sweepd.web")

HERE = Path(__file__).parent
MAX_BODY_BYTES = 4 << 20
STATUS: dict[type[errors.SweepdError], int] = {
    errors.BadInput: 400,
    errors.Unsupported: 400,
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline_style}; "
    "img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*"
)

Handler = Callable[[Request, Visitor], Response]
Action = Callable[[Request, Visitor, Fields], dict[str, Any]]
Endpoint = Callable[[Request], Awaitable[Response]]


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(HERE / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["segment"] = segment
    return environment


def segment(text: object) -> str:
    """One part of an address, with every character encoded that could end it."""
    return quote(clean(str(text)), safe="")


def address(*parts: object) -> str:
    """An address of parts, each encoded: `address("ann", "mnist")` is "/ann/mnist".

    Below a path of a proxy that path comes first; `address()` is that path alone.
    """
    return root() + "".join(f"/{segment(part)}" for part in parts)


def crumbs(*pairs: tuple[str, str | None]) -> list[dict[str, str | None]]:
    """The path shown at the head of a page; the last one is the page itself."""
    return [{"label": label, "href": href} for label, href in pairs]


def render(
    template: str,
    visitor: Visitor | None,
    status: int = 200,
    inline_style: bool = False,
    **context: Any,
) -> HTMLResponse:
    """A page. `inline_style` allows what Plotly needs; scripts are only ever our own files."""
    text = (
        _templates()
        .get_template(template)
        .render(
            viewer={"username": visitor.caller.name} if visitor else None,
            csrf=visitor.csrf if visitor else "",
            root=root(),
            **{"crumbs": [], "title": "sweepd"} | context,
        )
    )
    policy = POLICY.format(inline_style=" 'unsafe-inline'" if inline_style else "")
    return HTMLResponse(clean(text), status, headers=secure({"Content-Security-Policy": policy}))


def secure(headers: dict[str, str]) -> dict[str, str]:
    """Headers that every answer of a page carries."""
    return {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        **headers,
    }


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    """Any value as JSON."""
    return Response(
        to_json(value),
        status,
        media_type="application/json",
        headers=secure(headers),
    )


def status_of(error: Exception) -> int:
    """The HTTP status of an error; 500 for a bug, which is logged."""
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return status
    log.error("a page failed on our side", exc_info=error)
    return 500


def message_of(error: Exception, status: int) -> str:
    """What the reader is told."""
    return str(error) if status != 500 else "The server failed; its log has the details."


def page(handler: Handler) -> Endpoint:
    """An HTML page for signed-in people; others get the sign-in page with status 401."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        visitor: Visitor | None = None
        try:
            visitor = await run_in_threadpool(visitor_of, request)
            return await run_in_threadpool(handler, request, visitor)
        except errors.NotSignedIn as error:
            told = str(error) if request.cookies else ""
            return sign_in_page(request, told, 401)
        except Exception as error:
            status = status_of(error)
            return render(
                "error.html",
                visitor,
                status,
                title="Not found" if status == 404 else "Error",
                message=message_of(error, status),
                status_code=status,
            )

    return endpoint


def sign_in_page(request: Request, message: str, status: int) -> HTMLResponse:
    """The form that asks for a key, then leads back to the page that was wanted."""
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    if request.url.path == address("authorize"):
        # The client prints this address with `?ref=…` to whoever needs a key.
        target = address("-", "account") if "ref" in request.query_params else address("")
    return render(
        "sign_in.html",
        None,
        status,
        title="Sign in",
        message=message,
        target=target,
        origin=base_url(request),
    )


def data(handler: Handler) -> Endpoint:
    """An address that pages read; errors are JSON."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            visitor = await run_in_threadpool(visitor_of, request)
            return await run_in_threadpool(handler, request, visitor)
        except Exception as error:
            status = status_of(error)
            return json_response({"error": message_of(error, status)}, status)

    return endpoint


def action(handler: Action) -> Endpoint:
    """An address that pages post JSON to; the token proves that one of our pages did."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            visitor = await run_in_threadpool(visitor_of, request)
            check_csrf(request, visitor, request.headers.get("x-csrf-token", ""))
            body = await read_json_body(request)
            return json_response(await run_in_threadpool(handler, request, visitor, body))
        except Exception as error:
            status = status_of(error)
            return json_response({"error": message_of(error, status)}, status)

    return endpoint


async def read_body(request: Request) -> bytes:
    """What was posted.

    Raises:
        TooLarge: Beyond the limit.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise errors.TooLarge(f"a request may have {MAX_BODY_BYTES >> 20} MiB at most")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json_body(request: Request) -> Fields:
    """The JSON object posted.

    Raises:
        TooLarge, BadInput: Beyond the limit or too deep; not an object.
    """
    try:
        value = load(await read_body(request) or b"{}", "a request")
    except ValueError as error:
        raise errors.BadInput(f"the request is not JSON: {error}") from error
    return Fields(value)
