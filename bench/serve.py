"""What `sweepd serve` costs: start, memory, creating a sweep, handing out, heartbeats.

    python -m bench.serve [--seconds 15] [--out FILE]

Each measurement has a real server process on a fresh SQLite folder. Agents are connections of one
process (`bench/agents.py`), which shares the cores with the server: what the two want together
slows both.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvloop

from bench.agents import BEAT_S, N_AGENTS, PROJECT, Asking, create
from bench.ingest import ENTITY
from bench.load import Connection, percentile, sweepd

GOALS = {
    "start_s": 1.0,
    "idle_mb": 90.0,
    "filled_mb": 300.0,
    "create_s": 1.0,
    "create_growth_mb": 50.0,
    "hand_out_p50_ms": 4.0,
    "hand_out_p99_ms": 50.0,
    "crowd_p99_ms": 500.0,
}
FLOORS = {"beats_per_s": 1000.0}


@contextmanager
def fresh() -> Iterator[Asking]:
    """A server on an empty folder."""
    with tempfile.TemporaryDirectory() as folder, sweepd(Path(folder)) as server:
        yield Asking(server, str(server.ask(ENTITY)["viewer"]["entity"]))


def start() -> dict[str, float]:
    """Start to first answer, the first start on a folder and later ones; memory when idle."""
    with tempfile.TemporaryDirectory() as folder:
        with sweepd(Path(folder)) as server:
            first_s = server.start_s
        again_s, idle_mb = [], []
        for _ in range(3):
            with sweepd(Path(folder)) as server:
                again_s.append(server.start_s)
                time.sleep(3)
                idle_mb.append(server.memory_mb())
    return {
        "first_start_s": first_s,
        "start_s": statistics.median(again_s),
        "idle_mb": max(idle_mb),
    }


async def fill(asking: Asking, sweeps: list[str]) -> None:
    """Let the agents work the sweeps off, eight at a time."""
    waiting = iter(sweeps)

    async def group() -> None:
        for sweep in waiting:
            agents = (asking.work(sweep, n, 0, float("inf")) for n in range(N_AGENTS // 8))
            await asyncio.gather(*agents)

    await asyncio.gather(*(group() for _ in range(8)))


def filled() -> dict[str, float]:
    """100 sweeps of 10,000 runs, one of them with half of the runs, and that one's points."""
    with tempfile.TemporaryDirectory() as folder:
        with sweepd(Path(folder)) as server:
            asking = Asking(server, str(server.ask(ENTITY)["viewer"]["entity"]))
            largest = create(server, 5050)
            began = time.perf_counter()
            uvloop.run(fill(asking, [largest, *(create(server, 50) for _ in range(99))]))
            runs_per_s = asking.n_runs / (time.perf_counter() - began)
            points_s, n_points = read_points(asking, largest)
            working_mb = server.memory_mb()
        with sweepd(Path(folder)) as server:
            asking = Asking(server, asking.entity)
            read_points(asking, largest)
            start_s, filled_mb = server.start_s, server.memory_mb()
    assert n_points == 5050, n_points
    return {
        "runs_per_s": runs_per_s,
        "points_s": points_s,
        "filled_mb": max(working_mb, filled_mb),
        "filled_restarted_mb": filled_mb,
        "filled_start_s": start_s,
    }


def read_points(asking: Asking, sweep: str) -> tuple[float, int]:
    """Seconds the sweep page's points take, and how many there are."""
    base = f"http://127.0.0.1:{asking.server.port}"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(f"{base}/authorize", urlencode({"key": asking.server.key}).encode()).close()
    began = time.perf_counter()
    with browser.open(f"{base}/-/sweeps/{asking.entity}/{PROJECT}/{sweep}/points") as answer:
        body = answer.read()
    found = json.loads(body)
    return time.perf_counter() - began, found["table"]["n"] if "table" in found else len(
        found["runs"]
    )


def create_million() -> dict[str, float]:
    """Time and growth of memory when a grid of a million cells is created."""
    with fresh() as asking:
        create(asking.server, 10)
        before_mb, began = asking.server.memory_mb(), time.perf_counter()
        create(asking.server, 1_000_000)
        create_s = time.perf_counter() - began
        time.sleep(1)
        growth_mb = asking.server.memory_mb() - before_mb
    return {"create_s": create_s, "create_growth_mb": growth_mb}


def hand_out(n_cells: int, beat_s: float, seconds: float) -> dict[str, float]:
    """Latency of heartbeats that hand out, the agents asking each `beat_s` or without a pause."""
    with fresh() as asking:
        n_grids = 5 if n_cells < N_AGENTS else 1
        began = time.perf_counter()
        for _ in range(n_grids):
            sweep = create(asking.server, n_cells)

            async def all_agents(sweep: str = sweep) -> None:
                until = time.perf_counter() + seconds
                agents = (asking.work(sweep, n, beat_s, until) for n in range(N_AGENTS))
                await asyncio.gather(*agents)

            uvloop.run(all_agents())
        return {
            "n": len(asking.waits_s),
            "runs_per_s": asking.n_runs / (time.perf_counter() - began),
            "p50_ms": 1000 * percentile(asking.waits_s, 0.5),
            "p99_ms": 1000 * percentile(asking.waits_s, 0.99),
        }


async def _crowd(
    asking: Asking, n_agents: int, due: Callable[[int, float], Iterator[float]], seconds: float
) -> dict[str, float]:
    sweep = create(asking.server, 10_000)
    connections = [Connection(asking.server) for _ in range(n_agents)]
    nodes: list[str] = []
    began = time.perf_counter()
    for first in range(0, n_agents, N_AGENTS):
        some = list(enumerate(connections))[first : first + N_AGENTS]
        await asyncio.gather(*(connection.open() for _, connection in some))
        nodes += await asyncio.gather(
            *(asking.register(connection, sweep, n) for n, connection in some)
        )
    register_s = time.perf_counter() - began
    began = time.perf_counter() + 0.5
    own_s, cpu_s = time.process_time(), asking.server.cpu_s()
    waits_s = await asyncio.gather(
        *(
            asking.beat(node, connection, n, due(n, began), began + seconds)
            for n, (node, connection) in enumerate(zip(nodes, connections, strict=True))
        )
    )
    took_s = time.perf_counter() - began
    for connection in connections:
        connection.close()
    every = [wait for waits in waits_s for wait in waits]
    server_s = asking.server.cpu_s() - cpu_s
    return {
        "beats_per_s": len(every) / took_s,
        "p50_ms": 1000 * percentile(every, 0.5),
        "p99_ms": 1000 * percentile(every, 0.99),
        "registered_per_s": n_agents / register_s,
        "server_cores": server_s / took_s,
        "cpu_ms": 1000 * server_s / len(every),
        "generator_cores": (time.process_time() - own_s) / took_s,
        "memory_mb": asking.server.memory_mb(),
    }


def beats(seconds: float) -> dict[str, float]:
    """Heartbeats that reserve nothing, as many as 64 agents get answered."""
    with fresh() as asking:
        return uvloop.run(_crowd(asking, N_AGENTS, lambda n, at: itertools.repeat(0.0), seconds))


def crowd(seconds: float, n_agents: int = 5000, beat_s: float = BEAT_S) -> dict[str, float]:
    """Many agents with a run each, a heartbeat every 5 s, spread over the time."""

    def due(number: int, began: float) -> Iterator[float]:
        return itertools.count(began + beat_s * number / n_agents, beat_s)

    with fresh() as asking:
        return uvloop.run(_crowd(asking, n_agents, due, seconds))


def verdict(name: str, value: float) -> str:
    """What the goal of a figure is, and whether it was met."""
    if name in GOALS:
        return f"goal <= {GOALS[name]:g}: {'met' if value <= GOALS[name] else 'MISSED'}"
    if name in FLOORS:
        return f"goal >= {FLOORS[name]:g}: {'met' if value >= FLOORS[name] else 'MISSED'}"
    return ""


def main() -> None:
    """Measure, print each figure as it comes, write them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=15, help="of each load")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    given = parser.parse_args()
    seconds = given.seconds
    figures: dict[str, float] = {}

    def note(found: dict[str, float], prefix: str = "") -> None:
        for key, value in found.items():
            figures[prefix + key] = round(value, 3)
            goal = "hand_out_" + key if prefix.startswith("hand_out") else prefix + key
            goal = "beats_per_s" if goal == "beats_beats_per_s" else goal
            print(f"{prefix + key:38} {value:10.2f}  {verdict(goal, value)}", flush=True)

    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores shared with the load")
    note(start())
    note(filled())
    note(create_million())
    for n_cells in (10, 10_000, 1_000_000):
        note(hand_out(n_cells, BEAT_S, seconds), f"hand_out_{n_cells}_")
    note(hand_out(1_000_000, 0, seconds), "unpaced_1000000_")
    note(beats(seconds), "beats_")
    note(crowd(seconds), "crowd_")
    print(f"load average {os.getloadavg()[0]:.1f}")
    if given.out:
        given.out.write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
