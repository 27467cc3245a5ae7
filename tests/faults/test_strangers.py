"""What somebody without a key can send: it ends, and costs the server next to nothing."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningServer, start_server, wait_until
from tests.faults.wire import RUN, Wire, status_of

pytestmark = pytest.mark.faults

MANY = 300_000_000  # bytes nobody should have to read
PIECE = b"x" * 65_000
MOST = 150  # connections


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("guarded")
    running = start_server(
        folder, SWEEPD_MAX_CONNECTIONS_PER_ADDRESS=str(MOST), SWEEPD_HEADER_S="5"
    )
    Wire(running).ask(RUN, name="r")
    yield running
    running.stop()


def memory_mb(pid: int) -> float:
    [line] = [x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in x]
    return int(line.split()[1]) / 1000


HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "the value of a header": (HEAD + b"A: ", PIECE),
    "the name of a header": (HEAD, PIECE),
    "many headers": (HEAD, b"A: b\r\n" * 10_000),
    "an address": (b"GET /", PIECE),
    "a method": (b"", b"G" * 65_000),
    "blank lines": (b"", b"\r\n" * 30_000),
    "what follows a chunk's size": (CHUNKED + b"1;", PIECE),
    "a trailer": (CHUNKED + b"0\r\nA: ", PIECE),
    "many trailers": (CHUNKED + b"0\r\n", b"A: b\r\n" * 10_000),
    "a body after its answer": (HEAD + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    "chunks after their answer": (CHUNKED, b"fde8\r\n" + PIECE + b"\r\n"),
    "a form": (
        b"POST /authorize HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
        PIECE,
    ),
    "requests without a look at an answer": (
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 999,
    ),
    "upgrades": (b"", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_nothing_goes_on_for_ever(guarded: RunningServer, kind: str) -> None:
    wire = Wire(guarded)
    before = memory_mb(guarded.process.pid)
    begin, piece = ENDLESS[kind]
    n_sent, deadline = 0, time.monotonic() + 60
    with wire.connect() as opened:
        opened.settimeout(60)
        with contextlib.suppress(ConnectionError, TimeoutError):
            opened.sendall(begin)
            while n_sent < MANY and time.monotonic() < deadline:
                opened.sendall(piece)
                n_sent += len(piece)
    assert n_sent < 20_000_000, f"{n_sent:,} bytes of {kind} were taken"
    assert wire.run("r")["state"] == "running"
    assert memory_mb(guarded.process.pid) < before + 60


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"A: " + b"b" * 70_000 + b"\r\n\r\n",
        HEAD + b"A: b\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["bytes", "number", "address"],
)
def test_what_is_too_large_is_told(guarded: RunningServer, sent: bytes) -> None:
    with Wire(guarded).connect() as opened:
        opened.sendall(sent)
        answer = opened.recv(9_000)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"headers" in answer


def test_a_body_that_does_not_come_closes_the_connection(guarded: RunningServer) -> None:
    with Wire(guarded).connect() as opened:
        opened.sendall(HEAD + b"Content-Length: 9\r\n\r\n12")
        opened.settimeout(60)
        assert status_of(opened) == 401
        while opened.recv(9_000):  # the rest of the answer, however it is cut
            pass


def test_one_address_has_so_many_connections(guarded: RunningServer) -> None:
    wire = Wire(guarded)
    with contextlib.ExitStack() as opened:
        held: list[socket.socket] = []

        def is_full() -> bool:
            one = opened.enter_context(wire.connect())
            one.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(one)
            with contextlib.suppress(ConnectionError):
                return status_of(one) != 200
            return True

        wait_until(is_full, 60, lambda: f"{len(held)} connections were let in")
        assert MOST // 2 < len(held) <= MOST + 1
        assert all(not is_full() or len(held) for _ in range(3))
        for one in held[:20]:
            one.close()
        wait_until(lambda: not is_full(), 60, lambda: "closing some did not let others in")
    wait_until(lambda: wire.send("GET", "/healthz").status == 200, 60, lambda: guarded.log)
