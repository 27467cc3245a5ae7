"""Where people reach the pages: at the root of an address, or below a path of a proxy's."""

from contextvars import ContextVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

# The path before every address of ours, "/sweepd" or "", of the request that is being answered.
_root: ContextVar[str] = ContextVar("root", default="")


class Rooted:
    """Tells whoever writes an address which path stands before it, so that no page need pass it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        _root.set(scope.get("root_path", ""))
        await self._app(scope, receive, send)


def root() -> str:
    """The path before every address of ours; "" for none."""
    return _root.get()


def base_url(request: Request) -> str:
    """The address people reach us by, without a slash at the end."""
    configured: str = request.app.state.settings.public_url
    return (configured or str(request.base_url)).rstrip("/")


def origin_of(request: Request) -> str:
    """Scheme, host and port of that address."""
    parts = urlsplit(base_url(request))
    return f"{parts.scheme}://{parts.netloc}"


def is_foreign(request: Request) -> bool:
    """Whether a page of another site sent this request; browsers say so by themselves.

    A proxy may put a name of its own into `Host`; the public address then says which is ours.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return False
    own = {request.headers.get("host"), urlsplit(base_url(request)).netloc}
    return urlsplit(origin).netloc not in own
