"""How far one server, one PostgreSQL and several servers go; what 100,000 agents would take.

    python -m bench.scale [--agents 400] [--seconds 60] [--servers 2] [--only sqlite|postgresql]

The real services, without HTTP, driven by simulated agents whose clock is ours: each asks every
5 s, sends what its run logged every 15 s, and has a run of ten minutes. First each kind of request
alone, 32 at once: processor time of the server and of PostgreSQL for one. Then all of them, mixed
as agents mix them, second by second of simulated time: what a second of theirs takes of ours, and
that no run is lost meanwhile. From the processor time follows what a core bears. Rates depend on
what else the machine does; processor time less so.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import hand_out, postgresql, processor_time
from sweepd import server
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.settings import Settings
from sweepd.store import run_counts

BEAT_S, POST_S, RUN_S = 5, 15, 600  # the stock agent's, the stock client's, a training's
LINES_EACH = 10
AT_ONCE = 32
N_EACH = 600  # requests of a kind
HTTP_MS = 0.11  # of a request more, by docs/figures.md: HTTP and GraphQL
USER, PROJECT = "ann", "scale"
HUNDRED_THOUSAND, TEN_MILLION = 100_000, 10_000_000
KINDS = ("heartbeat", "post of 10 lines", "hand-out, begin and end of a run")


@dataclass
class Costs:
    """Of one request of each kind, in milliseconds of processor time."""

    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # requests/s, here and now
    bytes_a_run: float = 0.0
    simulated: float = 0.0  # our seconds for one of theirs
    n_lost: int = 0


class Fleet:
    """Agents of one sweep on one server's services."""

    def __init__(self, data: Path, database: str, n_agents: int, sweep: str) -> None:
        self._at, self._data = datetime.now(UTC), data
        self.parts = server.build(Settings(data=data, database=database), lambda: self._at)
        services = self.parts.services
        self._ann = services.users.get_caller(USER)
        self._sweep = services.sweeps.get(self._ann, USER, PROJECT, sweep)
        self._rng = random.Random(os.getpid())
        self.agents = [self._register(number) for number in range(n_agents)]
        self.runs: dict[int, str] = {}
        self._steps: dict[str, int] = {}
        self.n_ended = 0

    def _register(self, number: int) -> int:
        sweep = self._sweep
        return self.parts.services.scheduling.register_agent(
            self._ann, sweep.entity, sweep.project, sweep.sweep_id, f"host{number}"
        ).pk

    async def beat(self, agent: int) -> None:
        """Ask; begin the run that is answered."""
        run = self.runs.get(agent)
        alive = frozenset([run]) if run else frozenset[str]()
        _, commands = await self.parts.services.scheduling.heartbeat(self._ann, agent, alive)
        for command in commands:
            if command.kind == "run" and command.run_id:
                change = RunChange(config=json.dumps({"a": {"value": 1}}), host="host")
                runs = self.parts.services.runs
                given = (self._ann, None, PROJECT, command.run_id, change)
                await asyncio.to_thread(runs.upsert, *given)
                self.runs[agent] = command.run_id

    async def post(self, agent: int) -> None:
        """Send what the run has logged."""
        run = self.runs[agent]
        first = self._steps.get(run, 0)
        numbers = {"loss": 0.5, "accuracy": 0.25, "lr": 1e-3, "epoch": 3}
        lines = [json.dumps({"_step": first + n, **numbers}) for n in range(LINES_EACH)]
        self._steps[run] = first + LINES_EACH
        await self._send(run, StreamPost(history=Lines(first, lines)))

    async def end(self, agent: int) -> None:
        """The run is over."""
        run = self.runs.pop(agent, None)
        if run is None:  # it has not been given one yet
            return
        self.n_ended += 1
        self._steps.pop(run, None)
        await self._send(run, StreamPost(exitcode=0, is_complete=True))

    async def cycle(self, agent: int) -> None:
        """A run from its hand-out to its end."""
        await self.beat(agent)
        await self.end(agent)

    async def _send(self, run: str, post: StreamPost) -> None:
        history = self.parts.services.history
        await history.append_async(self._ann, self._ann.name, PROJECT, run, post)

    async def second(self, number: int, ends: dict[int, int]) -> None:
        """What all agents do within one second of theirs."""
        work: list[tuple[Callable[[int], Awaitable[None]], int]] = []
        for index, agent in enumerate(self.agents):
            if ends.setdefault(agent, number + self._rng.randrange(1, RUN_S)) == number:
                work.append((self.end, agent))
                ends[agent] = number + RUN_S
            elif agent in self.runs and (number + index) % POST_S == 0:
                work.append((self.post, agent))
            if (number + index) % BEAT_S == 0:
                work.append((self.beat, agent))
        await _all(work)
        await asyncio.to_thread(self.parts.leases.expire)
        self._at += timedelta(seconds=1)

    async def measure(self, costs: Costs, n_seconds: int, meet: Callable[[], object]) -> None:
        """Each kind alone, then all as agents mix them.

        Args:
            meet: Waits for the other servers, between stretches.
        """
        idle = self.agents[: len(self.agents) // 2]
        for agent in self.agents[len(idle) :]:
            await self.beat(agent)
        busy = list(self.runs)
        before = _size(self.parts, self._data)
        for kind, agents in ((self.beat, busy), (self.post, busy), (self.cycle, idle)):
            await asyncio.to_thread(meet)
            rounds = max(1, N_EACH // len(agents))
            began, used = time.perf_counter(), processor_time.own_cpu_s()
            base = processor_time.postgresql_cpu_s()
            for _ in range(rounds):  # an agent asks for one thing at a time
                await _all([(kind, agent) for agent in agents])
            seconds, n_done = time.perf_counter() - began, rounds * len(agents)
            costs.server.append(1000 * (processor_time.own_cpu_s() - used) / n_done)
            costs.rates.append(n_done / seconds)
            await asyncio.to_thread(meet)
            costs.database.append(1000 * (processor_time.postgresql_cpu_s() - base) / n_done)
        if self.n_ended:
            costs.bytes_a_run = (_size(self.parts, self._data) - before) / self.n_ended
        await asyncio.to_thread(meet)
        ends: dict[int, int] = {}
        for number in range(BEAT_S):  # until all have a run
            await self.second(number, ends)
        began = time.perf_counter()
        for number in range(BEAT_S, BEAT_S + n_seconds):
            await self.second(number, ends)
        costs.simulated = (time.perf_counter() - began) / n_seconds
        with self.parts.core.db.read() as connection:
            states = run_counts.count_states(connection, self._sweep.pk)
        costs.n_lost = states.get("crashed", 0)


async def _all(work: Sequence[tuple[Callable[[int], Awaitable[None]], int]]) -> None:
    """Do many things, some at once; what one agent does, one after the other."""
    by_agent: dict[int, list[Callable[[int], Awaitable[None]]]] = {}
    for kind, agent in work:
        by_agent.setdefault(agent, []).append(kind)
    waiting = iter(by_agent.items())

    async def work_on() -> None:
        for agent, kinds in waiting:
            for kind in kinds:
                await kind(agent)

    await asyncio.gather(*(work_on() for _ in range(AT_ONCE)))


def _size(parts: server.Parts, data: Path) -> int:
    if parts.core.db.is_sqlite:
        return sum(path.stat().st_size for path in data.glob("sweepd.db*"))
    address = parts.settings.database.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(found[0]) if found else 0


def _one(data: Path, database: str, sweep: str, given: Any, barrier: Any, answers: Any) -> None:
    try:
        fleet, costs = Fleet(data, database, given.agents // given.n, sweep), Costs()
        asyncio.run(fleet.measure(costs, given.seconds, barrier.wait))
        fleet.parts.core.db.close()
        answers.put(costs)
    except BaseException:
        barrier.abort()
        raise


def measure(is_postgresql: bool, n_servers: int, n_agents: int, n_seconds: int) -> list[Costs]:
    """Servers of one database and one sweep, each in a process of its own; what each found."""
    spawn = multiprocessing.get_context("spawn")
    given = argparse.Namespace(agents=n_agents, seconds=n_seconds, n=n_servers)
    serving = postgresql.serving(hand_out.free_port()) if is_postgresql else nullcontext("")
    with tempfile.TemporaryDirectory() as folder, serving as found:
        address = f"{found}/postgres" if found else ""
        os.environ["SCALE_POSTGRESQL"] = processor_time.postmaster() if found else ""
        parts = server.build(Settings(data=Path(folder), database=address))
        parts.services.users.add_user(USER)
        ann = parts.services.users.get_caller(USER)
        text = SweepChange(config_yaml=hand_out.sweep_text(1_000_000, None))
        sweep, _ = parts.services.sweeps.create(ann, None, PROJECT, text)
        parts.core.db.close()
        barrier, answers = spawn.Barrier(n_servers), spawn.Queue()
        args = (Path(folder), address, sweep.sweep_id, given, barrier, answers)
        servers = [spawn.Process(target=_one, args=args) for _ in range(n_servers)]
        for process in servers:
            process.start()
        for process in servers:
            process.join()
        return [answers.get(timeout=60) for _ in servers]


def summary(name: str, found: list[Costs]) -> str:
    """A table of a layout, and what follows from it."""
    n = len(found)
    lines = [
        f"\n{name}",
        "| | server, ms | PostgreSQL, ms | all servers together, /s |",
        "|---" * 4 + "|",
    ]
    servers, databases = [], []
    for index, kind in enumerate(KINDS):
        servers.append(sum(costs.server[index] for costs in found) / n)
        databases.append(sum(costs.database[index] for costs in found) / n / n)  # each saw all
        rate = sum(costs.rates[index] for costs in found)
        lines.append(f"| {kind} | {servers[-1]:.2f} | {databases[-1]:.2f} | {rate:.0f} |")
    shares = (1 / BEAT_S, 1 / POST_S, 1 / RUN_S)
    own = sum(share * (ms + HTTP_MS) for share, ms in zip(shares, servers, strict=True))
    other = sum(share * ms for share, ms in zip(shares, databases, strict=True))
    lines.append(
        f"a core of a server bears {1000 / own:,.0f} agents, with HTTP"
        + (f"; a core of PostgreSQL {1000 / other:,.0f}" if other else "")
        + f"; {HUNDRED_THOUSAND:,} agents take {HUNDRED_THOUSAND * own / 1000:.0f} cores of servers"
        + (f" and {HUNDRED_THOUSAND * other / 1000:.0f} of PostgreSQL" if other else "")
    )
    bytes_a_run = sum(costs.bytes_a_run for costs in found) / n / n
    simulated = max(costs.simulated for costs in found)
    lines.append(
        f"a run without lines is {bytes_a_run:,.0f} bytes of database, ten million "
        f"{TEN_MILLION * bytes_a_run / 1e9:.0f} GB; a simulated second took "
        f"{1000 * simulated:.0f} ms; {max(costs.n_lost for costs in found)} runs were lost"
    )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--agents", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--only", choices=("sqlite", "postgresql", "several"))
    given = parser.parse_args()
    for layout, name, is_postgresql, n_servers in (
        ("sqlite", "One server, SQLite", False, 1),
        ("postgresql", "One server, PostgreSQL", True, 1),
        ("several", f"{given.servers} servers, one PostgreSQL, one sweep", True, given.servers),
    ):
        if given.only in (None, layout):
            found = measure(is_postgresql, n_servers, given.agents, given.seconds)
            print(summary(name, found), flush=True)


if __name__ == "__main__":
    main()
