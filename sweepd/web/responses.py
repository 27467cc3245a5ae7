"""How a handler becomes an endpoint: who asks, what may go wrong, which headers go out."""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from sweepd.domain import errors, patience
from sweepd.domain.encoding import clean, to_json
from sweepd.domain.fields import Fields
from sweepd.domain.nesting import LONG, load
from sweepd.web.root import base_url, root
from sweepd.web.session import Visitor, check_csrf, reader_of, services_of, visitor_of

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
    "frame-ancestors 'self'"
)

T = TypeVar("T")
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


def told_of(error: Exception) -> tuple[int, str]:
    """The status of the response to an error, and what the reader is told; the last look at it."""
    status = status_of(error)
    errors.let_go(error)
    return status, str(error) if status != 500 else "The server failed; its log has the details."


async def worked_on(request: Request, visitor: Visitor, work: Callable[[], T]) -> T:
    """Do a visitor's work in a thread: within its time, and some of one visitor's at once."""
    async with services_of(request).shares.of(visitor.caller.name):
        waits = patience.of(request.scope)
        waits.user = visitor.caller.name
        waits.begin(request.app.state.settings.max_query_s)
        with patience.working_for(waits):
            return await run_in_threadpool(work)


def page(handler: Handler) -> Endpoint:
    """An HTML page for signed-in people; others get the sign-in page with status 401."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        visitor: Visitor | None = None
        try:
            visitor = await run_in_threadpool(visitor_of, request)
            work = partial(_at_its_name, handler, request, visitor)
            return await worked_on(request, visitor, work)
        except errors.NotSignedIn as error:
            told = str(error) if request.cookies else ""
            return sign_in_page(request, told, 401)
        except Exception as error:
            status, message = told_of(error)
            return render(
                "error.html",
                visitor,
                status,
                title="Not found" if status == 404 else "Error",
                message=message,
                status_code=status,
            )

    return endpoint


def _at_its_name(handler: Handler, request: Request, visitor: Visitor) -> Response:
    """A page; at an address by what its project was called once, the way to the one of today."""
    path = request.path_params
    entity, name = path.get("entity"), path.get("project")
    if entity in visitor.caller.entities and name is not None:
        found = services_of(request).projects.find(visitor.caller, entity, name)
        if found is not None and found.name != name:
            below = request.url.path.removeprefix(address())
            rest = [unquote(part) for part in below.split("/")[3:]]
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(address(entity, found.name, *rest) + query, 302)
    return handler(request, visitor)


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
            visitor = await reader_of(request)
            answer = await worked_on(request, visitor, partial(handler, request, visitor))
            return _unless_known(request, answer)
        except Exception as error:
            status, message = told_of(error)
            return json_response({"error": message}, status)

    return endpoint


def _unless_known(request: Request, answer: Response) -> Response:
    """An answer with a tag by which a browser asks again; 304 for one that has it already."""
    if answer.status_code != 200 or isinstance(answer, StreamingResponse):
        return answer
    if "etag" not in answer.headers:
        digest = hashlib.blake2b(bytes(answer.body), digest_size=12).hexdigest()
        answer.headers["ETag"] = f'"{digest}"'
    if answer.headers.get("cache-control") == "no-store":
        answer.headers["Cache-Control"] = "private, no-cache"
    if request.headers.get("if-none-match") != answer.headers["etag"]:
        return answer
    kept = ("etag", "cache-control", "vary", "x-content-type-options", "referrer-policy")
    return Response(status_code=304, headers={k: v for k, v in answer.headers.items() if k in kept})


def action(handler: Action) -> Endpoint:
    """An address that pages post JSON to; the token proves that one of our pages did."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            visitor = await run_in_threadpool(visitor_of, request)
            check_csrf(request, visitor, request.headers.get("x-csrf-token", ""))
            body = await read_json_body(request)
            work = partial(handler, request, visitor, body)
            return json_response(await worked_on(request, visitor, work))
        except Exception as error:
            status, message = told_of(error)
            return json_response({"error": message}, status)

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
    text = await read_body(request) or b"{}"
    try:
        if len(text) <= LONG:
            value = load(text, "a request")
        else:
            value = await run_in_threadpool(load, text, "a request")
    except ValueError as error:
        raise errors.BadInput(f"the request is not JSON: {error}") from error
    return Fields(value)
