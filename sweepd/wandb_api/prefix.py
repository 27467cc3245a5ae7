"""Below a path of a proxy: `http://host/sweepd/graphql` is our `/graphql`.

Some proxies pass the path on and some cut it off, so both are answered.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPath:
    """Makes every request one below the public address's path, as ASGI has it in `root_path`."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str | None = scope.get("path")
        if path is not None:
            kept = path == self._prefix or path.startswith(self._prefix + "/")
            rest = (path[len(self._prefix) :] or "/") if kept else path
            scope = {**scope, "path": self._prefix + rest, "root_path": self._prefix}
        await self._app(scope, receive, send)
