"""What open pages cost the agents: heartbeats beside none and beside some tabs of a large sweep.

    python -m bench.open_tabs [--runs 10000] [--tabs 5] [--seconds 8] [--rounds 3]

A sweep of many runs, one of them live and posting five times a second. Agents send heartbeats, 40 a
second in all; a tab reads the sweep's points, then asks for what changed each time it has changed,
at most every 0.8 s, as the page does. Rounds without and with tabs take turns. The load comes from
this process, on the same cores.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import statistics
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.agents import PROJECT, Asking
from bench.ingest import RUN, bodies
from bench.large_projects import Asker, make, until_quiet
from bench.load import Connection, Server, percentile, sweepd

N_AGENTS = 20
BEAT_S = 0.5
POST_S = 0.2
TAB_S = 0.8  # the least between two news to a page
OPENING_S = 1.0  # measured by itself: then each tab reads all of the sweep


def watch(port: int, key: str, path: str, n_tabs: int, folder: Path) -> list[float]:
    """Open tabs, in a process of their own, until a file `done` is there; how long each of their
    questions took, s, without the first. A file `open` says that each has had that."""
    took_s: list[float] = []
    opening = threading.Barrier(n_tabs, (folder / "open").touch) if n_tabs else None
    if opening is None:
        (folder / "open").touch()

    def tab() -> None:
        assert opening is not None
        asker = Asker(Server("sweepd", port, key, cast(Any, None), 0))
        asker.get_changes(path)
        opening.wait()
        while not (folder / "done").exists():
            began = time.perf_counter()
            asker.get_changes(path)
            took_s.append(time.perf_counter() - began)
            time.sleep(TAB_S)

    tabs = [threading.Thread(target=tab) for _ in range(n_tabs)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    return took_s


async def beats(asking: Asking, nodes: list[str], live: str, seconds: float) -> list[float]:
    """Latencies of heartbeats while a run posts."""
    until = time.perf_counter() + seconds
    waits_s: list[float] = []
    connections = [Connection(asking.server) for _ in nodes]
    await asyncio.gather(*(connection.open() for connection in connections))

    def due(number: int) -> list[float]:
        first = until - seconds + BEAT_S * number / len(nodes)
        return [first + BEAT_S * k for k in range(int(seconds / BEAT_S))]

    async def post() -> None:
        connection, rng = Connection(asking.server), random.Random(1)
        await connection.open()
        path = f"/files/{asking.entity}/{PROJECT}/{live}/file_stream"
        while time.perf_counter() < until:
            status, _ = await connection.post(path, bodies(1, int(time.time() * 100), rng))
            assert status == 200
            await asyncio.sleep(POST_S)
        connection.close()

    found = await asyncio.gather(
        post(),
        *(
            asking.beat(node, connection, n, iter(due(n)), until)
            for n, (node, connection) in enumerate(zip(nodes, connections, strict=True))
        ),
    )
    for waits in found[1:]:
        waits_s += waits or []
    for connection in connections:
        connection.close()
    return waits_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--tabs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sweep = make(folder, 1_000_000, given.runs)
        spawn = multiprocessing.get_context("spawn")
        with sweepd(folder) as server, ProcessPoolExecutor(1, spawn) as others:
            others.submit(time.time).result()
            asking = Asking(server, Asker(server).entity)
            until_quiet(server)
            nodes = uvloop.run(register(asking, sweep))
            server.ask(RUN, name="r0", project=PROJECT, entity=asking.entity)
            path = f"/-/sweeps/{asking.entity}/{PROJECT}/{sweep}/points"
            opening = f"{given.tabs} tabs are opened"
            told: dict[str, list[list[float]]] = {}
            took_s: list[float] = []
            for n_tabs in [0, given.tabs] * given.rounds:
                files = Path(tempfile.mkdtemp(dir=folder))
                watching = others.submit(watch, server.port, server.key, path, n_tabs, files)
                if n_tabs:
                    told.setdefault(opening, []).append(
                        uvloop.run(beats(asking, nodes, "r0", OPENING_S))
                    )
                while not (files / "open").exists():
                    time.sleep(0.01)
                waits_s = uvloop.run(beats(asking, nodes, "r0", given.seconds))
                told.setdefault(f"{n_tabs} tabs", []).append(waits_s)
                (files / "done").touch()
                took_s += watching.result()
            print(f"load average {os.getloadavg()[0]:.1f}, {given.runs:,} runs")
            for title, rounds in told.items():
                p50, p99 = (
                    statistics.median(1000 * percentile(waits, share) for waits in rounds)
                    for share in (0.5, 0.99)
                )
                print(f"{title}: heartbeat p50 {p50:.1f} ms, p99 {p99:.1f} ms")
            print(f"a tab waited p50 {1000 * percentile(took_s, 0.5):.0f} ms")


async def register(asking: Asking, sweep: str) -> list[str]:
    """Agents of the sweep."""
    connection = Connection(asking.server)
    await connection.open()
    nodes = [await asking.register(connection, sweep, n) for n in range(N_AGENTS)]
    connection.close()
    return nodes


if __name__ == "__main__":
    main()
