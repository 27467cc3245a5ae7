"""Three servers on one PostgreSQL and one S3; a client that asks each of them in turn."""

import http.client
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench import hand_out, postgresql, wrong_clock
from sweepd.cli import local
from sweepd.settings import Settings

AHEAD_S = 100  # more than the 75 s after which a run counts as silent
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


class Everywhere(hand_out.Client):
    """Each request goes to the next server; one that does not answer is asked elsewhere."""

    def __init__(self, ports: list[int], key: str, first: int = 0) -> None:
        super().__init__(ports[first % len(ports)], key)
        self._turn = itertools.islice(itertools.cycle(ports), first, None)

    def post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """As its parent, of the next server."""
        try:
            return super().post(path, body)
        finally:
            self.close()

    def send(self, method: str, url: str, body: bytes | None = None) -> bytes:
        """The body of the answer to a signed address, asked of the next server that answers."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        while True:
            self.close()
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.request(method, path, body, self._headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    return text
                if answer.status < 500:
                    raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)

    def close(self) -> None:
        """Drop the connection; the next server is asked."""
        super().close()
        self._port = next(self._turn)


@dataclass(frozen=True)
class Site:
    """What agents and pages see: the servers, the last of which is ahead of time."""

    servers: list[hand_out.Server]
    key: str

    @property
    def ports(self) -> list[int]:
        """Of each server."""
        return [server.port for server in self.servers]

    def log(self) -> str:
        """What all of them have printed."""
        paths = [server.data.parent / "serve.log" for server in self.servers]
        return "\n".join(path.read_text(errors="replace") for path in paths)


@contextmanager
def site(folder: Path, n_servers: int) -> Iterator[Site]:
    """The real parts, on loopback, while the block runs."""
    database_port, store_port = hand_out.free_port(), hand_out.free_port()
    with postgresql.serving(database_port) as address, store(folder, store_port) as s3:
        servers = []
        for number in range(n_servers):
            environ = s3 | {
                "SWEEPD_DATABASE": f"{address}/postgres",
                "SWEEPD_DATABASE_CONNECTIONS": str(90 // n_servers),
            }
            if number == n_servers - 1:
                environ |= ahead()
            data = folder / f"server{number}" / "data"
            data.mkdir(parents=True)
            servers.append(hand_out.Server(data, hand_out.free_port(), environ=environ))
        try:
            with ThreadPoolExecutor(n_servers) as pool:
                list(pool.map(hand_out.Server.start, servers))
            yield Site(servers, local.read_key(Settings(data=servers[0].data)) or "")
        finally:
            for server in servers:
                if server.process is not None:
                    server.stop()


def ahead() -> dict[str, str]:
    """What puts a process ahead of its machine; nothing where libfaketime is missing."""
    found = wrong_clock.environment(f"+{AHEAD_S}s")
    if found is None:
        print("libfaketime is not installed (Debian: libfaketime): all clocks are right")
    return found or {}


@contextmanager
def store(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """An S3 with a bucket; what a server needs to use it."""
    import boto3

    address = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).parent / "moto_server"
    with (folder / "s3.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log, env=os.environ
        )
    try:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                client.create_bucket(Bucket="sweeps")
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        yield KEYS | {
            "AWS_ENDPOINT": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "SWEEPD_FILES": "s3://sweeps/kept",
        }
    finally:
        process.terminate()
        process.wait(30)
