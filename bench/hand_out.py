"""Simulated agents against a real server that is killed again and again: is the hand-out exact?

    python -m bench.hand_out [--agents 64] [--cells 20000] [--kills 20] [--cap N]

Each agent is a thread that speaks what the stock client speaks: register, heartbeat, create the
run, one line of history, `complete`. The server is a process on a folder of its own; `kill -9` hits
it after equal shares of the cells, and it is started again at once. At the end every cell must have
exactly one finished run. Prints the rate and the latency of heartbeats that handed out a run.
"""

import argparse
import base64
import http.client
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweepd.cli import local
from sweepd.settings import Settings

ROOT = Path(__file__).parent.parent
WIDTH = 100  # values of the second parameter
AGENT = """mutation CreateAgent($host: String!, $project: String, $sweep: String!) {
  createAgent(input: {host: $host, projectName: $project, sweep: $sweep}) { agent { id } } }"""
HEARTBEAT = """mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) {
    agent { id } commands } }"""
BUCKET = """mutation UpsertBucket($name: String, $project: String, $config: JSONString) {
  upsertBucket(input: {name: $name, modelName: $project, config: $config}) {
    bucket { id name } inserted } }"""
SWEEP = """mutation UpsertSweep($config: String, $project: String) {
  upsertSweep(input: {config: $config, projectName: $project}) {
    sweep { name } configValidationWarnings } }"""
RUNS = """query Runs($sweep: String!) { project(name: "load") { entityName
  sweep(sweepName: $sweep) { state runs { edges { node { name state config } } } } } }"""


@dataclass
class Server:
    """A `sweepd serve` that can be killed and started again on the same folder and port."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)  # beside our own

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "sweepd", "serve", "--data", str(self.data)]
        with (self.data.parent / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | self.environ,
            )
        while not self._answers() or not local.read_key(Settings(data=self.data)):
            if self.process.poll() is not None:
                raise SystemExit((self.data.parent / "serve.log").read_text()[-3000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """`kill -9`."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it politely."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/authorize")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()


class Client:
    """One kept-alive connection; a request is sent again until it is answered."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        token = base64.b64encode(f"api:{key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer's JSON; errors of the connection and 5xx are tried again, as clients do."""
        while True:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection("127.0.0.1", self._port, 30)
                self._connection.request("POST", path, json.dumps(body), self._headers)
                response = self._connection.getresponse()
                text = response.read()
                if response.status < 500:
                    if response.status != 200:
                        raise RuntimeError(f"{path}: {response.status} {text[:300]!r}")
                    answer: dict[str, Any] = json.loads(text)
                    return answer
            except (OSError, http.client.HTTPException):
                self.close()
            time.sleep(0.05)

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL answer."""
        body = {"query": document, "variables": variables, "operationName": ""}
        data: dict[str, Any] = self.post("/graphql", body)["data"]
        return data

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@dataclass
class Load:
    """What the agents share: where the sweep is, and what they saw."""

    port: int
    key: str
    entity: str
    sweep: str
    done: Any = field(default_factory=itertools.count)
    n_done: int = 0
    waits_s: list[float] = field(default_factory=list)

    def work(self, number: int) -> None:
        """One agent, from registration to `exit`."""
        client = Client(self.port, self.key)
        agent = client.query(AGENT, host=f"host{number}", project="load", sweep=self.sweep)
        node = agent["createAgent"]["agent"]["id"]
        while True:
            start = time.perf_counter()
            answer = client.query(HEARTBEAT, id=node, metrics="{}", runState="{}")
            waited = time.perf_counter() - start
            commands = json.loads(answer["agentHeartbeat"]["commands"])
            if any(command["type"] == "exit" for command in commands):
                client.close()
                return
            if not commands:
                time.sleep(0.1)
            for command in commands:
                self.waits_s.append(waited)
                self._run(client, command["run_id"], command["args"])
                self.n_done = next(self.done)

    def _run(self, client: Client, run_id: str, args: dict[str, Any]) -> None:
        client.query(BUCKET, name=run_id, project="load", config=json.dumps(args))
        line = json.dumps({"_step": 0, "loss": args["a"]["value"]})
        client.post(
            f"/files/{self.entity}/load/{run_id}/file_stream",
            {
                "files": {"wandb-history.jsonl": {"offset": 0, "content": [line]}},
                "complete": True,
                "exitcode": 0,
            },
        )


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    state: str
    n_configs: int  # different configs with a finished run
    n_runs: int
    n_repeated: int  # configs with more than one finished run
    seconds: float
    waits_s: list[float]


def hand_out(
    folder: Path, n_agents: int, n_cells: int, n_kills: int, run_cap: int | None = None
) -> Outcome:
    """Let agents work a grid off while the server is killed; see the module's text."""
    server = Server(folder / "data", free_port())
    server.data.mkdir(parents=True)
    server.start()
    try:
        key = local.read_key(Settings(data=server.data)) or ""
        client = Client(server.port, key)
        created = client.query(SWEEP, config=sweep_text(n_cells, run_cap), project="load")
        sweep = created["upsertSweep"]["sweep"]["name"]
        entity = client.query(RUNS, sweep=sweep)["project"]["entityName"]
        load = Load(server.port, key, entity, sweep)
        start = time.monotonic()
        threads = [threading.Thread(target=load.work, args=(n,)) for n in range(n_agents)]
        for thread in threads:
            thread.start()
        for kill in range(1, n_kills + 1):
            while load.n_done < n_cells * kill // (n_kills + 1) and threads[0].is_alive():
                time.sleep(0.01)
            server.kill()
            server.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - start
        found = client.query(RUNS, sweep=sweep)["project"]["sweep"]
        client.close()
    finally:
        server.kill()
    runs = [edge["node"] for edge in found["runs"]["edges"]]
    finished = Counter(
        (config["a"]["value"], config["b"]["value"])
        for run in runs
        if run["state"] == "finished"
        for config in [json.loads(run["config"])]
    )
    n_repeated = sum(count > 1 for count in finished.values())
    return Outcome(found["state"], len(finished), len(runs), n_repeated, seconds, load.waits_s)


def sweep_text(n_cells: int, run_cap: int | None) -> str:
    """A grid of that many cells.

    Raises:
        ValueError: More than a hundred, and no multiple of it.
    """
    if n_cells > WIDTH and n_cells % WIDTH:
        raise ValueError(f"{n_cells} cells make no grid of {WIDTH} columns: name a multiple of it")
    cap = f"run_cap: {run_cap}\n" if run_cap else ""
    return (
        f"{cap}method: grid\nprogram: train.py\nmetric: {{name: loss}}\nparameters:\n"
        f"  a: {{min: 1, max: {max(1, n_cells // WIDTH)}, distribution: int_uniform}}\n"
        f"  b: {{min: 1, max: {min(n_cells, WIDTH)}, distribution: int_uniform}}\n"
    )


def free_port() -> int:
    """A port nobody listens on now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run it and print what came of it; exit code 1 when the hand-out was not exact."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--agents", type=int, default=64)
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cap", type=int, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        came = hand_out(Path(folder), given.agents, given.cells, given.kills, given.cap)
    expected = min(given.cells, given.cap or given.cells)
    waits = [1e3 * wait for wait in sorted(came.waits_s)]
    print(
        f"{given.agents} agents, {given.cells} cells, {given.kills} kills -9: sweep {came.state}, "
        f"{came.n_configs} configs finished (expected {expected}), {came.n_repeated} twice, "
        f"{came.n_runs} runs; {came.n_runs / came.seconds:.0f} runs/s; a heartbeat that hands out "
        f"p50 {statistics.median(waits):.1f} ms, p99 {waits[len(waits) * 99 // 100]:.1f} ms"
    )
    is_exact = came.n_configs == expected and came.n_repeated == 0 and came.state == "FINISHED"
    sys.exit(0 if is_exact else 1)


if __name__ == "__main__":
    main()
