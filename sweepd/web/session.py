"""Who looks at a page: a session's cookie, and the token that guards what it may change."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.authorization import read_key
from sweepd.domain.errors import Forbidden, NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.people.sessions import SESSION_LASTS_S
from sweepd.web.root import base_url, is_foreign, root

SALT = 16  # characters at the head of a token


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person.

    Attributes:
        csrf: The token their pages send with every change; no two pages have the same, so that the
            length of packed pages tells nobody, who makes a browser ask for many, what it is.
        session: The token of their session.
    """

    caller: Caller
    csrf: str
    session: str


def services_of(request: Request) -> Services:
    """The services of the server that got this request."""
    found: Services = request.app.state.services
    return found


def host_of(request: Request) -> str:
    """The address a request came from; a proxy on this machine says whose it is."""
    return request.client.host if request.client else ""


def cookie_name(secret: str) -> str:
    """Cookies know no ports: servers on one machine must not overwrite each other's."""
    return f"sweepd_{hashlib.sha256(secret.encode()).hexdigest()[:8]}"


def session_token(request: Request) -> str:
    """What the browser's cookie holds; empty when it sends none."""
    return request.cookies.get(cookie_name(request.app.state.session_secret), "")


def _csrf(secret: str, cookie: str, salt: str) -> str:
    told = f"csrf{salt}{cookie}".encode()
    return salt + hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()[:40]


def visitor_of(request: Request) -> Visitor:
    """Who sent the request.

    Raises:
        NotSignedIn: No cookie, or one of a session that has ended or never was.
    """
    cookie = session_token(request)
    if not cookie:
        raise NotSignedIn("sign in to see this page")
    caller = services_of(request).sessions.find(cookie)
    token = _csrf(request.app.state.session_secret, cookie, secrets.token_hex(SALT // 2))
    return Visitor(caller, token, cookie)


async def reader_of(request: Request) -> Visitor:
    """Who reads data that pages read: their session, or, without a cookie, their API key.

    Raises:
        NotSignedIn: Neither, or one that is nobody's.
        TooMany: Very many such keys came from this address.
    """
    header = request.headers.get("authorization")
    if header is None or session_token(request):
        return await run_in_threadpool(visitor_of, request)
    services, key = services_of(request), read_key(header)
    try:
        caller = await run_in_threadpool(services.users.sign_in, key)
    except NotSignedIn:
        await services.failed_sign_ins.hold_up(host_of(request))
        raise
    return Visitor(caller, "", "")


def check_csrf(request: Request, visitor: Visitor, token: str) -> None:
    """Refuse a change that did not come from one of our pages.

    Raises:
        Forbidden: The token is missing or wrong, or another site sent the request.
    """
    if is_foreign(request):
        raise Forbidden("this request came from another site; reload the page and try again")
    expected = _csrf(request.app.state.session_secret, visitor.session, token[:SALT])
    if not hmac.compare_digest(token.encode(), expected.encode()):
        raise Forbidden("this page is out of date; reload it and try again")


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Give the browser a session."""
    response.set_cookie(
        cookie_name(request.app.state.session_secret),
        token,
        max_age=int(SESSION_LASTS_S),
        httponly=True,
        samesite="lax",
        secure=base_url(request).startswith("https:"),
        path=root() or "/",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Let the browser forget its session, which has ended."""
    response.delete_cookie(cookie_name(request.app.state.session_secret), path=root() or "/")


def kept_days(request: Request) -> str:
    """How long what is deleted can be brought back: "30 days"."""
    days: float = request.app.state.settings.deleted_days
    return f"{days:g} day{'' if days == 1 else 's'}"
