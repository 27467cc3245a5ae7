"""Runs, files and artifacts while the server is killed again and again: what is lost?

    python -m bench.kills [--kills 30] [--runs 24] [--uploads 4] [--artifacts 4] [--clients 2]

A real `sweepd serve` is `kill -9`ed at random moments, some of them while it starts, and started
again at once. Simulated runs post history and console lines, upload files and log artifacts, and
send each request until it is answered; beside them long runs of the stock client do the same. After
each restart the lines, files and versions answered for meanwhile are read back; at the end all of
them, byte for byte, then the folder: SQLite's checks, bytes without owner, owners without bytes.
200 kills take about 15 minutes and a million lines.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench import hand_out, load
from bench.kills import check
from bench.kills.sender import Sender
from bench.kills.work import Artifacts, Run, Uploads, Work
from sweepd.cli import local
from sweepd.settings import Settings

VIEWER = "query Viewer { viewer { entity } }"
LINES_EACH = (1, 1, 10, 100, 400)  # lines a post


@dataclass(frozen=True)
class Load:
    """How much is sent."""

    n_kills: int
    n_runs: int = 24
    n_uploads: int = 4
    n_artifacts: int = 4
    n_clients: int = 2
    pause_s: tuple[float, float] = (0.2, 3.0)  # from an answer of the server to its next end


@dataclass
class Outcome:
    """What came of it."""

    seconds: float = 0.0
    n_lines: int = 0
    n_posts: int = 0
    n_files: int = 0
    n_versions: int = 0
    n_again: int = 0
    n_compared: int = 0
    n_stock_rows: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)  # by a stock client, after its last try


def measure(folder: Path, wanted: Load) -> Outcome:
    """Kill, compare, and tell."""
    server = hand_out.Server(folder / "data", hand_out.free_port())
    server.data.mkdir(parents=True)
    server.start()
    try:
        outcome = asyncio.run(_Measurement(folder, wanted, server).run())
    finally:
        server.stop()
    outcome.lost += check.folder(server.data)
    return outcome


class _Measurement:
    def __init__(self, folder: Path, wanted: Load, server: hand_out.Server) -> None:
        assert server.process is not None
        self._folder, self._wanted, self._server = folder, wanted, server
        self._key = local.read_key(Settings(data=server.data)) or ""
        self._peer = load.Server("sweepd", server.port, self._key, server.process, 0.0)
        self._runs = [Run(f"run{n}") for n in range(wanted.n_runs)]
        self._uploads = [Uploads(f"uploads{n}") for n in range(wanted.n_uploads)]
        self._artifacts = [Artifacts(f"artifacts{n}") for n in range(wanted.n_artifacts)]
        self._senders: list[Sender] = []

    async def run(self) -> Outcome:
        """Everything but the look at the folder."""
        began = time.monotonic()
        asking = self._sender("check")
        entity = (await asking.ask(VIEWER))["viewer"]["entity"]
        work, checker = Work(entity), check.Checker(asking, entity)
        stock = self._start_stock()
        tasks = [
            *(
                asyncio.create_task(r.work(self._sender(r.name), work, LINES_EACH))
                for r in self._runs
            ),
            *(asyncio.create_task(u.work(self._sender(u.name), work)) for u in self._uploads),
            *(asyncio.create_task(a.work(self._sender(a.name), work)) for a in self._artifacts),
        ]
        rng = random.Random(1)
        for number in range(1, self._wanted.n_kills + 1):
            work.may_go.set()
            await self._kill(rng)
            work.may_go.clear()
            await self._compare(checker)
            if number % 10 == 0:
                told = f"{number} kills, {checker.n_compared:,} lines, {len(checker.lost)} faults"
                print(told, file=sys.stderr, flush=True)
            if failed := [task for task in tasks if task.done()]:
                await asyncio.gather(*failed)  # raises what it met
        work.is_over = True
        work.may_go.set()
        (self._folder / "over").touch()
        await asyncio.gather(*tasks)
        seconds = time.monotonic() - began
        done = await asyncio.to_thread(self._end_stock, stock, checker.lost)
        await self._compare(checker, is_all=True)
        for name, what in done.items():
            await checker.stock(name, what, self._folder / name)
        for sender in self._senders:
            sender.close()
        await asyncio.sleep(0.1)  # until the transports are closed
        return self._outcome(checker, seconds, done)

    def _sender(self, name: str) -> Sender:
        self._senders.append(Sender(self._peer, name))
        return self._senders[-1]

    async def _kill(self, rng: random.Random) -> None:
        await asyncio.sleep(rng.uniform(*self._wanted.pause_s))
        await asyncio.to_thread(self._server.kill)
        if rng.random() < 0.15:  # the next one dies as it starts
            starting = asyncio.create_task(asyncio.to_thread(self._server.start))
            await asyncio.sleep(rng.uniform(0.3, 1.5))
            await starting
            await asyncio.to_thread(self._server.kill)
        await asyncio.to_thread(self._server.start)

    async def _compare(self, checker: check.Checker, is_all: bool = False) -> None:
        for run in self._runs:
            await checker.history(run, is_all)
        for uploads in self._uploads:
            await checker.files(uploads, is_all)
        for logged in self._artifacts:
            await checker.artifacts(logged, is_all)

    def _start_stock(self) -> dict[str, subprocess.Popen[bytes]]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
        environ = kept | {
            "WANDB_BASE_URL": f"http://127.0.0.1:{self._server.port}",
            "WANDB_API_KEY": self._key,
            "HOME": str(self._folder),
            "WANDB_ERROR_REPORTING": "false",
        }
        script, started = Path(__file__).with_name("stock.py"), {}
        for number in range(self._wanted.n_clients):
            name = f"stock{number}"
            with (self._folder / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    [sys.executable, script, name, self._folder],
                    cwd=self._folder,
                    env=environ,
                    stdout=log,
                    stderr=log,
                )
        return started

    def _end_stock(
        self, started: dict[str, subprocess.Popen[bytes]], lost: list[str]
    ) -> dict[str, dict[str, list[int]]]:
        done = {}
        for name, process in started.items():
            if code := process.wait(600):
                log = (self._folder / f"{name}.log").read_text(errors="replace")
                lost.append(f"{name} ended with {code}: {log[-2000:]}")
                continue
            done[name] = json.loads((self._folder / f"{name}.json").read_text())
        return done

    def _outcome(
        self, checker: check.Checker, seconds: float, done: dict[str, dict[str, list[int]]]
    ) -> Outcome:
        statuses: Counter[int] = Counter()
        for sender in self._senders:
            statuses.update(sender.statuses)
        return Outcome(
            seconds,
            sum(run.n_history for run in self._runs),
            sum(run.n_posts for run in self._runs),
            sum(len(uploads.done) for uploads in self._uploads),
            sum(len(logged.done) for logged in self._artifacts),
            sum(sender.n_again for sender in self._senders),
            checker.n_compared,
            sum(len(what["rows"]) for what in done.values()),
            statuses,
            checker.lost,
            checker.given_up,
        )


def main() -> None:
    """Measure and print; exit code 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (
        ("kills", 30),
        ("runs", 24),
        ("uploads", 4),
        ("artifacts", 4),
        ("clients", 2),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    wanted = Load(given.kills, given.runs, given.uploads, given.artifacts, given.clients)
    with tempfile.TemporaryDirectory() as folder:
        came = measure(Path(folder), wanted)
    print(
        f"{given.kills} kills -9 in {came.seconds:.0f} s: {came.n_lines:,} lines of history in "
        f"{came.n_posts:,} posts answered for, {came.n_files:,} files, {came.n_versions:,} "
        f"artifact versions, {came.n_stock_rows:,} rows by {given.clients} stock clients; "
        f"{came.n_again:,} requests sent again, other answers {dict(came.statuses)}; "
        f"{came.n_compared:,} lines compared; {len(came.given_up)} files that a "
        f"stock client gave up by itself; {len(came.lost)} faults"
    )
    for sentence in (came.lost + came.given_up)[:50]:
        print(f"  {sentence}")
    sys.exit(1 if came.lost else 0)


if __name__ == "__main__":
    main()
