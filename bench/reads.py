"""What reads cost that users wait for: processor time of one answer, on many runs and a long one.

    python -m bench.reads [--runs 10000] [--steps 100000]

Everything is in this process, so nothing but the answer is counted. A page of runs is asked for
three times: first, again, and after a run has changed.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.ingest import bodies
from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.settings import Settings
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.wandb_api.file_stream import read_post
from sweepd.wandb_api.graphql.context import Context
from sweepd.wandb_api.graphql.engine import Engine
from sweepd.wandb_api.signing import Signer

OF_RUN = """{ project(name: "p") { run(name: "long") { %s } } }"""
SAMPLES = json.dumps(json.dumps({"keys": ["loss", "_step"], "samples": 500}))
PAGE = """query P($where: JSONString, $order: String) { project(name: "p") {
  runs(filters: $where, order: $order, first: 50) {
    edges { node { name state config summaryMetrics } } pageInfo { endCursor } } } }"""
QUESTIONS = {
    "all": ("{}", "+created_at"),
    "by config": ('{"config.lr.value": {"$lt": 0.5}}', "-summary_metrics.loss"),
}


class Reader:
    """A server's parts with a project of many runs and a long one."""

    def __init__(self, folder: Path) -> None:
        self.parts = server.build(Settings(data=folder))
        users = self.parts.services.users
        users.add_user("ann")
        self.ann: Caller = users.get_caller("ann")
        self._signer = Signer(users.secret("files"))
        self._engine = Engine()

    def fill(self, n_runs: int, n_steps: int) -> None:
        """Make the runs: the long one by its client's posts, the others at once."""
        services, rng = self.parts.services, random.Random(1)
        long, _ = services.runs.upsert(self.ann, "ann", "p", "long", RunChange())
        for first in range(0, n_steps, 100):
            post = read_post(json.loads(bodies(100, first, rng)))
            services.history.append(self.ann, "ann", "p", "long", post)
        at = self.parts.core.now() - timedelta(hours=1)
        rows = [
            {
                "project_pk": long.project_pk,
                "run_id": f"r{i}",
                "display_name": f"run-{i}",
                "state": "finished",
                "created_at": at,
                "updated_at": at,
                "config": json.dumps(
                    {f"p{k}": {"value": rng.random()} for k in range(12)}
                    | {"lr": {"value": rng.random()}}
                ),
                "summary": json.dumps({"loss": rng.random()}),
            }
            for i in range(n_runs)
        ]

        def insert(connection: Connection) -> None:
            connection.execute(sa.insert(schema.runs), rows)

        self.parts.core.db.write(insert)
        self.touch()

    def touch(self) -> None:
        """Change a run."""
        self.parts.services.runs.upsert(self.ann, "ann", "p", "r0", RunChange(notes="changed"))

    def ask(self, document: str, **variables: Any) -> float:
        """Milliseconds of processor time of an answer."""
        context = Context(self.ann, self.parts.services, self._signer, 1, "http://here")
        began = time.process_time()
        asyncio.run(self._engine.run(document, variables, None, context))
        return 1000 * (time.process_time() - began)


def best(measure: Callable[[], float], n: int = 5) -> float:
    """The least of several."""
    return min(measure() for _ in range(n))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        reader.fill(given.runs, given.steps)
        end = given.steps
        for name, field in (
            ("a page of 1,000 steps, first", "history(minStep: 0, maxStep: 1000)"),
            ("the same, last", f"history(minStep: {end - 1000}, maxStep: {end})"),
            ("first row", 'parquetHistory(liveKeys: ["_step"]) { liveData }'),
            ("500 samples", f"sampledHistory(specs: [{SAMPLES}])"),
            ("keys, first asked", "historyKeys"),
        ):
            once = 1 if "first asked" in name else 5
            found = best(lambda field=field: reader.ask(OF_RUN % field), once)  # type: ignore[misc]
            print(f"{name:32} {found:8.1f} ms", flush=True)
        for name, (where, order) in QUESTIONS.items():
            first = reader.ask(PAGE, where=where, order=order)
            again = best(lambda w=where, o=order: reader.ask(PAGE, where=w, order=o))  # type: ignore[misc]
            reader.touch()
            changed = reader.ask(PAGE, where=where, order=order)
            print(
                f"50 runs, {name:23} {first:8.1f} ms, again {again:.1f}, after a change "
                f"{changed:.1f}",
                flush=True,
            )
        reader.parts.core.db.close()


if __name__ == "__main__":
    main()
