"""Sends requests to the application in this process, several at once, and keeps the figures."""

import asyncio
import logging
import math
import resource
import shutil
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.fuzz.requests import Asked, Requests
from tests.protocol.anything import make_world

PER_WORLD = 50_000  # requests; by then much of what was there is deleted
MAX_WRONG_KEYS = 10**9  # a minute; the wait that guessing costs is not what is looked for
AT_ONCE = 4
IN_MEMORY = Path("/dev/shm")  # where a write waits for no disk, if the machine has it
MAX_S = 5.0  # what no answer may take


@dataclass
class Figures:
    """What came of the requests."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    slowest_s: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)  # longer than MAX_S, also asked again alone
    n_waited: int = 0  # longer than MAX_S, but not when asked again: the machine was busy
    memory_mb: list[float] = field(default_factory=list)  # after each world
    reached: set[str] = field(default_factory=set)  # fields of the schema, routes of the pages

    @property
    def n_requests(self) -> int:
        """How many were sent."""
        return sum(sum(counts.values()) for counts in self.statuses.values())

    def add(self, asked: Asked, status: int, took_s: float, told: str) -> None:
        """Count an answer."""
        self.statuses.setdefault(asked.kind, Counter())[status] += 1
        self.slowest_s[asked.kind] = max(took_s, self.slowest_s.get(asked.kind, 0.0))
        if status >= 500 or told:
            self.faults.append(f"{status} after {took_s:.1f} s {asked}\n{told}")

    def merge(self, other: "Figures") -> None:
        """Add another process's."""
        for kind, counts in other.statuses.items():
            self.statuses.setdefault(kind, Counter()).update(counts)
            worse = max(self.slowest_s.get(kind, 0.0), other.slowest_s[kind])
            self.slowest_s[kind] = worse
        self.faults += other.faults
        self.slow += other.slow
        self.n_waited += other.n_waited
        self.reached |= other.reached
        self.memory_mb = max(self.memory_mb, other.memory_mb, key=lambda seen: seen[-1:] or [0])


class _Heard(logging.Handler):
    """Keeps what the server logs as an error: a traceback that an answer may not show."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            told += "\n" + "".join(traceback.format_exception(record.exc_info[1])[-8:])
        self.told.append(told)


def memory_mb() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def drive(seed: int, seconds: float, n_max: int = 10**9, database: str = "") -> Figures:
    """Send requests for some time, or up to so many; a new world every `PER_WORLD`."""
    figures, heard, rng = Figures(), _Heard(), Random(seed)
    logger = logging.getLogger("sweepd")
    logger.addHandler(heard)
    until = math.inf  # from when the first world stands
    try:
        while time.monotonic() < until and figures.n_requests < n_max:
            place = IN_MEMORY if IN_MEMORY.is_dir() else None
            folder = Path(tempfile.mkdtemp(prefix="sweepd-fuzz-", dir=place))
            world, parts = make_world(folder, database, failed_sign_ins_per_minute=MAX_WRONG_KEYS)
            requests = Requests(world)
            world.http.get("/-/vendor/vega.js")  # made once, in some seconds
            until = min(until, time.monotonic() + seconds)
            n = min(PER_WORLD, n_max - figures.n_requests)
            asyncio.run(_drive_world(requests, rng, n, until, figures, heard))
            world.http.close()
            parts.core.db.close()
            shutil.rmtree(folder, ignore_errors=True)
            figures.memory_mb.append(memory_mb())
            figures.reached |= requests.reached | requests.documents.reached
    finally:
        logger.removeHandler(heard)
    return figures


async def _drive_world(
    requests: Requests, rng: Random, n: int, until: float, figures: Figures, heard: _Heard
) -> None:
    left, waited = n, list[Asked]()

    async def work() -> None:
        nonlocal left
        while left > 0 and time.monotonic() < until:
            left -= 1
            asked = requests.make(rng)
            begin, told = time.monotonic(), ""
            try:
                async with asyncio.timeout(60):
                    status, answer = await call(requests.world.http.app, asked)
                if status < 300:
                    requests.learn(asked, answer)
            except Exception:
                status, told = 599, traceback.format_exc(limit=-8)
            if heard.told:
                told, heard.told = told + "\n".join(heard.told), []
            took_s = time.monotonic() - begin
            figures.add(asked, status, took_s, told)
            if took_s > MAX_S:
                waited.append(asked)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    for asked in waited:
        begin = time.monotonic()
        await call(requests.world.http.app, asked)
        took_s = time.monotonic() - begin
        if took_s > MAX_S:
            figures.slow.append(f"{took_s:.1f} s {asked}")
        else:
            figures.n_waited += 1


async def call(app: Any, asked: Asked) -> tuple[int, bytes]:
    """Status and first part of an answer, read to its end; endless ones are left at their begin."""
    path, _, query = asked.path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "root_path": "",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "headers": [
            (b"host", b"testserver"),
            (b"content-length", str(len(asked.body)).encode()),
            *(
                (k.lower().encode(), v.encode("latin-1", "replace"))
                for k, v in asked.headers.items()
            ),
        ],
    }
    begun, ended, statuses = False, asyncio.Event(), [0]
    first = b""

    async def receive() -> dict[str, Any]:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": asked.body, "more_body": False}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal first
        first = first or message.get("body", b"")
        if message["type"] == "http.response.start":
            statuses[0] = message["status"]
            kinds = dict(message["headers"])
            if kinds.get(b"content-type", b"").startswith(b"text/event-stream"):
                ended.set()
        elif not message.get("more_body"):
            ended.set()

    await app(scope, receive, send)
    return statuses[0], first
