"""Requests that every client sends all the time, read and answered on the connection itself.

uvicorn makes an application's call of each request: scope, events, a task that receives and sends
messages, and around ours middleware and routes. A small POST whose whole body has come needs none
of that. `sweepd/wandb_api/express.py` says whether it can be answered so, before anything is done;
else it goes the way of all others. An answer is byte for byte the same either way, but for its date
(a test sends requests both ways).
"""

import asyncio
import re
import zlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, cast

from starlette.concurrency import run_in_threadpool
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from sweepd.domain import patience
from sweepd.domain.encoding import to_json
from sweepd.domain.users import Caller
from sweepd.wandb_api.express import MAX_BYTES, Answer
from sweepd.web.compression import GZIP, LEAST_BYTES, LEVEL, LONG_BYTES, is_taken

STOPPING = {"errors": [{"message": "the server is stopping; try again"}]}

_PLAIN = re.compile(rb"/(?:[^%?#]*/)?(?:graphql|file_stream)\Z", re.DOTALL)
_SIZE = re.compile(rb"[0-9]{1,8}\Z")
_HOST = re.compile(rb"[A-Za-z0-9.:\[\]_-]+\Z")
_OWN_WAY = frozenset(  # headers of which the routes make something
    (
        *(b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"),
        *(b"x-forwarded-for", b"x-forwarded-proto"),
    )
)


class Answering(Protocol):
    """What says whether a request can be answered so, and does."""

    def digest_of(self, headers: Mapping[bytes, bytes]) -> str:
        """Of the key it is sent with; empty without one."""
        ...

    def caller_of(self, digest: str) -> Caller | None:
        """Whose key it is; None for who was not known a moment ago: no body of theirs is kept."""
        ...

    def begin(
        self,
        path: str,
        caller: Caller,
        headers: Mapping[bytes, bytes],
        body: bytes,
        waits: patience.Patience,
        address: str,
    ) -> Coroutine[Any, Any, Answer] | None:
        """The work of answering; None, with nothing done, when it cannot be."""
        ...


class _Event:
    """Nobody waits for it."""

    def set(self) -> None:
        """Nothing happens."""


class _Sender:
    """What a client says with each of its requests: all headers but the body's length."""

    __slots__ = ("address", "digest", "headers", "takes_gzip")

    def __init__(self, headers: Mapping[bytes, bytes], scheme: str, digest: str) -> None:
        self.headers, self.digest = headers, digest
        self.address = f"{scheme}://{headers[b'host'].decode('ascii')}"
        self.takes_gzip = is_taken(headers.get(b"accept-encoding", b"").decode("latin-1"))


class _Cycle:
    """A request and its answer, as far as uvicorn's connection asks about them."""

    __slots__ = ("caller", "disconnected", "keep_alive", "parts", "response_complete", "sender")
    message_event = _Event()
    response_started = False  # an answer is written at once

    def __init__(self, sender: _Sender, caller: Caller) -> None:
        self.sender, self.caller = sender, caller
        self.parts: list[bytes] = []  # of the body: put together once, however many came
        self.keep_alive, self.disconnected, self.response_complete = True, False, False


class _Heads:
    """The headers that all answers have, as bytes: made anew each second, with the date."""

    def __init__(self) -> None:
        self._made: tuple[Any, bytes] = None, b""

    def of(self, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        if headers is not self._made[0]:
            text = b"".join(b"%s: %s\r\n" % header for header in headers)
            self._made = headers, text
        return self._made[1]


_heads = _Heads()


class ExpressProtocol(HttpToolsProtocol):
    """A connection that answers some requests by itself."""

    answering: Answering | None = None
    _coming: _Cycle | None = None  # whose body is not there yet
    _sender: _Sender | None = None  # of the request before

    def on_headers_complete(self) -> None:
        if (sender := self._plain_sender()) is not None and self.answering is not None:
            caller = self.answering.caller_of(sender.digest)
            if caller is not None:
                self._coming = _Cycle(sender, caller)
                self.cycle = cast(Any, self._coming)
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._coming is None:
            super().on_body(body)
        else:
            self._coming.parts.append(body)

    def on_message_complete(self) -> None:
        cycle, self._coming = self._coming, None
        if cycle is None or self.answering is None:
            super().on_message_complete()
            return
        work = self.answering.begin(
            self.url.decode("ascii"),
            cycle.caller,
            cycle.sender.headers,
            b"".join(cycle.parts),
            patience.of(cast(dict[str, Any], self.scope)),
            cycle.sender.address,
        )
        if work is None:
            self._as_all_others(cycle)
            return
        task = self.loop.create_task(self._finish(cycle, work))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _plain_sender(self) -> _Sender | None:
        """Of a request that may be answered here; None for any other."""
        before, parser = self.cycle, self.parser
        if (
            self.answering is None
            or _PLAIN.match(self.url) is None
            or (before is not None and not before.response_complete)
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or self.flow.write_paused
            or self.root_path
        ):
            return None
        headers = dict(self.headers)
        is_each_once = len(headers) == len(self.headers)
        size = headers.pop(b"content-length", b"")
        if not is_each_once or _SIZE.match(size) is None or int(size) > MAX_BYTES:
            return None
        sender = self._sender
        if sender is None or sender.headers != headers:
            if _HOST.match(headers.get(b"host", b"")) is None or not _OWN_WAY.isdisjoint(headers):
                return None
            digest = self.answering.digest_of(headers)
            sender = self._sender = _Sender(headers, self.scheme or "http", digest)
        return sender

    def _as_all_others(self, begun: _Cycle) -> None:
        """Give a request whose body has come to the application."""
        self.cycle = cast(Any, None)  # there is none before it
        super().on_headers_complete()
        self.cycle.keep_alive &= begun.keep_alive
        for part in begun.parts:
            super().on_body(part)
        super().on_message_complete()

    async def _finish(self, cycle: _Cycle, work: Coroutine[Any, Any, Answer]) -> None:
        try:
            status, headers, body = await work
            if status == 200 and len(body) >= LEAST_BYTES and cycle.sender.takes_gzip:
                headers.append((b"content-encoding", b"gzip"))
                long = len(body) > LONG_BYTES
                body = await run_in_threadpool(_packed, body) if long else _packed(body)
        except asyncio.CancelledError:
            status, headers, body = 503, [], to_json(STOPPING)
        except BaseException:
            self.transport.close()
            raise
        if self.flow.write_paused:
            await self.flow.drain()
        if cycle.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[status], _heads.of(self.server_state.default_headers)]
        for name, value in headers:
            parts += name, b": ", value, b"\r\n"
        parts.append(
            b"content-length: %d\r\ncontent-type: application/json\r\nvary: Accept-Encoding\r\n"
            % len(body)
        )
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += b"\r\n", body
        self.transport.write(b"".join(parts))
        cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def _packed(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return packer.compress(body) + packer.flush()
