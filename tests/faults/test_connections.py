"""Many connections, idle and half-open ones; starts and stops that leave nothing behind."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from sweepd import http_server, server
from sweepd.settings import Settings
from tests.conftest import start_server, wait_until
from tests.faults.wire import RUN, Wire, status_of

pytestmark = pytest.mark.faults

N_CONNECTIONS = 1000


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
