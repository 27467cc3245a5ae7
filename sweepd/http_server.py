"""The HTTP server: uvicorn, made to end quickly and to bear many and slow connections."""

import asyncio
import contextlib
import resource
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 60.0  # a request's headers have come by then, or the connection is closed
KEEP_ALIVE_S = 75
GRACE_S = 5  # what requests may still take when the server is told to stop
MAX_OPEN_FILES = 65_536


class HttpServer(uvicorn.Server):
    """Tells the application as soon as it should stop, so that open event streams end at once."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                log_level="warning",
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
                server_header=False,
                ws="none",
                forwarded_allow_ips=["127.0.0.1", "::1"],  # a proxy here says: http or https
            )
        )
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._app.state.is_stopping = True
        super().handle_exit(sig, frame)


class CutOff:
    """Requests that last beyond the grace are told to come again, without a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_started = False

        async def note(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not is_started:
                message = "the server is stopping; try again"
                answer = JSONResponse({"errors": [{"message": message}]}, 503)
                await answer(scope, receive, send)


class _Protocol(HttpToolsProtocol):
    """Closes connections whose request's headers do not come."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_headers()

    def on_headers_complete(self) -> None:
        self._headers_came()
        super().on_headers_complete()

    def _wait_for_headers(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(HEADERS_S, self.transport.close)

    def _headers_came(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


def allow_many_connections() -> None:
    """Raise this process's limit of open files, often 1024, as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
