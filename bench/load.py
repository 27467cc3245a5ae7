"""What the load measurements share: a server in a process of its own, and a cheap HTTP client."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parent.parent
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
A_HOST = 500  # connections that come from one address
_numbers = itertools.count()


@dataclass(frozen=True)
class Server:
    """A server under load."""

    name: str
    port: int
    key: str
    process: subprocess.Popen[bytes]
    start_s: float  # from the start of its process to its first answer

    def memory_mb(self) -> float:
        """Resident memory of the process and its children, MB."""
        total = 0
        for pid in self._pids():
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                total += next(int(x.split()[1]) for x in lines if x.startswith("VmRSS"))
        return total / 1024

    def _pids(self) -> list[int]:
        """The process and those below it; a child belongs to the thread that began it."""
        pids = [self.process.pid]
        for pid in pids:
            for thread in Path(f"/proc/{pid}/task").glob("*"):
                with contextlib.suppress(OSError):
                    pids += [int(child) for child in (thread / "children").read_text().split()]
        return pids

    def cpu_s(self) -> float:
        """Processor seconds the process has used."""
        return _cpu_s(self.process.pid)

    def all_cpu_s(self) -> float:
        """Processor seconds the process and its children have used."""
        return sum(_cpu_s(pid) for pid in self._pids())

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """One GraphQL request."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            body,
            {"Authorization": authorization(self.key), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return dict(json.load(answer)["data"])


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:  # it has just ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def authorization(key: str) -> str:
    """The header's value."""
    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str, command: Sequence[str], port: int, log: Path, health: str, environ: dict[str, str]
) -> Iterator[Server]:
    """A server from its start to its end; its key is read by the caller."""
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | environ, cwd=ROOT
        )
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=5).close()
                    break
                except OSError as error:
                    if process.poll() is not None or time.perf_counter() - began > 300:
                        raise RuntimeError(f"{name}: {log.read_text()}") from error
                    time.sleep(0.005)
            yield Server(name, port, "", process, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def sweepd(folder: Path, database: str = "") -> Iterator[Server]:
    """`sweepd serve` on a folder, and on a database elsewhere if one is named."""
    port, data = free_port(), folder / "data"
    command = [sys.executable, "-m", "sweepd", "serve", "--data", str(data), "--port", str(port)]
    command += ["--database", database] if database else []
    with running("sweepd", command, port, folder / "sweepd.log", "/healthz", {}) as server:
        while not (data / "local.key").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        key = json.loads((data / "local.key").read_text())["key"]
        yield Server("sweepd", port, key, server.process, server.start_s)


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests one after the other.

    It costs the load's processor little: what is measured shares the machine with it.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._header = (
            f"Host: 127.0.0.1:{server.port}\r\nAuthorization: {authorization(server.key)}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._heads: dict[tuple[str, str], bytes] = {}
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._read = b""

    async def open(self) -> None:
        """Connect, from an address that few other connections come from."""
        address = f"127.0.{next(_numbers) // A_HOST % 256}.1"
        await asyncio.get_running_loop().create_connection(
            lambda: self, "127.0.0.1", self._server.port, local_addr=(address, 0)
        )

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        return await self.send("POST", path, body)

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            ConnectionError: There is no connection any more.
        """
        if self._transport is None:
            raise ConnectionError("the connection is closed")
        head = self._heads.get((method, path))
        if head is None:
            head = f"{method} {path} HTTP/1.1\r\n{self._header}".encode()
            self._heads = {(method, path): head}
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"%b%d\r\n\r\n%b" % (head, len(body), body))
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """More of an answer."""
        read = self._read = self._read + data if self._read else data
        end = read.find(b"\r\n\r\n")
        if end < 0:
            return
        length = int(LENGTH.search(read, 0, end + 2)[1])  # type: ignore[index]
        if len(read) < end + 4 + length:
            return
        self._read = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(read[9:12]), read[end + 4 :]))

    def connection_lost(self, error: Exception | None) -> None:
        """The server has gone."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed before the answer"))

    def close(self) -> None:
        """Disconnect."""
        if self._transport is not None:
            self._transport.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
