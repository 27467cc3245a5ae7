"""The HTTP server: uvicorn, made to end quickly and to bear many and slow connections."""

import asyncio
import contextlib
import logging
import resource
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sweepd.domain.network import network_of
from sweepd.express import STOPPING, Answering, ExpressProtocol
from sweepd.taking import Taking

MAX_PIPELINED = 16  # requests sent before the answer to the first
MAX_UNREAD_BYTES = 1 << 20  # of a body whose request is answered already
KEEP_ALIVE_S = 75
GRACE_S = 5  # what requests may still take when the server is told to stop
MAX_OPEN_FILES = 65_536


@dataclass(frozen=True)
class Limits:
    """What a connection may cost; a stranger has nothing but connections."""

    header_bytes: int = 64 << 10
    n_headers: int = 100
    header_s: float = 60.0  # the headers have come by then, or the connection is closed
    connections_per_address: int = 4096  # 0: any number
    take_s: float = 120.0  # who takes nothing of an answer for so long is gone


class HttpServer(uvicorn.Server):
    """Tells the application as soon as it should stop, so that open event streams end at once."""

    def __init__(
        self, app: Starlette, limits: Limits | None = None, answering: Answering | None = None
    ) -> None:
        """`answering`: what answers some requests before the application is asked."""
        connection: Any = partial(_Protocol, _Connected(limits or Limits()), answering)
        super().__init__(
            uvicorn.Config(
                app,
                http=connection,
                log_config=None,  # one format for all lines: see logs.py
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
        logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._app.state.is_stopping = True
        super().handle_exit(sig, frame)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not so what any stranger can have written as often as they like."""
    text = str(record.msg)
    return not text.startswith(("Invalid HTTP request", "Unsupported upgrade", "No supported Web"))


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
                response = JSONResponse(STOPPING, 503)
                await response(scope, receive, send)


class _Refused(Exception):
    """Ends the reading of a request; what the client is told lies in the protocol."""


class _Connected:
    """The connections of a server: how many each address has now, and who takes nothing."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.taking = Taking(limits.take_s)
        self._n: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Let one more connection of an address in; False when it has all that it may have."""
        n = self._n.get(address, 0)
        if 0 < self.limits.connections_per_address <= n:
            return False
        self._n[address] = n + 1
        return True

    def leave(self, address: str) -> None:
        """A connection that was let in is gone."""
        self._n[address] -= 1
        if not self._n[address]:
            del self._n[address]


class _Protocol(ExpressProtocol):
    """One connection, which costs what its limits say before anybody knows whose it is.

    Bytes that bring a request no further (a header, a trailer, the end of a chunk's size that do
    not come) are counted as they arrive: the parser would gather them without end.
    """

    def __init__(
        self, connected: _Connected, answering: Answering | None, *given: Any, **named: Any
    ) -> None:
        super().__init__(*given, **named)
        self.answering, self.taking = answering, connected.taking
        self._connected, self._limits = connected, connected.limits
        self._address: str | None = None
        self._due: asyncio.TimerHandle | None = None
        self._is_head = self._has_moved = False
        self._n_head = self._n_loose = self._n_unread = 0
        self._refusal: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = network_of(self.client[0] if self.client else "")
        if not self._connected.enter(address):
            most = self._limits.connections_per_address
            self._refuse(503, f"an address may have {most} connections open; close some of them")
            return
        self._address = address
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        if self._address is not None:
            self._connected.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._has_moved = False
        super().data_received(data)
        self._n_loose = 0 if self._has_moved else self._n_loose + len(data)
        if self._n_loose > self._limits.header_bytes and not self.transport.is_closing():
            self._refuse(*self._too_large())
        if self._is_head and not self.transport.is_closing():
            self._wait()  # for the rest of its headers

    def send_400_response(self, msg: str) -> None:
        self._refuse(*(self._refusal or (400, msg)))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head = True
        self._n_head = self._n_unread = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_head:
            return  # a trailer: nobody here reads one
        if len(self.headers) >= self._limits.n_headers:
            self._stop(431, f"a request may have {self._limits.n_headers} headers")
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_head, self._has_moved = False, True
        self._came()
        if len(self.pipeline) >= MAX_PIPELINED:
            self._stop(429, "wait for answers before you send more requests")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_moved = True
        if self.cycle.response_complete:  # answered without it: who goes on is not listening
            self._n_unread += len(body)
            if self._n_unread > MAX_UNREAD_BYTES:
                self.transport.close()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._has_moved = True
        self._came()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_message and not self.transport.is_closing():
            self._wait()  # for the rest of a body that nobody reads

    def _count(self, n_bytes: int) -> None:
        self._n_head += n_bytes
        if self._n_head > self._limits.header_bytes:
            self._stop(*self._too_large())

    def _too_large(self) -> tuple[int, str]:
        return 431, f"the headers of a request may have {self._limits.header_bytes} bytes"

    def _stop(self, status: int, message: str) -> NoReturn:
        self._refusal = status, message
        raise _Refused

    def _refuse(self, status: int, message: str) -> None:
        """Answer and close; in the midst of an answer only close."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
                f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(message)}\r\n"
                "connection: close\r\n\r\n"
            )
            self.transport.write((head + message).encode("ascii", "replace"))
        self.transport.close()

    def _wait(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self._limits.header_s, self.transport.close)

    def _came(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


def allow_many_connections() -> int:
    """Raise this process's limit of open files, often 1024, as far as it may be; the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MAX_OPEN_FILES if soft == resource.RLIM_INFINITY else soft
