"""What a second core is worth: agents, posts and open pages together, on one core and on two.

    python -m bench.two_cores [--seconds 8] [--rounds 2] [--runs 20000]

A server has sweeps of many runs and runs of 50,000 lines. Agents send heartbeats and runs post
100 lines at a time, all without a pause, while tabs read the project's table after a change, and
each a sweep's points, the curves and a sample of a long run and filtered pages of its own: what
several ask for at once is answered once, which would favour the one core. The server is held to one
core, then may use two, in turns. Work is counted in what each kind of request, and each line that
is brought into columns behind them, takes of the server's processor time alone, so the two kinds of
rounds are told in the same unit.

The load comes from this machine: with two cores it has what the server leaves, with the server on
one it has the other. Beside work a second stand the cores the server had and those the load took,
and how many times more processor time all of the server's processes had than its own, which no
other work on the machine changes: what it could gain where the cores are its own. The last line is
what the second core is worth here at all, to two processes that only compute.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.agents import PROJECT, Asking
from bench.ingest import RUN, bodies
from bench.large_projects import Asker, make_several, until_quiet
from bench.load import Connection, Server, sweepd

N_AGENTS, N_POSTING, N_TABS = 8, 8, 4
LONG_LINES = 50_000
KINDS, LINE = ("heartbeat", "post"), "line in columns"
BY_CONFIG = '{"config.lr.value": {"$lt": 0.%d}}'
SPEC = json.dumps(json.dumps({"keys": ["loss", "_step"], "samples": 500}))


def questions(asker: Asker, sweep: str, tab: int) -> dict[str, Callable[[], object]]:
    """What a tab, or a script, reads, by kind: a sweep, a long run and filters of its own."""
    entity, run = asker.entity, f"long{tab}"
    table = f"/-/projects/{entity}/{PROJECT}/runs"
    points = f"/-/sweeps/{entity}/{PROJECT}/{sweep}/points"
    field = f"sampledHistory(specs: [{SPEC}])"
    sample = f'{{ project(name: "{PROJECT}") {{ run(name: "{run}") {{ {field} }} }} }}'

    def changed(ask: Callable[[str], object], path: str) -> object:
        asker.touch(random.randrange(1000))
        return ask(path)

    return {
        "table": lambda: changed(asker.get_changes, table),
        "points": lambda: changed(asker.get_changes, points),
        "opened": lambda: changed(asker.get, points),
        "curves": lambda: asker.get(f"/-/runs/{entity}/{PROJECT}/{run}/history"),
        "sample": lambda: asker.server.ask(sample),
        "filter": lambda: asker.page(BY_CONFIG % (5 + tab), f"-config.p{tab}.value"),
    }


def read_pages(port: int, key: str, sweeps: list[str], until: float) -> Counter[str]:
    """Tabs without a pause, in a process of their own; how many answers of each kind."""
    found: Counter[str] = Counter()

    def tab(number: int) -> None:
        asker = Asker(Server("sweepd", port, key, cast(Any, None), 0))
        kinds = [*questions(asker, sweeps[number], number).items()]
        turn = number
        while time.time() < until:
            name, ask = kinds[turn % len(kinds)]
            ask()
            found[name] += 1
            turn += 1

    tabs = [threading.Thread(target=tab, args=(number,)) for number in range(N_TABS)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    return found


class Writing:
    """Agents and posting runs; each run's lines go on from round to round."""

    def __init__(self, asking: Asking, nodes: list[str]) -> None:
        self._asking, self._nodes = asking, nodes
        self._n_lines = [0] * N_POSTING
        rng = random.Random(1)
        made = bodies(100, 0, rng).replace(b"%", b"%%")
        self._body = made.replace(b'"offset": 0', b'"offset": %d', 1)

    async def run(
        self, until: float, most: float = float("inf"), kinds: tuple[str, ...] = KINDS
    ) -> Counter[str]:
        """Until the time is over, or so many of each; how many answers of each kind."""
        found: Counter[str] = Counter()

        async def beat(number: int) -> None:
            connection = Connection(self._asking.server)
            await connection.open()
            while time.time() < until and found["heartbeat"] < most:
                waits = await self._asking.beat(
                    self._nodes[number], connection, number, iter([0.0]), float("inf")
                )
                found["heartbeat"] += len(waits)
            connection.close()

        async def post(number: int) -> None:
            connection = Connection(self._asking.server)
            await connection.open()
            path = f"/files/{self._asking.entity}/{PROJECT}/w{number}/file_stream"
            while time.time() < until and found["post"] < most:
                status, text = await connection.post(path, self._body % self._n_lines[number])
                assert status == 200, text[:300]
                self._n_lines[number] += 100
                found["post"] += 1
            connection.close()

        works = [*(beat(n) for n in range(N_AGENTS))] if "heartbeat" in kinds else []
        works += [*(post(n) for n in range(N_POSTING))] if "post" in kinds else []
        await asyncio.gather(*works)
        return found


async def prepare(asking: Asking, sweep: str) -> list[str]:
    """The agents, the runs that post, and each tab's long run."""
    long = [f"long{tab}" for tab in range(N_TABS)]
    connection = Connection(asking.server)
    await connection.open()
    nodes = [await asking.register(connection, sweep, n) for n in range(N_AGENTS)]
    for name in (*long, *(f"w{n}" for n in range(N_POSTING))):
        asking.server.ask(RUN, name=name, project=PROJECT, entity=asking.entity)
    rng = random.Random(2)
    for name in long:
        path = f"/files/{asking.entity}/{PROJECT}/{name}/file_stream"
        for first in range(0, LONG_LINES, 1000):
            await connection.post(path, bodies(1000, first, rng))
        await connection.post(path, json.dumps({"complete": True, "exitcode": 0}).encode())
    connection.close()
    return nodes


def costs(server: Server, writing: Writing, sweep: str) -> dict[str, float]:
    """Seconds of the server's processor time each kind of request takes, alone."""

    def spent(work: Callable[[], object]) -> float:
        before = server.all_cpu_s()
        work()
        return server.all_cpu_s() - before

    found = {}
    for name, ask in questions(Asker(server), sweep, 0).items():
        ask()
        found[name] = spent(lambda ask=ask: [ask() for _ in range(10)]) / 10
    for kind in KINDS:
        done = spent(lambda kind=kind: uvloop.run(writing.run(float("inf"), 1000, (kind,))))
        found[kind] = done / 1000
    return found


def burn(core: int, until: float) -> int:
    """Work that shares nothing with any other, on one core: how often it was done."""
    os.sched_setaffinity(0, {core})
    rows = json.dumps([{"a": n, "b": str(n), "c": [1.5 * n] * 5} for n in range(2000)])
    n = 0
    while time.time() < until:
        json.loads(rows)
        n += 1
    return n


def burnt(cores: set[int], seconds: float = 2.0) -> int:
    """As `burn`, on some cores at once."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(cores), spawn) as others:
        [one.result() for one in [others.submit(time.sleep, 0.5) for _ in cores]]  # all are there
        until = time.time() + seconds
        return sum(one.result() for one in [others.submit(burn, core, until) for core in cores])


def n_gathered(folder: Path) -> int:
    """Lines that lie in columns: work that posts cause, and that waits while there is no core."""
    with closing(sqlite3.connect(folder / "data" / "sweepd.db")) as database:
        [found] = database.execute("SELECT coalesce(sum(n_lines), 0) FROM segments").fetchone()
    return int(found)


def hold(server: Server, cores: set[int]) -> None:
    """Let the server's processes use some cores only."""
    for pid in server._pids():
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--runs", type=int, default=20_000)
    given = parser.parse_args()
    one, both = {0}, {0, 1}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sweeps = make_several(folder, 1_000_000, given.runs // N_TABS, N_TABS)
        spawn = multiprocessing.get_context("spawn")
        with sweepd(folder) as server, ProcessPoolExecutor(1, spawn) as others:
            others.submit(time.time).result()
            asking = Asking(server, Asker(server).entity)
            writing = Writing(asking, uvloop.run(prepare(asking, sweeps[0])))
            until_quiet(server)
            rounds: list[tuple[int, float, Counter[str]]] = []
            # Each kind of round comes first as often: what is stored grows from round to round.
            turns = [(one, both), (both, one)] * given.rounds
            for cores in itertools.chain(*turns[: given.rounds]):
                hold(server, cores)
                os.sched_setaffinity(0, both if cores == both else {1})
                pids, until = server._pids(), time.time() + given.seconds
                cpu, own, lines = server.all_cpu_s(), server.cpu_s(), n_gathered(folder)
                watching = others.submit(read_pages, server.port, server.key, sweeps, until)
                began = time.time()
                mine = time.process_time()
                answered = uvloop.run(writing.run(until)) + watching.result()
                took = time.time() - began
                cpu, own = server.all_cpu_s() - cpu, server.cpu_s() - own
                answered[LINE] = n_gathered(folder) - lines
                rounds.append((len(cores), took, answered))
                print(
                    f"{len(cores)} cores: the server had {cpu / took:.2f}, "
                    f"{cpu / own:.2f} times what its own process had; the load "
                    f"{(time.process_time() - mine) / took:.2f} and its tabs; "
                    f"{server.memory_mb():.0f} MB, {len(pids)} processes; {told(answered, 0)}",
                    flush=True,
                )
            print(f"load average {os.getloadavg()[0]:.1f}")
            hold(server, both)
            cpu, lines = server.all_cpu_s(), n_gathered(folder)
            cpu = until_quiet(server) - cpu
            line_s = cpu / (n_gathered(folder) - lines)
            cost = {**costs(server, writing, sweeps[0]), LINE: line_s}
            print("processor time alone, ms: " + told({k: 1000 * v for k, v in cost.items()}, 3))
            rates: dict[int, list[float]] = {1: [], 2: []}
            for n_cores, took, answered in rounds:
                work = sum(n * cost[kind] for kind, n in answered.items()) / took
                later = answered[LINE] * cost[LINE] / took
                rates[n_cores].append(work)
                print(f"{n_cores} cores: work {work:.2f} a second, {later:.2f} of it on columns")
            one_core, two_cores = (statistics.mean(rates[n]) for n in (1, 2))
            print(f"two cores over one: {two_cores / one_core:.2f}")
    print(f"of work that shares nothing: {burnt(both) / burnt(one):.2f}")


def told(values: Any, places: int) -> str:
    """Names and numbers on a line."""
    return ", ".join(f"{name} {value:.{places}f}" for name, value in sorted(values.items()))


if __name__ == "__main__":
    main()
