"""`wandb agent` on several machines: one is cut off and comes back, one is killed, one sleeps."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, start_server, wait_until
from tests.faults import hosts

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

RUN_SILENT_S, AGENT_SILENT_S = 20, 12
TRAIN = """
import time, wandb
with wandb.init() as run:
    for step in range(16):
        run.log({"loss": run.config["a"] / (1 + step)})
        time.sleep(0.5)
"""
SWEEP = """
program: train.py
project: lab
method: grid
metric: {name: loss}
parameters: {a: {values: [1, 2, 3, 4, 5, 6, 7, 8]}}
"""
ASK = """query Runs($sweep: String!) { project(name: "lab") { sweep(sweepName: $sweep) {
  name state agents { edges { node { name host } } }
  runs { edges { node { name state config stopReason historyLineCount host } } } } } }"""
CREATE = """mutation UpsertSweep($config: String) {
  upsertSweep(input: {config: $config, projectName: "lab"}) {
    sweep { name project { entity { name } } } configValidationWarnings } }"""


@pytest.fixture
def lab() -> Iterator[list[hosts.Host]]:
    if os.getuid() != 0 or shutil.which("ip") is None or not hosts.can_be_made():
        pytest.skip("network namespaces need root and Debian's iproute2")
    with hosts.network(4) as made:
        yield made


def kill_group(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
    """Signal a process and everything it started (each run is a group of its own)."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    children: dict[int, list[int]] = {}
    for line in table.stdout.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    reached = [process.pid]
    for pid in reached:
        reached += children.get(pid, [])
    for pid in reached:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def test_agents_on_other_hosts_survive_cut_kill_and_sleep(
    lab: list[hosts.Host], tmp_path: Path
) -> None:
    home, *others = lab
    start_server(tmp_path / "data").stop()  # on loopback first, which makes the first user
    key = json.loads((tmp_path / "data/local.key").read_text())["key"]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")} | {
        "SWEEPD_RUN_SILENT_S": str(RUN_SILENT_S),
        "SWEEPD_AGENT_SILENT_S": str(AGENT_SILENT_S),
        "PYTHONPATH": str(ROOT),
        "WANDB_BASE_URL": f"http://{home.address}:8787",
        "WANDB_API_KEY": key,
        "WANDB_ERROR_REPORTING": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    serve = ["-m", "sweepd", "serve", "--host", home.address, "--data", str(tmp_path / "data")]
    started = [home.start([sys.executable, *serve], tmp_path / "server", environ)]
    log = tmp_path / "server/output.log"
    try:
        wait_until(lambda: "Ctrl-C stops" in log.read_text(), 90, log.read_text)
        query = Asking(home, environ)
        created = query(CREATE, config=SWEEP)["upsertSweep"]["sweep"]
        sweep, entity = created["name"], created["project"]["entity"]["name"]

        def look() -> dict[str, Any]:
            found: dict[str, Any] = query(ASK, sweep=sweep)["project"]["sweep"]
            return found

        def runs() -> list[dict[str, Any]]:
            return [edge["node"] for edge in look()["runs"]["edges"]]

        def tell() -> str:
            return f"{json.dumps(look(), indent=1)}\n{log.read_text()[-3000:]}"

        agents = []
        for host in (*others, home):
            folder = tmp_path / f"on-{host.name}"
            folder.mkdir()
            (folder / "train.py").write_text(TRAIN)
            own = environ | {"HOME": str(folder)}
            command = [sys.executable, "-m", "wandb", "agent", f"{entity}/lab/{sweep}"]
            agents.append(host.start(command, folder, own))
        started += agents
        steady, cut_off, killed, asleep = agents

        wait_until(lambda: sum(run["state"] == "running" for run in runs()) == 4, 120, tell)
        others[1].cut()
        kill_group(killed)
        kill_group(asleep, signal.SIGSTOP)

        wait_until(lambda: sum(run["state"] == "crashed" for run in runs()) == 3, 120, tell)
        taken = {run["name"] for run in runs() if run["state"] == "crashed"}
        assert all("fell silent" in run["stopReason"] for run in runs() if run["name"] in taken)
        others[1].mend()
        kill_group(asleep, signal.SIGCONT)

        wait_until(lambda: look()["state"] == "FINISHED", 200, tell)
        for agent in (steady, cut_off, asleep):
            assert agent.wait(90) == 0, tell()
        wait_until(
            lambda: not any(run["state"] in ("running", "pending") for run in runs()), 90, tell
        )
        ended = runs()
        finished = Counter(
            json.loads(run["config"])["a"]["value"] for run in ended if run["state"] == "finished"
        )
        assert sorted(finished) == [1, 2, 3, 4, 5, 6, 7, 8], tell()
        late = [run for run in ended if run["name"] in taken and run["state"] == "finished"]
        assert len(late) >= 1, f"what came back late is kept: {tell()}"
        assert all(run["historyLineCount"] == 16 for run in ended if run["state"] == "finished")
        assert len(look()["agents"]["edges"]) == 4
    finally:
        for process in started:
            kill_group(process)
            process.wait()


class Asking:
    """GraphQL from inside a host: the server's address does not exist outside."""

    def __init__(self, host: hosts.Host, environ: dict[str, str]) -> None:
        self._host = host
        self._environ = environ

    def __call__(self, document: str, **variables: Any) -> dict[str, Any]:
        script = (
            "import json, sys; from sweepd.cli.client import Client; "
            "url, key, document, variables = json.load(sys.stdin); "
            "print(json.dumps(Client(url, key).query(document, **variables)))"
        )
        given = [
            self._environ["WANDB_BASE_URL"],
            self._environ["WANDB_API_KEY"],
            document,
            variables,
        ]
        done = subprocess.run(
            ["ip", "netns", "exec", self._host.name, sys.executable, "-c", script],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
            env=self._environ,
        )
        assert done.returncode == 0, done.stderr
        data: dict[str, Any] = json.loads(done.stdout)
        return data
