"""What an agent waits for while the search is busy: heartbeats with many bayes sweeps at once.

    nice python -m bench.search.serving [--sweeps 50] [--runs 30] [--seconds 30]

A server of its own; in each sweep one agent is given runs and reports them at once, so every
heartbeat asks for a config that rests on fresh results. Prints the heartbeats' latency and, beside
it, that of a trivial query, for two phases: building the history up, then with it.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import math
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sweepd.cli import local, run
from sweepd.settings import Settings

CREATE = """mutation U($config: String) { upsertSweep(input: {config: $config, projectName: "p"}) {
  sweep { name project { entity { name } } } } }"""
REGISTER = """mutation A($sweep: String!) {
  createAgent(input: {host: "bench", projectName: "p", sweep: $sweep}) { agent { id } } }"""
BEAT = """mutation H($id: ID!, $state: JSONString) {
  agentHeartbeat(input: {id: $id, runState: $state}) { commands } }"""
BEGIN = """mutation B($name: String, $sweep: String) {
  upsertBucket(input: {name: $name, modelName: "p", sweep: $sweep}) { bucket { id } } }"""
SWEEP = """
method: bayes
metric: {name: loss, goal: minimize}
parameters:
  a: {min: 0.0, max: 1.0}
  b: {min: 0.0, max: 1.0}
  c: {min: 0.0, max: 1.0}
  d: {values: [16, 32, 64, 128]}
"""


class Connection:
    """A kept-open connection, as the client keeps one; each belongs to one thread."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        assert address.hostname
        self._http = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        token = base64.b64encode(f"api:{key}".encode()).decode()
        self._head = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The decoded answer."""
        self._http.request("POST", path, json.dumps(body), self._head)
        answer = self._http.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:500]!r}")
        return json.loads(text)

    def query(self, document: str, **variables: Any) -> Any:
        """The `data` of a GraphQL answer."""
        return self.post("/graphql", {"query": document, "variables": variables})["data"]


class Agent:
    """One agent of one sweep; `step` is a heartbeat and, if it brings a run, the whole run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        sweep = connection.query(CREATE, config=SWEEP)["upsertSweep"]["sweep"]
        self._sweep, self._entity = sweep["name"], sweep["project"]["entity"]["name"]
        found = connection.query(REGISTER, sweep=self._sweep)
        self._id = found["createAgent"]["agent"]["id"]
        self.n_runs = 0

    def step(self) -> tuple[float, bool]:
        """Milliseconds of the heartbeat, and whether it brought a run."""
        begin = time.perf_counter()
        answer = self._connection.query(BEAT, id=self._id, state="{}")["agentHeartbeat"]
        passed = 1000 * (time.perf_counter() - begin)
        runs = [command for command in json.loads(answer["commands"]) if command["type"] == "run"]
        for command in runs:
            self._finish(command)
        self.n_runs += len(runs)
        return passed, bool(runs)

    def _finish(self, command: dict[str, Any]) -> None:
        name = command["run_id"]
        config = {key: item["value"] for key, item in command["args"].items()}
        loss = sum((config[key] - 0.3) ** 2 for key in "abc") + math.log2(config["d"]) / 50
        self._connection.query(BEGIN, name=name, sweep=self._sweep)
        row = json.dumps({"_step": 0, "loss": loss})
        files = {
            "wandb-history.jsonl": {"offset": 0, "content": [row]},
            "wandb-summary.json": {"offset": 0, "content": [row]},
        }
        path = f"/files/{self._entity}/p/{name}/file_stream"
        self._connection.post(path, {"files": files, "complete": True, "exitcode": 0})


def percentiles(times: list[float]) -> str:
    """Median, 95th and 99th percentile and the longest, ms."""
    cuts = statistics.quantiles(times, n=100)
    return (
        f"p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, "
        f"max {max(times):.1f} ms over {len(times)}"
    )


def measure(url: str, key: str, n_sweeps: int, n_runs: int, seconds: float) -> None:
    """Both phases; prints one line for each."""
    agents = [Agent(Connection(url, key)) for _ in range(n_sweeps)]
    plain: list[float] = []
    is_over = threading.Event()

    def probe() -> None:
        connection = Connection(url, key)
        while not is_over.wait(0.05):
            begin = time.perf_counter()
            connection.query("{ viewer { username } }")
            plain.append(1000 * (time.perf_counter() - begin))

    thread = threading.Thread(target=probe)
    thread.start()
    for title, until_runs, limit in (
        ("building up", n_runs, math.inf),
        (f"with {n_runs} runs or more each", math.inf, seconds),
    ):
        beats: list[float] = []
        n_without, begin = 0, time.perf_counter()
        plain.clear()
        while time.perf_counter() - begin < limit:
            due = [agent for agent in agents if agent.n_runs < until_runs]
            if not due:
                break
            for agent in due:
                passed, has_run = agent.step()
                beats.append(passed)
                n_without += not has_run
        passed_s = time.perf_counter() - begin
        print(
            f"{title}: {passed_s:.0f} s, {len(beats) - n_without} runs handed out, "
            f"{n_without} heartbeats found nothing ready\n"
            f"  heartbeats: {percentiles(beats)}\n  plain query: {percentiles(plain)}",
            flush=True,
        )
    is_over.set()
    thread.join()


def main() -> None:
    """Start a server, measure, end it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=50)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", port=0)
        process = run._start_server(settings)
        try:
            url = run._wait_for_server(settings, process)
            measure(url, local.read_key(settings) or "", args.sweeps, args.runs, args.seconds)
        finally:
            process.terminate()
            process.wait()
    print(f"load of this machine meanwhile: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
