"""Agents that ask every server in turn, and what they saw."""

import itertools
import json
import threading
import time
from collections.abc import Iterable
from typing import Any

from bench.hand_out import AGENT, BUCKET, HEARTBEAT
from bench.replicas.parts import Everywhere, Site

BEAT_S = 1.0
FILE = """mutation CreateRunFiles($entity: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: "load", runName: $run, files: $files}) {
    files { uploadUrl } } }"""


def body_of(run: str) -> bytes:
    """The file that a run uploads."""
    return run.encode() * 5000


class Agents:
    """Work on one sweep until it has ended; each run takes some seconds and is never silent."""

    def __init__(
        self, site: Site, entity: str, sweep: str, run_s: float, uploads_every: int
    ) -> None:
        self._site, self._entity, self._sweep = site, entity, sweep
        self._run_s, self._every = run_s, uploads_every
        self._count = itertools.count(1)
        self.begun: set[str] = set()  # runs that some agent has worked on
        self.silent_s: dict[str, float] = {}  # the longest that the servers heard nothing of each
        self.uploaded: list[str] = []  # runs whose file was answered for
        self.failed: list[BaseException] = []

    def start(self, n_agents: int) -> Iterable[threading.Thread]:
        """Threads that end with the sweep."""
        threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(n_agents)
        ]
        for thread in threads:
            thread.start()
        return threads

    @property
    def n_begun(self) -> int:
        """How many runs have been begun."""
        return len(self.begun)

    def _work(self, number: int) -> None:
        try:
            client = Everywhere(self._site.ports, self._site.key, number)
            made = client.query(AGENT, host=f"host{number}", project="load", sweep=self._sweep)
            node, states = made["createAgent"]["agent"]["id"], dict[str, str]()
            while True:
                command = self._beat(client, node, states)
                if command is None:
                    time.sleep(0.2)
                elif command["type"] == "exit":
                    return
                elif command["type"] == "run":
                    self._run(client, node, command["run_id"], command["args"])
        except BaseException as error:
            self.failed.append(error)

    def _beat(self, client: Everywhere, node: str, states: dict[str, str]) -> dict[str, Any] | None:
        answer = client.query(HEARTBEAT, id=node, metrics="{}", runState=json.dumps(states))
        commands: list[dict[str, Any]] = json.loads(answer["agentHeartbeat"]["commands"])
        return commands[0] if commands else None

    def _run(self, client: Everywhere, node: str, run: str, args: dict[str, Any]) -> None:
        client.query(BUCKET, name=run, project="load", config=json.dumps(args))
        self.begun.add(run)
        ends_at, step, heard = time.monotonic() + self._run_s, 0, time.monotonic()
        loss = sum((float(item["value"]) - 0.3) ** 2 for item in args.values())
        while True:
            is_over = time.monotonic() >= ends_at
            self._post(client, run, step, loss + 1 / (1 + step), is_over)
            step += 1
            silent_s, heard = time.monotonic() - heard, time.monotonic()
            self.silent_s[run] = max(silent_s, self.silent_s.get(run, 0.0))
            if is_over:
                break
            time.sleep(min(BEAT_S, max(0.0, ends_at - time.monotonic())))
            self._beat(client, node, {run: "running"})
        if next(self._count) % self._every == 0:
            asked = client.query(FILE, entity=self._entity, run=run, files=["model.bin"])
            [file] = asked["createRunFiles"]["files"]
            client.send("PUT", file["uploadUrl"], body_of(run))
            self.uploaded.append(run)

    def _post(self, client: Everywhere, run: str, step: int, loss: float, is_over: bool) -> None:
        line = json.dumps({"_step": step, "loss": loss})
        body: dict[str, Any] = {
            "files": {"wandb-history.jsonl": {"offset": step, "content": [line]}}
        }
        if is_over:
            body |= {"complete": True, "exitcode": 0}
        client.post(f"/files/{self._entity}/load/{run}/file_stream", body)
