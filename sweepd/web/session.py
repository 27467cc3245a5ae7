"""Who looks at a page: a session's cookie, and the token that guards what it may change."""

import hashlib
import hmac
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import Forbidden, NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.people.sessions import SESSION_LASTS_S
from sweepd.web.root import base_url, is_foreign, root


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person.

    Attributes:
        csrf: The token their pages send with every change.
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


def _csrf(secret: str, cookie: str) -> str:
    return hmac.new(secret.encode(), b"csrf" + cookie.encode(), hashlib.sha256).hexdigest()[:40]


def visitor_of(request: Request) -> Visitor:
    """Who sent the request.

    Raises:
        NotSignedIn: No cookie, or one of a session that has ended or never was.
    """
    cookie = session_token(request)
    if not cookie:
        raise NotSignedIn("sign in to see this page")
    caller = services_of(request).sessions.find(cookie)
    return Visitor(caller, _csrf(request.app.state.session_secret, cookie), cookie)


def check_csrf(request: Request, visitor: Visitor, token: str) -> None:
    """Refuse a change that did not come from one of our pages.

    Raises:
        Forbidden: The token is missing or wrong, or another site sent the request.
    """
    if is_foreign(request):
        raise Forbidden("this request came from another site; reload the page and try again")
    if not hmac.compare_digest(token.encode(), visitor.csrf.encode()):
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
