"""Every attack beside one honest agent: what it noticed, and what memory the server took.

    python -m bench.hostile [--only WORD] [--out FILE]

Each attack has a real server of its own on an empty folder, and runs in a process of its own for at
most some seconds. Beside it an honest user's agent asks for a config 20 times a second: the hardest
of all heartbeats, for each hands out one. A heartbeat that is not answered within 10 seconds counts
as 10. Memory is that of the server and of its processes.
"""

import argparse
import asyncio
import json
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench.agents import Asking, create
from bench.hand_out import HEARTBEAT
from bench.hostile import access, queries, strangers, sweep_files, uploads
from bench.hostile.target import Attack, Target, target, told
from bench.load import Connection, percentile

ATTACKS: list[Attack] = sorted(
    [
        *strangers.ATTACKS,
        *sweep_files.ATTACKS,
        *queries.ATTACKS,
        *uploads.ATTACKS,
        *access.ATTACKS,
    ],
    key=lambda attack: attack.item,
)
QUIET_S, LONGEST_S, LATEST_S = 1.5, 30.0, 10.0
BEAT_S = 0.05


@dataclass
class Found:
    """What came of one attack."""

    item: int
    name: str
    outcome: str
    quiet_p99_ms: float
    p99_ms: float
    worst_ms: float
    before_mb: float
    peak_mb: float
    after_mb: float


class Honest:
    """An agent that asks for a config at its times, whatever else the server has to do."""

    def __init__(self, at: Target) -> None:
        self._asking = Asking(at.server, "")
        self._sweep = create(at.server, 1_000_000)
        self.peak_mb = 0.0

    async def beat(self, until: float, more: Any = None) -> list[float]:
        """Milliseconds each heartbeat took, until a time, or while `more` lives and a bit after."""
        connection, found = await self._connected()
        node = await self._asking.register(connection, self._sweep, 0)
        due = time.perf_counter()
        while time.perf_counter() < until or (more is not None and more.is_alive()):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            try:
                beat = self._asking.query(
                    connection, HEARTBEAT, id=node, metrics="{}", runState="{}"
                )
                await asyncio.wait_for(beat, LATEST_S)
                found.append((time.perf_counter() - began) * 1e3)
            except (TimeoutError, OSError):
                found.append(LATEST_S * 1e3)
                break
            self.peak_mb = max(self.peak_mb, self._asking.server.memory_mb())
            due = max(due + BEAT_S, time.perf_counter())
        connection.close()
        return found

    async def _connected(self) -> tuple[Connection, list[float]]:
        connection = Connection(self._asking.server)
        await connection.open()
        return connection, []


def attempt(attack: Attack, at: Target, told_to: Any) -> None:
    """The attack, in a process of its own."""
    try:
        told_to.put(attack.act(at))
    except Exception as error:
        told_to.put(f"{type(error).__name__}: {error}")


def run(attack: Attack) -> Found:
    """One attack on a server of its own."""
    with tempfile.TemporaryDirectory() as folder, target(Path(folder)) as at:
        honest = Honest(at)
        quiet = uvloop.run(honest.beat(time.perf_counter() + QUIET_S))
        before_mb = at.server.memory_mb()
        honest.peak_mb = before_mb
        context = multiprocessing.get_context("fork")
        answers = context.Queue()
        process = context.Process(target=attempt, args=(attack, at, answers))
        process.start()
        try:
            beats = uvloop.run(_beside(honest, process))
        finally:
            process.kill()
            process.join()
        outcome = "not over when it was ended"
        if not answers.empty():
            outcome = str(answers.get())
        time.sleep(1)
        return Found(
            attack.item,
            attack.name,
            outcome,
            percentile(quiet, 0.99),
            percentile(beats, 0.99),
            max(beats),
            before_mb,
            honest.peak_mb,
            at.server.memory_mb(),
        )


async def _beside(honest: Honest, process: Any) -> list[float]:
    """Heartbeats while the attack lasts, no longer than it may."""
    ended = asyncio.get_running_loop().call_later(LONGEST_S, process.kill)
    try:
        return await honest.beat(time.perf_counter() + QUIET_S, process)
    finally:
        ended.cancel()


def table(found: Sequence[Found]) -> str:
    """The figures as Markdown."""
    lines = [
        "| item | attack | what came of it | p99 ms before | beside it | longest "
        "| MB before | peak | after |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for x in found:
        outcome = x.outcome.replace("|", "\\|").replace("<", "&lt;")
        lines.append(
            f"| {x.item} | {x.name} | {outcome} | {x.quiet_p99_ms:.0f} | {x.p99_ms:.0f} | "
            f"{x.worst_ms:,.0f} | {x.before_mb:.0f} | {x.peak_mb:.0f} | {x.after_mb:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the attacks, print the table."""
    parser = argparse.ArgumentParser(prog="bench.hostile", description=__doc__)
    parser.add_argument("--only", default="", help="a word of attacks' names, or items: 5,9")
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    given = parser.parse_args()
    found = []
    for attack in ATTACKS:
        wanted = given.only.split(",")
        if given.only and str(attack.item) not in wanted and given.only not in attack.name:
            continue
        found.append(run(attack))
        print(told(attack.item, f"{attack.name}: {found[-1].outcome}"), flush=True)
        if given.out is not None:
            given.out.write_text(json.dumps([asdict(x) for x in found], indent=1))
    print(table(found))


if __name__ == "__main__":
    main()
