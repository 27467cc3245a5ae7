"""Requests that every client sends all the time, read and answered on the connection itself.

uvicorn makes an application's call of each request: scope, events, a task that receives and sends
messages, and around ours middleware and routes. A small POST whose whole body has come needs none
of that. `sweepd/wandb_api/express.py` says whether it can be answered so, before anything is done;
else it goes the way of all others. An answer is byte for byte the same either way, but for its date
(a test sends requests both ways). Nor is a head parsed again that a client repeats
(`repeated_head.py`).
"""

import asyncio
import re
import zlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, cast

from starlette.concurrency import run_in_threadpool
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from sweepd.domain.encoding import to_json
from sweepd.domain.patience import Patience
from sweepd.domain.users import Caller
from sweepd.repeated_head import RepeatedHead
from sweepd.resting import RestingProtocol
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
        waits: Patience,
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


class ExpressProtocol(RestingProtocol):
    """A connection that answers some requests by itself."""

    answering: Answering | None = None
    _is_message = False  # one has begun and not ended
    _has_moved = False  # what came brought a request further
    _coming: _Cycle | None = None  # whose body is not there yet
    _sender: _Sender | None = None  # of the request before
    _head: RepeatedHead[tuple[str, _Sender]] | None = None  # of one, with its path
    _chunk: bytes | None = None  # what is being parsed, if a request began with it

    def data_received(self, data: bytes) -> None:
        if self._head is not None and not self._is_message:
            body = self._head.body_of(data)
            if body is not None and self._is_free() and self._begin(*self._head.came_to, body):
                self._has_moved = True
                return
        self._chunk = None if self._is_message else data
        super().data_received(data)
        self._chunk = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_message = True

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
        self._is_message = False
        cycle, self._coming = self._coming, None
        if cycle is None:
            super().on_message_complete()
            return
        path, body = self.url.decode("ascii"), b"".join(cycle.parts)
        if not self._work_on(path, cycle, body, self._open[-1]):
            self._as_all_others(cycle)
        elif self._chunk is not None:
            line = b"POST %s HTTP/1.1" % self.url
            self._head = RepeatedHead.read(self._chunk, line, body, (path, cycle.sender))

    def _is_free(self) -> bool:
        """Whether nothing is in the way of a request that has come."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self.flow.write_paused and not self.transport.is_closing()

    def _begin(self, path: str, sender: _Sender, body: bytes) -> bool:
        """Answer a request whose head is known; False, with nothing done, where it cannot be."""
        if self.answering is None or len(body) > MAX_BYTES:
            return False
        caller = self.answering.caller_of(sender.digest)
        if caller is None:
            return False
        cycle, waits = _Cycle(sender, caller), Patience()
        if not self._work_on(path, cycle, body, waits):
            return False
        self._open.append(waits)
        self.cycle = cast(Any, cycle)
        return True

    def _work_on(self, path: str, cycle: _Cycle, body: bytes, waits: Patience) -> bool:
        """Begin to answer; False, with nothing done, where the application has to."""
        sender = cycle.sender
        said = path, cycle.caller, sender.headers, body, waits, sender.address
        work = self.answering.begin(*said) if self.answering is not None else None
        if work is None:
            return False
        task = self.loop.create_task(self._finish(cycle, work))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        return True

    def _plain_sender(self) -> _Sender | None:
        """Of a request that may be answered here; None for any other."""
        parser = self.parser
        if (
            self.answering is None
            or _PLAIN.match(self.url) is None
            or not self._is_free()
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
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
