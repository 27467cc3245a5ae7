"""Who takes nothing of an answer is gone, whatever way it is answered; who is slow goes on."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.config import Config
from uvicorn.server import ServerState

from sweepd import taking
from sweepd.domain.patience import Patience
from sweepd.domain.users import Caller
from sweepd.http_server import Limits, _Connected, _Protocol
from sweepd.taking import LOOKS
from sweepd.wandb_api.express import Answer
from tests.conftest import wait_until

TAKE_S = 80.0
LONG = b"x" * 300_000
HIGH = 65_536  # bytes that wait before asyncio and uvloop say so


class Reader(asyncio.Transport):
    """A transport whose peer takes what it is told to; nothing goes out otherwise."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop, self.written, self.n_taken = loop, b"", 0
        self.protocol: Any = None
        self.high, self.is_paused, self.is_closed, self.is_lost = HIGH, False, False, False

    def get_write_buffer_size(self) -> int:
        return len(self.written) - self.n_taken

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert low is None
        self.high = HIGH if high is None else high
        self._tell()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_lost:
            self.written += bytes(data)
            self._tell()

    def take(self, n_bytes: int) -> None:
        self.n_taken = min(len(self.written), self.n_taken + n_bytes)
        self._tell()
        if self.is_closed and not self.get_write_buffer_size():
            self.abort()

    def _tell(self) -> None:
        left = self.get_write_buffer_size()
        if not self.is_paused and left > self.high:
            self.is_paused = True
            self.protocol.pause_writing()
        elif self.is_paused and left <= self.high // 4:
            self.is_paused = False
            self.protocol.resume_writing()

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True
        self.take(0)

    def abort(self) -> None:
        self.is_closed = True
        if not self.is_lost:
            self.is_lost = True
            self.loop.call_soon(self.protocol.connection_lost, None)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Clocked(asyncio.SelectorEventLoop):
    """A loop whose time a test sets."""

    now = 1000.0

    def time(self) -> float:
        return self.now


class Express:
    """Answers what is meant for it on the connection, at length."""

    def digest_of(self, _: Any) -> str:
        return "d"

    def caller_of(self, _: str) -> Caller | None:
        return Caller(1, "ann", "", False, {"ann": 1})

    def begin(
        self, path: str, caller: Caller, headers: Any, body: bytes, waits: Patience, address: str
    ) -> Coroutine[Any, Any, Answer] | None:
        async def answer() -> Answer:
            return Answer(200, [], LONG)

        return answer()


async def _events() -> AsyncIterator[bytes]:
    while True:
        yield b"data: x\n\n" * 1000
        await asyncio.sleep(0)


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield LONG


def _parts() -> Iterator[bytes]:
    yield from itertools.repeat(LONG, 20)


async def _whole(_: Request) -> Response:
    return Response(LONG)


async def _short(_: Request) -> Response:
    return Response(b"y" * 3000)


def _streamed(make: Callable[[], Any]) -> Any:
    async def answer(_: Request) -> Response:
        return StreamingResponse(make())

    return answer


def _get(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


EXPRESS = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
WAYS = {
    "on the connection": EXPRESS,
    "on the connection, several at once": EXPRESS * 3,
    "whole": _get("/whole"),
    "short, and closed": _get("/short", "Connection: close\r\n"),
    "a file": _get("/file"),
    "streamed": _get("/chunks"),
    "streamed from threads": _get("/parts"),
    "a stream without end": _get("/events"),
    "a stream without end, and others behind it": _get("/events") + _get("/whole") * 2,
    "on the connection, and a file behind it": EXPRESS + _get("/file"),
}
ENDLESS = [way for way in WAYS if "without end" in way]


class Connected:
    """A connection to a server that answers in all ways."""

    def __init__(self, loop: Clocked, folder: Path) -> None:
        (folder / "file").write_bytes(LONG * 20)

        async def file(_: Request) -> Response:
            return FileResponse(folder / "file")

        ways = {"whole": _whole, "short": _short, "file": file, "chunks": _streamed(_chunks)}
        ways |= {"parts": _streamed(_parts), "events": _streamed(_events)}
        app = Starlette(routes=[Route(f"/{name}", answer) for name, answer in ways.items()])
        config = Config(app, ws="none", log_config=None)
        config.load()
        self.loop, self.state, self.wire = loop, ServerState(), Reader(loop)
        self.connected = _Connected(Limits(take_s=TAKE_S, header_s=1e9))
        made: Any = _Protocol(
            self.connected, Express(), config=config, server_state=self.state, app_state={}
        )
        made.timeout_keep_alive = 1e9
        self.wire.protocol = made
        made.connection_made(self.wire)
        self.protocol = made

    async def settle(self) -> None:
        """Until nothing is written any more, or the work is done."""
        n_quiet, n_written = 0, -1
        while n_quiet < 50 and self.state.tasks:
            await asyncio.sleep(0)
            n_quiet = n_quiet + 1 if n_written == len(self.wire.written) else 0
            n_written = len(self.wire.written)
        await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        """Time, in steps as the connections are looked at."""
        end = self.loop.now + seconds
        while self.loop.now < end:
            self.loop.now = min(end, self.loop.now + TAKE_S / LOOKS)
            for _ in range(3):
                await asyncio.sleep(0)


async def _at_once(work: Callable[..., Any], *given: Any, **_: Any) -> Any:
    """What a thread would do some time: no test waits for one whose turn has not come."""
    await asyncio.sleep(0)
    return work(*given)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[Connected], Any]], None]]:
    loop = Clocked()
    asyncio.set_event_loop(loop)
    monkeypatch.setattr("anyio.to_thread.run_sync", _at_once)

    def made(test: Callable[[Connected], Any]) -> None:
        async def act() -> None:
            await test(Connected(loop, tmp_path))

        loop.run_until_complete(act())

    yield made
    loop.close()
    asyncio.set_event_loop(None)


Run = Callable[[Callable[[Connected], Any]], None]


@pytest.mark.parametrize("way", WAYS)
def test_who_takes_nothing_is_gone_with_all_that_works_for_it(run: Run, way: str) -> None:
    async def test(connection: Connected) -> None:
        connection.protocol.data_received(WAYS[way])
        await connection.settle()
        connection.wire.take(1000)
        await connection.passes(TAKE_S)
        assert not connection.wire.is_lost
        await connection.passes(2 * TAKE_S / LOOKS)
        assert connection.wire.is_lost
        await connection.settle()
        assert not connection.state.tasks and not connection.state.connections
        assert connection.connected.taking._timer is None

    run(test)


@pytest.mark.parametrize("way", WAYS)
def test_who_is_slow_goes_on(run: Run, way: str) -> None:
    async def test(connection: Connected) -> None:
        connection.protocol.data_received(WAYS[way])
        await connection.settle()
        wire, n = connection.wire, 0
        while connection.state.tasks or (wire.get_write_buffer_size() and not wire.is_lost):
            wire.take(1 if n % 2 else 100_000)
            await connection.settle()
            await connection.passes(TAKE_S * 0.9)
            n += 1
            assert not wire.is_lost or not wire.get_write_buffer_size()
            if way in ENDLESS and n > 30:
                wire.abort()
                await connection.settle()
        assert n > (0 if "short" in way else 3)
        assert wire.n_taken == len(wire.written) or way in ENDLESS

    run(test)


def test_what_waits_grows_no_more_while_nothing_is_taken(run: Run) -> None:
    async def test(connection: Connected) -> None:
        connection.protocol.data_received(_get("/short"))
        await connection.settle()
        await connection.passes(TAKE_S / LOOKS)
        before = connection.wire.get_write_buffer_size()
        connection.protocol.data_received(_get("/short"))
        await connection.settle()
        assert connection.wire.get_write_buffer_size() == before > 0
        while connection.state.tasks:
            connection.wire.take(10_000)
            await connection.settle()
        assert connection.wire.written.count(b"HTTP/1.1 200") == 2
        connection.wire.take(10_000)
        await connection.passes(2 * TAKE_S)
        assert not connection.wire.is_closed and connection.wire.high == HIGH

    run(test)


def test_what_leaves_the_kernel_alone_is_taken_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(connection: Connected) -> None:
        held = [1_000_000]
        monkeypatch.setattr(taking, "in_kernel", lambda _: held[0])
        connection.protocol.data_received(WAYS["a file"])
        await connection.settle()
        for _ in range(5):
            held[0] -= 1
            await connection.passes(TAKE_S * 0.9)
            assert not connection.wire.is_lost
        await connection.passes(TAKE_S * 1.5)
        assert connection.wire.is_lost

    run(test)


def test_a_kernel_tells_what_it_holds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = socket.create_connection(listener.getsockname())
        writer, _ = listener.accept()
    assert taking.in_kernel(asyncio.Transport()) == 0
    wire = asyncio.Transport({"socket": writer})
    with reader, writer:
        writer.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                writer.send(LONG)
        before = taking.in_kernel(wire)
        assert before > 0

        def is_less() -> bool:
            reader.recv(1 << 20)
            return taking.in_kernel(wire) < before

        wait_until(is_less, 60, lambda: f"{before} bytes stay")
    assert taking.in_kernel(wire) == 0


def test_who_asks_for_nothing_is_not_who_takes_nothing(run: Run) -> None:
    async def test(connection: Connected) -> None:
        await connection.passes(5 * TAKE_S)
        assert not connection.wire.is_closed

    run(test)
