"""Who looks at a page: a signed session cookie, and the token that guards what it may change."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import Forbidden, NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.web.root import base_url, is_foreign, root

LASTS_S = 30 * 24 * 3600  # how long a browser stays signed in


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person; `csrf` is the token their pages send with every change."""

    caller: Caller
    csrf: str


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


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="session")


def _csrf(secret: str, cookie: str) -> str:
    return hmac.new(secret.encode(), b"csrf" + cookie.encode(), hashlib.sha256).hexdigest()[:40]


def visitor_of(request: Request) -> Visitor:
    """Who sent the request.

    Raises:
        NotSignedIn: No cookie, an old or a forged one, or a user who is gone.
    """
    secret: str = request.app.state.session_secret
    cookie = request.cookies.get(cookie_name(secret), "")
    if not cookie:
        raise NotSignedIn("sign in to see this page")
    try:
        payload, made = _serializer(secret).loads(cookie, return_timestamp=True)
    except BadSignature as error:
        raise NotSignedIn("your session has ended; sign in again") from error
    # One from the future, by a clock that was set back since, is as good as a fresh one.
    if (datetime.now(UTC) - made).total_seconds() > LASTS_S:
        raise NotSignedIn("your session has ended; sign in again")
    caller = services_of(request).users.get_caller(str(payload["user"]))
    return Visitor(caller, _csrf(secret, cookie))


def check_csrf(request: Request, visitor: Visitor, token: str) -> None:
    """Refuse a change that did not come from one of our pages.

    Raises:
        Forbidden: The token is missing or wrong, or another site sent the request.
    """
    if is_foreign(request):
        raise Forbidden("this request came from another site; reload the page and try again")
    if not hmac.compare_digest(token.encode(), visitor.csrf.encode()):
        raise Forbidden("this page is out of date; reload it and try again")


def sign_in(request: Request, response: Response, caller: Caller) -> None:
    """Give the browser a session of this user."""
    secret: str = request.app.state.session_secret
    response.set_cookie(
        cookie_name(secret),
        _serializer(secret).dumps({"user": caller.name}),
        max_age=LASTS_S,
        httponly=True,
        samesite="lax",
        secure=base_url(request).startswith("https:"),
        path=root() or "/",
    )


def sign_out(request: Request, response: Response) -> None:
    """End the browser's session."""
    response.delete_cookie(cookie_name(request.app.state.session_secret), path=root() or "/")
