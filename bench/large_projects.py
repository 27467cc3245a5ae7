"""What a project of many runs costs to read: its first pages, its table, its sweep's points.

    python -m bench.large_projects [--runs 100000] [--keep FOLDER]

One grid sweep made all the runs: thirteen config values, three of a summary. They are written
straight into the tables, then `sweepd serve` is started on them and asked what the client and the
pages ask. Times are of the whole answer, as who asks waits for it; beside them the processor time
of all the server's processes. Each question is asked first, again, and after a run has changed;
an open tab then asks for what changed since.
"""

import argparse
import contextlib
import http.client
import json
import random
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import sqlalchemy as sa

from bench.agents import PROJECT, create
from bench.ingest import ENTITY
from bench.load import Server, sweepd
from sweepd.store import schema
from sweepd.store.database import Connection, Database
from sweepd.store.sqlite import sqlite_url

AT_ONCE = 5000
MARK = re.compile(rb'"at":"([^"]*)"')
RUNS = """query Runs($project: String!, $entity: String!, $cursor: String, $perPage: Int = 50,
  $order: String, $filters: JSONString) {
  project(name: $project, entityName: $entity) {
    internalId
    runCount(filters: $filters)
    readOnly
    runs(filters: $filters, after: $cursor, first: $perPage, order: $order) {
      edges { node { projectId ...LightweightRunFragment } cursor }
      pageInfo { endCursor hasNextPage } } } }
fragment LightweightRunFragment on Run {
  id tags name displayName sweepName state group jobType commit readOnly createdAt heartbeatAt
  description notes historyLineCount user { name username } }"""
CHANGE = """mutation C($name: String!, $project: String!, $notes: String!) {
  upsertBucket(input: {name: $name, modelName: $project, notes: $notes}) { inserted } }"""


def fill(database: Database, sweep_id: str, n_runs: int, start: int = 0) -> None:
    """The runs of a sweep that is there, each with its cell, numbered from `start` on."""
    rng, began = random.Random(1), datetime.now(UTC) - timedelta(days=30)
    with database.read() as connection:
        sweeps = schema.sweeps.c
        query = sa.select(sweeps.id, sweeps.project_pk).where(sweeps.sweep_id == sweep_id)
        sweep_pk, project_pk = connection.execute(query).one()
    end = start + n_runs
    for first in range(start, end, AT_ONCE):
        cells, runs = [], []
        for i in range(first, min(end, first + AT_ONCE)):
            config = {f"p{k}": rng.random() for k in range(11)}
            config |= {"lr": rng.random(), "optimizer": rng.choice(["adam", "sgd", "lion"])}
            at, loss = began + timedelta(seconds=10 * i), rng.random()
            cells.append(
                {
                    "id": i + 1,
                    "sweep_pk": sweep_pk,
                    "key": f"k{i}",
                    "state": "done",
                    "config": json.dumps(config),
                    "origin": "search",
                    "n_attempts": 1,
                    "run_id": f"r{i}",
                }
            )
            runs.append(
                {
                    "project_pk": project_pk,
                    "run_id": f"r{i}",
                    "display_name": f"run-{i}",
                    "state": "finished",
                    "sweep_pk": sweep_pk,
                    "cell_pk": i + 1,
                    "created_at": at,
                    "started_at": at,
                    "ended_at": at + timedelta(seconds=9),
                    "updated_at": at + timedelta(seconds=9),
                    "heartbeat_at": at + timedelta(seconds=9),
                    "config": json.dumps({k: {"value": v} for k, v in config.items()}),
                    "summary": json.dumps({"loss": loss, "accuracy": 1 - loss, "_step": 99}),
                    "metric_last": loss,
                    "metric_min": loss,
                    "metric_max": loss,
                    "history_lines": 100,
                }
            )

        def insert(
            connection: Connection, cells: list[Any] = cells, runs: list[Any] = runs
        ) -> None:
            connection.execute(sa.insert(schema.cells), cells)
            connection.execute(sa.insert(schema.runs), runs)

        database.write(insert)


def make(folder: Path, n_cells: int, n_runs: int) -> str:
    """A sweep of so many cells and runs in a server's folder, its server ended; the sweep's id."""
    return make_several(folder, n_cells, n_runs, 1)[0]


def make_several(folder: Path, n_cells: int, n_runs: int, n_sweeps: int) -> list[str]:
    """As `make`, several of so many cells and runs each."""
    with sweepd(folder) as server:
        sweeps = [create(server, n_cells) for _ in range(n_sweeps)]
    database = Database(sqlite_url(folder / "data" / "sweepd.db"))
    for number, sweep in enumerate(sweeps):
        fill(database, sweep, n_runs, number * n_runs)
    database.close()
    return sweeps


class Asker:
    """Who asks a server, as a client with a key and as a browser that is signed in."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._browser = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._browser.request("POST", "/authorize", urlencode({"key": server.key}), form)
        signed = self._browser.getresponse()
        signed.read()
        self._cookie = {"Cookie": signed.headers["Set-Cookie"].partition(";")[0]}
        self.entity = str(server.ask(ENTITY)["viewer"]["entity"])
        self._marks: dict[str, str] = {}

    def page(self, filters: str = "{}", order: str = "+created_at") -> str:
        """The first page of `api.runs()`."""
        found = self.server.ask(
            RUNS, project=PROJECT, entity=self.entity, filters=filters, order=order
        )["project"]
        return f"{found['runCount']:,} runs"

    def get(self, path: str) -> str:
        """A document; says how large it is."""
        try:
            status, body = self._read(path)
        except (ConnectionError, http.client.HTTPException):  # it has rested too long
            self._browser.close()
            status, body = self._read(path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:200]!r}")
        if (found := MARK.search(body)) is not None:
            self._marks[path.partition("?")[0]] = found[1].decode()
        return f"{len(body) / 1e6:.2f} MB"

    def _read(self, path: str) -> tuple[int, bytes]:
        self._browser.request("GET", path, headers=self._cookie)
        answer = self._browser.getresponse()
        return answer.status, answer.read()

    def get_changes(self, path: str) -> str:
        """What changed of a document since it was read last."""
        mark = self._marks.get(path)
        return self.get(f"{path}?since={quote(mark)}" if mark else path)

    def touch(self, number: int) -> None:
        """Change a run."""
        self.server.ask(CHANGE, name=f"r{number}", project=PROJECT, notes="changed")


def until_quiet(server: Server) -> float:
    """Wait until the server has read what it reads before anybody asks."""
    time.sleep(3)
    n_quiet = 0
    while n_quiet < 4:  # on a busy machine a process may stand still for a second
        before = server.all_cpu_s()
        time.sleep(1)
        n_quiet = n_quiet + 1 if server.all_cpu_s() - before < 0.1 else 0
    return server.all_cpu_s()


def measured(server: Server, work: Callable[[], str]) -> tuple[float, float, str]:
    """Seconds waited, seconds of processor time, what was answered."""
    cpu_s, began = server.all_cpu_s(), time.perf_counter()
    found = work()
    return time.perf_counter() - began, server.all_cpu_s() - cpu_s, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="make the runs there, or use those there")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        note = folder / "sweep.txt"
        if not note.exists():
            note.write_text(make(folder, 10_000_000, given.runs))
        sweep = note.read_text()
        with sweepd(folder) as server:
            started_s = server.all_cpu_s()
            asker = Asker(server)
            spent_s = until_quiet(server)
            print(
                f"start {server.start_s:.2f} s, {started_s:.2f} s of processor time; all read "
                f"after {spent_s:.1f} s of processor time; {server.memory_mb():.0f} MB",
                flush=True,
            )
            by_config = '{"config.lr.value": {"$lt": 0.5}}'
            table = f"/-/projects/{asker.entity}/{PROJECT}/runs"
            points = f"/-/sweeps/{asker.entity}/{PROJECT}/{sweep}/points"
            questions: dict[str, Callable[[], str]] = {
                "api.runs(), first page": asker.page,
                "filter and order by config": lambda: asker.page(by_config, "-config.p1.value"),
                "filter by config, order by summary": lambda: asker.page(
                    by_config, "+summary_metrics.loss"
                ),
                "the project's page": lambda: asker.get(f"/{asker.entity}/{PROJECT}"),
                "its table": lambda: asker.get(table),
                "its table, an open tab": lambda: asker.get_changes(table),
                "the sweep's points": lambda: asker.get(points),
                "its points, an open tab": lambda: asker.get_changes(points),
            }
            for title, work in questions.items():
                for when in ("first", "again", "after a change"):
                    if when == "after a change":
                        asker.touch(7)
                    waited_s, cpu_s, found = measured(server, work)
                    print(
                        f"{title:36} {when:15} {waited_s:7.3f} s {cpu_s:7.2f} s CPU "
                        f"{server.memory_mb():6.0f} MB  {found}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
