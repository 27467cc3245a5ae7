"""Many connections, idle and half-open ones; starts and stops that leave nothing behind."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sweepd import http_server, server
from sweepd.settings import Settings
from tests.conftest import start_server, wait_until
from tests.faults.wire import RUN, Wire, status_of

pytestmark = pytest.mark.faults

N_CONNECTIONS = 1000
MUCH = bytes(40_000_000)  # more than a kernel keeps for who does not read


@pytest.fixture
def many_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4 * N_CONNECTIONS:
        pytest.skip("this user may not open that many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * N_CONNECTIONS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def n_open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def n_threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


@pytest.mark.usefixtures("many_open_files")
def test_a_thousand_idle_and_half_open_connections_hold_up_nobody(tmp_path: Path) -> None:
    running = start_server(tmp_path)
    wire = Wire(running)
    wire.ask(RUN, name="r")
    before = n_open_files(running.process.pid)
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(wire.connect()) for _ in range(N_CONNECTIONS)]
        idle, half = sockets[: N_CONNECTIONS // 2], sockets[N_CONNECTIONS // 2 :]
        for one in idle:  # kept alive after an answer
            one.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {status_of(one) for one in idle} == {200}
        for byte in b"GET /h":  # headers that come a byte at a time
            for one in half:
                one.sendall(bytes([byte]))
            assert wire.run("r")["state"] == "running"
        assert n_open_files(running.process.pid) >= before + N_CONNECTIONS
        assert n_threads(running.process.pid) < 100
        half[0].sendall(b"ealthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(half[0]) == 200
    pid = running.process.pid
    wait_until(lambda: n_open_files(pid) <= before + 5, 60, lambda: str(n_open_files(pid)))
    running.stop()
    assert "Traceback" not in running.log, running.log


def test_headers_that_never_come_close_the_connection() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    http = http_server.HttpServer(Starlette(), http_server.Limits(header_s=0.5))
    thread = threading.Thread(target=lambda: asyncio.run(http.serve([listener])), daemon=True)
    thread.start()
    with (
        socket.create_connection(listener.getsockname(), timeout=60) as silent,
        socket.create_connection(listener.getsockname(), timeout=60) as begun,
        socket.create_connection(listener.getsockname(), timeout=60) as kept,
    ):
        begun.sendall(b"GET /none HTTP/1.1\r\nHo")
        kept.sendall(b"HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(kept) == 404
        assert status_of(silent) == status_of(begun) == 0
        kept.sendall(b"HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(kept) == 404
    http.should_exit = True
    thread.join(60)
    listener.close()


@pytest.mark.parametrize("n_requests", [1, 3])
@pytest.mark.parametrize("path", ["/whole", "/streamed", "/endless"])
def test_who_takes_nothing_of_an_answer_is_gone(path: str, n_requests: int) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield MUCH[:9000]
            await asyncio.sleep(0)

    ways: dict[str, Callable[[], Response]] = {
        "/whole": lambda: Response(MUCH),
        "/streamed": lambda: StreamingResponse(iter([MUCH] * 9)),
        "/endless": lambda: StreamingResponse(endless()),
    }

    async def answer(request: Request) -> Response:
        return ways[request.url.path]()

    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route(way, answer) for way in ways])
    http = http_server.HttpServer(app, http_server.Limits(take_s=0.4))
    thread = threading.Thread(target=lambda: uvloop.run(http.serve([listener])), daemon=True)
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=60) as opened:
        opened.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * n_requests)
        assert status_of(opened) == 200
        state = http.server_state
        wait_until(lambda: not (state.tasks or state.connections), 60, lambda: str(state.tasks))
    http.should_exit = True
    thread.join(60)
    listener.close()
    assert not thread.is_alive()


def test_twenty_starts_and_stops_leave_no_file_and_no_thread_open(tmp_path: Path) -> None:
    def once() -> tuple[int, int]:
        parts = server.build(Settings(data=tmp_path / "data"))
        parts.start()
        parts.close()
        gc.collect()
        return n_open_files(os.getpid()), n_threads(os.getpid())

    first = once()
    assert [once() for _ in range(20)][-1] == first
    assert sorted(os.listdir(tmp_path / "data")) == ["blobs", "sweepd.db"]


BAYES = """
program: t.py
method: bayes
metric: {name: loss}
parameters: {a: {min: 0.0, max: 1.0}}
"""
SWEEP = """mutation UpsertSweep($config: String) {
  upsertSweep(input: {config: $config, projectName: "p"}) { sweep { name } } }"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_server(tmp_path: Path, number: int) -> None:
    running = start_server(tmp_path)
    Wire(running).ask(SWEEP, config=BAYES)
    tasks = Path(f"/proc/{running.process.pid}/task")

    def started() -> list[str]:
        return " ".join(p.read_text() for p in tasks.glob("*/children")).split()

    wait_until(started, 60, lambda: running.log)
    pids = started()
    running.process.send_signal(number)
    running.process.wait(60)

    def left() -> list[str]:
        return [pid for pid in pids if Path(f"/proc/{pid}").exists()]

    wait_until(lambda: not left(), 60, lambda: str(left()))
