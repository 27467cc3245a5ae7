"""What every client sends all the time, beside the least such a request can cost on this machine.

    python -m bench.hot_paths [--seconds 5] [--rounds 3] [--postgresql | --database ADDRESS]

Heartbeats that reserve nothing, posts of one line, and runs of a grid from their hand-out to their
end (a heartbeat that hands it out, its beginning, a line with its end: three requests), from 32
connections without a pause, in turns with a bare Starlette app that writes one SQLite row a request
(`bench/floor.py`). The load comes from this process, on the same cores; beside requests a second
stands the processor time of one. With PostgreSQL, one of our own or an empty database somewhere, a
second server works on that, in the same turns, and is told over SQLite: by what it does in a
second, and by what it does with a second of its own processor. A PostgreSQL of our own has
`fsync=on`; what its processes take stands in the last column.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench import postgresql, processor_time
from bench.agents import PROJECT, Asking, create
from bench.hand_out import HEARTBEAT
from bench.ingest import ENTITY, RUN, bodies
from bench.load import Connection, Server, free_port, running, sweepd

N_CONNECTIONS = 32
RUNS = "runs, hand-out to end"
Send = Callable[[Connection, int], Awaitable[None]]


@dataclass
class Told:
    """What was measured of one load, a number a round."""

    per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)


async def measure(server: Server, send: Send, seconds: float, told: Told) -> None:
    """One round of one load."""
    connections = [Connection(server) for _ in range(N_CONNECTIONS)]
    await asyncio.gather(*(connection.open() for connection in connections))
    database_s = processor_time.postgresql_cpu_s()
    cpu_s, began, n = server.cpu_s(), time.perf_counter(), 0

    async def work(number: int, connection: Connection) -> None:
        nonlocal n
        while time.perf_counter() < began + seconds:
            await send(connection, number)
            n += 1

    await asyncio.gather(*(work(i, connection) for i, connection in enumerate(connections)))
    told.per_s.append(n / (time.perf_counter() - began))
    told.cpu_ms.append(1000 * (server.cpu_s() - cpu_s) / n)
    told.database_ms.append(1000 * (processor_time.postgresql_cpu_s() - database_s) / n)
    for connection in connections:
        connection.close()


async def loads_of(server: Server) -> dict[str, Send]:
    """Heartbeats, posts and whole runs of a sweepd server."""
    asking = Asking(server, str(server.ask(ENTITY)["viewer"]["entity"]))
    sweep, large = create(server, 10_000), create(server, 1_000_000)
    first = Connection(server)
    await first.open()
    nodes = [await asking.register(first, sweep, n) for n in range(N_CONNECTIONS)]
    takers = [await asking.register(first, large, n) for n in range(N_CONNECTIONS)]
    for n in range(N_CONNECTIONS):
        server.ask(RUN, name=f"r{n}", project=PROJECT, entity=asking.entity)
    first.close()
    beats = [
        json.dumps(
            {
                "query": HEARTBEAT,
                "variables": {"id": node, "metrics": "{}", "runState": json.dumps({f"r{n}": True})},
            }
        ).encode()
        for n, node in enumerate(nodes)
    ]
    n_sent, lines = [0] * N_CONNECTIONS, templates(random.Random(1))

    async def beat(connection: Connection, number: int) -> None:
        status, answer = await connection.post("/graphql", beats[number])
        assert status == 200 and b'"errors"' not in answer, answer[:300]

    async def post(connection: Connection, number: int) -> None:
        path = f"/files/{asking.entity}/{PROJECT}/r{number}/file_stream"
        n = n_sent[number]
        status, answer = await connection.post(path, lines[n % len(lines)] % (n, n))
        assert status == 200, answer[:300]
        n_sent[number] += 1

    async def run(connection: Connection, number: int) -> None:
        assert await asking.do_one(connection, takers[number]) == 1

    return {"heartbeats": beat, "posts of one line": post, RUNS: run}


def templates(rng: random.Random) -> list[bytes]:
    """Posts of one line, made before the clock runs: what is left to say is its number, twice."""
    made = [bodies(1, 0, rng).replace(b"%", b"%%") for _ in range(256)]
    for number in (b'"offset": 0', b'\\"_step\\": 0'):
        assert all(body.count(number) == 1 for body in made)
        made = [body.replace(number, number[:-1] + b"%d") for body in made]
    return made


async def row(connection: Connection, number: int) -> None:
    """One request of the floor, of a heartbeat's size."""
    body = {"query": HEARTBEAT, "variables": {"id": "x", "runState": str(number)}}
    status, _ = await connection.post("/", json.dumps(body).encode())
    assert status == 200


async def work(servers: dict[str, Server], seconds: float, rounds: int) -> dict[str, Told]:
    """All loads in turns."""
    loads: dict[str, tuple[Server, Send]] = {"floor": (servers["floor"], row)}
    for name, server in servers.items():
        if name != "floor":
            for load, send in (await loads_of(server)).items():
                loads[f"{load}, {name}"] = server, send
    told = {name: Told() for name in loads}
    for _ in range(rounds):
        for name, (server, send) in loads.items():
            await measure(server, send, seconds, told[name])
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--postgresql", action="store_true", help="one of our own, with fsync=on")
    where.add_argument("--database", default="", help="an empty PostgreSQL database")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        command = [sys.executable, "-m", "bench.floor", str(port), str(folder / "floor.db")]
        floor = running("floor", command, port, folder / "floor.log", "/healthz", {})
        servers = {"floor": stack.enter_context(floor)}
        servers["SQLite"] = stack.enter_context(sweepd(folder))
        database = given.database
        if given.postgresql:
            own = postgresql.serving(free_port(), ["-c", "fsync=on"])
            database = stack.enter_context(own) + "/postgres"
            os.environ["SCALE_POSTGRESQL"] = processor_time.postmaster()
        if database:
            other = folder / "other"
            other.mkdir()
            servers["PostgreSQL"] = stack.enter_context(sweepd(other, database))
        print(f"load average {os.getloadavg()[0]:.1f}")
        told = uvloop.run(work(servers, given.seconds, given.rounds))
        for name, found in told.items():
            print(line(name, found, told))
        print(f"load average {os.getloadavg()[0]:.1f}")


def line(name: str, found: Told, told: dict[str, Told]) -> str:
    """What is printed of one load: medians of its rounds."""
    least = told["floor"]
    text = (
        f"{name:34} {statistics.median(found.per_s):7.0f} /s {_over(found, least):5.2f} of the "
        f"floor {statistics.median(found.cpu_ms):6.2f} ms CPU "
        f"{statistics.median(found.cpu_ms) / statistics.median(least.cpu_ms):5.1f} times its"
    )
    load, _, where = name.rpartition(", ")
    if where == "PostgreSQL":
        own = told[f"{load}, SQLite"]
        a_core = statistics.median(own.cpu_ms) / statistics.median(found.cpu_ms)
        text += (
            f"; of SQLite's {_over(found, own):.2f}, per core of server {a_core:.2f}; "
            f"PostgreSQL {statistics.median(found.database_ms):.2f} ms CPU"
        )
    return text


def _over(found: Told, other: Told) -> float:
    pairs = zip(found.per_s, other.per_s, strict=True)
    return statistics.median(one / least for one, least in pairs)


if __name__ == "__main__":
    main()
