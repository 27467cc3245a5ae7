"""Below a path of a proxy: `http://host/sweepd/graphql` is our `/graphql`.

Some proxies pass the path on and some cut it off, so both are answered.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class WithoutPrefix:
    """Takes the public address's path off every request that has it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope.get("path", "")
        if path == self._prefix or path.startswith(self._prefix + "/"):
            raw: bytes = scope.get("raw_path") or path.encode()
            scope = {
                **scope,
                "path": path[len(self._prefix) :] or "/",
                "raw_path": raw[len(self._prefix.encode()) :] or b"/",
            }
        await self._app(scope, receive, send)
