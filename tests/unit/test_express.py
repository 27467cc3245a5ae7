"""When a connection answers by itself, whatever pieces requests come in."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from sweepd.domain.patience import Patience
from sweepd.domain.users import Caller
from sweepd.http_server import Limits, _Connected, _Protocol
from sweepd.wandb_api.express import Answer

CALLER = Caller(1, "ann", "", False, {"ann": 1})


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Answers:
    """Answers every request at the next turn of the loop, with its number; counts them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.is_known = True

    def digest_of(self, _: Mapping[bytes, bytes]) -> str:
        return "d"

    def caller_of(self, _: str) -> Caller | None:
        return CALLER if self.is_known else None

    def begin(
        self, path: str, caller: Caller, headers: Any, body: bytes, waits: Patience, address: str
    ) -> Coroutine[Any, Any, Answer]:
        self.bodies.append(body)
        number = len(self.bodies)

        async def answer() -> Answer:
            await asyncio.sleep(0)
            return Answer(200, [], b"%d" % number)

        return answer()


class Connected:
    """A connection to a server whose application answers 404."""

    def __init__(self) -> None:
        async def app(_: Any, __: Any, send: Callable[[Any], Any]) -> None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        config = Config(app, ws="none", log_config=None)
        config.load()
        self.answers, self.wire = Answers(), Wire()
        loop = asyncio.get_running_loop()
        made: Any = _Protocol(
            _Connected(Limits()),
            self.answers,
            config=config,
            server_state=ServerState(),
            app_state={},
            _loop=loop,
        )
        self.protocol = made
        made.connection_made(self.wire)

    async def send(self, *pieces: bytes) -> list[bytes]:
        """What is answered to bytes that come so: the last line of each answer."""
        self.wire.written = b""
        for piece in pieces:
            self.protocol.data_received(piece)
        while self.protocol.tasks:
            await asyncio.sleep(0)
        return [part.rpartition(b"\r\n")[2] for part in self.wire.written.split(b"HTTP/1.1 ")[1:]]

    def end(self) -> None:
        """The client has gone."""
        if self.protocol.parser is not None:
            self.protocol.connection_lost(None)


def post(body: bytes) -> bytes:
    """A request that is answered by the connection."""
    return b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def connected(test: Callable[[Connected], Coroutine[Any, Any, None]]) -> None:
    """Run a test with a connection whose client has sent one request."""

    async def run() -> None:
        connection = Connected()
        assert await connection.send(post(b"{}")) == [b"1"]
        assert connection.protocol._chunk is None
        try:
            await test(connection)
        finally:
            connection.end()

    asyncio.run(run())


def test_a_body_that_looks_like_a_request_is_a_body() -> None:
    async def test(connection: Connected) -> None:
        inner = post(b"[]")
        head = post(inner)[: -len(inner)]
        assert await connection.send(head) == []
        assert await connection.send(inner) == [b"2"]
        assert connection.answers.bodies == [b"{}", inner]
        assert await connection.send(inner) == [b"3"]
        assert connection.answers.bodies[2:] == [b"[]"]

    connected(test)


def test_the_body_of_a_request_that_is_answered_already_is_no_request() -> None:
    async def test(connection: Connected) -> None:
        tail = b"POST /graphql HTTP/1.1\r\nA: b\r\n"
        for rest in (post(b"[]"), tail):
            connection.answers.is_known = False
            assert await connection.send(post(rest)[: -len(rest)]) == [b""]
            connection.answers.is_known = True
            if rest is tail:
                assert await connection.send(rest + post(b"7")) == [b"2"]
            else:
                assert await connection.send(rest) == []
        assert connection.answers.bodies == [b"{}", b"7"]
        [refused] = await connection.send(tail + post(b"7"))  # is no request
        assert refused != b"3" and connection.wire.is_closed

    connected(test)


@pytest.mark.parametrize("pieces", [(post(b"[]"), post(b"7")), (post(b"[]") + post(b"7"),)])
def test_a_request_waits_for_the_answer_to_the_one_before(pieces: tuple[bytes, ...]) -> None:
    async def test(connection: Connected) -> None:
        for piece in pieces:
            connection.protocol.data_received(piece)
        assert connection.answers.bodies == [b"{}", b"[]"]
        assert [answer[-1:] for answer in await connection.send()] == [b"2", b""]

    connected(test)


def test_nothing_is_begun_for_a_connection_that_cannot_be_written_to() -> None:
    async def test(connection: Connected) -> None:
        connection.protocol.pause_writing()
        connection.protocol.data_received(post(b"[]"))
        assert connection.answers.bodies == [b"{}"]
        connection.protocol.resume_writing()
        await connection.send()

    connected(test)


def test_who_is_not_known_any_more_is_asked_for_by_the_application() -> None:
    async def test(connection: Connected) -> None:
        connection.answers.is_known = False
        assert await connection.send(post(b"[]")) == [b""]
        assert connection.wire.written.startswith(b"HTTP/1.1 404 ")
        assert connection.answers.bodies == [b"{}"]

    connected(test)


def test_who_leaves_is_not_worked_for() -> None:
    async def test(connection: Connected) -> None:
        connection.protocol.data_received(post(b"[]"))
        [request] = connection.protocol._open
        assert request.end is None
        connection.end()
        assert request.end == "nobody waits for the answer"
        await connection.send()
        assert connection.wire.written == b""

    connected(test)


def test_a_connection_is_closed_once_it_rested_for_long_enough() -> None:
    async def test(connection: Connected) -> None:
        protocol, now = connection.protocol, asyncio.get_running_loop().time()
        rest_s = protocol.timeout_keep_alive
        timer = protocol.timeout_keep_alive_task
        assert now + rest_s - 1 < timer.when() < now + rest_s + 1
        protocol.data_received(post(b"[]"))
        protocol.timeout_keep_alive_handler()  # the time is over while it is worked for
        assert not connection.wire.is_closed and protocol.timeout_keep_alive_task is None
        await connection.send()
        timer = protocol.timeout_keep_alive_task
        await connection.send(post(b"7"))
        assert protocol.timeout_keep_alive_task is timer and not timer.cancelled()
        protocol._rests_since -= rest_s - 5
        protocol.timeout_keep_alive_handler()
        now = asyncio.get_running_loop().time()
        assert not connection.wire.is_closed
        assert now < protocol.timeout_keep_alive_task.when() < now + 6
        protocol._rests_since -= 5
        protocol.timeout_keep_alive_handler()
        assert connection.wire.is_closed

    connected(test)


def test_nothing_waits_for_a_connection_that_is_gone() -> None:
    async def test(connection: Connected) -> None:
        timer = connection.protocol.timeout_keep_alive_task
        connection.protocol.connection_lost(OSError())
        assert timer.cancelled()

    connected(test)


def test_requests_are_counted() -> None:
    async def test(connection: Connected) -> None:
        await connection.send(post(b"[]"), post(b"7"))
        connection.answers.is_known = False
        await connection.send(post(b"[]"))
        assert connection.protocol.server_state.total_requests == 4

    connected(test)
