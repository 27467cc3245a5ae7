"""Agents of a server that speak what the stock client speaks, many in one process.

A request's latency counts from the moment it was due, so a late generator makes the server look
worse, never better.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.hand_out import AGENT, BUCKET, HEARTBEAT, SWEEP
from bench.load import Connection, Server

PROJECT = "load"
N_AGENTS = 64
BEAT_S = 5.0  # how often the stock agent asks


def grid_text(n_cells: int) -> str:
    """A grid of that many cells: 10, 50, 10,000 or a million come out exact."""
    width = 1000 if n_cells >= 1_000_000 else 100 if n_cells >= 10_000 else 1
    return (
        "method: grid\nprogram: train.py\nmetric: {name: loss}\nparameters:\n"
        f"  a: {{min: 1, max: {n_cells // width}, distribution: int_uniform}}\n"
        f"  b: {{min: 1, max: {width}, distribution: int_uniform}}\n"
    )


def create(server: Server, n_cells: int) -> str:
    """A new sweep's id."""
    made = server.ask(SWEEP, config=grid_text(n_cells), project=PROJECT)
    return str(made["upsertSweep"]["sweep"]["name"])


@dataclass
class Asking:
    """Agents of a server, and what they saw."""

    server: Server
    entity: str
    waits_s: list[float] = field(default_factory=list)  # of heartbeats that handed out a run
    n_runs: int = 0

    async def query(self, connection: Connection, document: str, **variables: Any) -> Any:
        """The `data` of a GraphQL answer."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        status, text = await connection.post("/graphql", body)
        assert status == 200 and b'"errors"' not in text, (status, text[:300])
        return json.loads(text)["data"]

    async def register(self, connection: Connection, sweep: str, number: int) -> str:
        """A new agent's node id."""
        made = await self.query(
            connection, AGENT, host=f"host{number}", project=PROJECT, sweep=sweep
        )
        return str(made["createAgent"]["agent"]["id"])

    async def work(self, sweep: str, number: int, beat_s: float, until: float) -> None:
        """One agent: a run each beat (0: at once again) until `exit` or the time is over."""
        connection = Connection(self.server)
        await connection.open()
        node = await self.register(connection, sweep, number)
        due = time.perf_counter() + 0.5 + beat_s * number / N_AGENTS  # all have registered
        while time.perf_counter() < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = due if beat_s else time.perf_counter()
            answer = await self.query(connection, HEARTBEAT, id=node, metrics="{}", runState="{}")
            waited = time.perf_counter() - began
            commands = json.loads(answer["agentHeartbeat"]["commands"])
            if any(command["type"] == "exit" for command in commands):
                break
            for command in commands:
                self.waits_s.append(waited)
                await self._run(connection, command["run_id"], command["args"])
            due = max(due + beat_s, time.perf_counter())
            if not beat_s and not commands:
                due += 0.05  # the last runs of a grid are with others
        connection.close()

    async def do_one(self, connection: Connection, node: str) -> int:
        """An agent asks, and does what it is told at once; how many runs that was."""
        answer = await self.query(connection, HEARTBEAT, id=node, metrics="{}", runState="{}")
        commands = json.loads(answer["agentHeartbeat"]["commands"])
        for command in commands:
            await self._run(connection, command["run_id"], command["args"])
        return len(commands)

    async def _run(self, connection: Connection, run_id: str, args: dict[str, Any]) -> None:
        config = json.dumps(args)
        await self.query(connection, BUCKET, name=run_id, project=PROJECT, config=config)
        line = json.dumps({"_step": 0, "loss": args["a"]["value"]})
        history = {"wandb-history.jsonl": {"offset": 0, "content": [line]}}
        body = json.dumps({"files": history, "complete": True, "exitcode": 0}).encode()
        path = f"/files/{self.entity}/{PROJECT}/{run_id}/file_stream"
        status, text = await connection.post(path, body)
        assert status == 200, (status, text[:300])
        self.n_runs += 1

    async def beat(
        self, node: str, connection: Connection, number: int, due: Iterator[float], until: float
    ) -> list[float]:
        """Heartbeats of an agent whose run is alive, each when it is due; their latencies, s."""
        waits_s = []
        for at in due:
            if (at or time.perf_counter()) >= until:
                break
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            began = at or time.perf_counter()
            state = json.dumps({f"run{number}": True})
            answer = await self.query(connection, HEARTBEAT, id=node, metrics="{}", runState=state)
            waits_s.append(time.perf_counter() - began)
            assert answer["agentHeartbeat"]["commands"] == "[]", answer
        return waits_s
