"""`sweepd agents --ray` on a Ray cluster of this machine: a lost node's agent begins on another."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, free_port, start_server, wait_until
from tests.e2e.test_sweep import RUNS, create
from tests.faults.test_hosts import kill_group

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

RAY = ROOT / ".venv-ray/bin"  # Ray and the client, and nothing of ours
SCRIPT = """
import argparse, os, time, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int)
options = parser.parse_args()
assert wandb.run is None and os.path.exists("beside.txt")
with wandb.init() as run:
    run.log({"loss": options.n})
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES") or "none"
    told = f"{gpu} {os.environ['NODE']} {os.getpid()}"
    with open(f"HERE/part-{run.id}", "w") as file:
        file.write(told)
    os.rename(f"HERE/part-{run.id}", f"HERE/begun-{run.id}")
    while not os.path.exists("HERE/go"):
        time.sleep(0.2)
"""
SWEEP = """
program: train.py
project: toy
method: grid
metric: {name: loss, goal: minimize}
parameters: {n: {values: [1, 2, 3]}}
"""


@dataclass
class Ray:
    """A cluster; each node is one GPU, by its own word."""

    folder: Path
    port: int
    client_port: int  # of the head, for those who are on no node
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "PYTHON"))}
        path = f"{RAY}{os.pathsep}{os.environ['PATH']}"
        quiet = {"RAY_USAGE_STATS_ENABLED": "0", "HOME": str(self.folder)}
        quiet["RAY_raylet_start_wait_time_s"] = "200"  # a busy machine
        return kept | quiet | {"PATH": path, "RAY_TMPDIR": str(self.folder)}

    def add(self, name: str) -> None:
        """Start a node; the first one is the head."""
        where = ["--address", f"127.0.0.1:{self.port}"]
        if not self.nodes:
            where = ["--head", "--port", str(self.port), "--include-dashboard=false"]
            where += ["--temp-dir", str(self.folder / "t"), "--ray-client-server-port"]
            where += [str(self.client_port)]
        where += ["--min-worker-port=0", "--max-worker-port=0"]  # any that are free
        where += [f"--dashboard-agent-listen-port={free_port()}"]
        command = [RAY / "ray", "start", "--block", "--node-ip-address=127.0.0.1", *where]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.nodes[name] = subprocess.Popen(
                [*command, "--num-cpus=1", "--num-gpus=1"],
                env=self.environ | {"NODE": name},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        path, process = self.folder / f"{name}.log", self.nodes[name]
        wait_until(
            lambda: "--block" in path.read_text() or process.poll() is not None,
            300,
            path.read_text,
        )
        assert process.poll() is None, path.read_text()


@pytest.fixture
def ray() -> Iterator[Ray]:
    if not (RAY / "ray").exists():
        pytest.skip("`make deploy` puts Ray into .venv-ray")
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: sockets lie in it
    cluster = Ray(folder, free_port(), free_port())
    try:
        cluster.add("head")
        cluster.add("second")
        yield cluster
    finally:
        for process in cluster.nodes.values():
            kill_group(process)
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = start_server(
        tmp_path / "server", SWEEPD_RUN_SILENT_S="25", SWEEPD_AGENT_SILENT_S="15"
    )
    yield running
    running.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT.replace("HERE", str(tmp_path)))
    (folder / "beside.txt").touch()
    (folder / "sweep.yaml").write_text(SWEEP)
    return folder


def begin(
    ray: Ray, server: RunningServer, folder: Path, *words: str
) -> tuple[subprocess.Popen[bytes], Path]:
    """`sweepd agents --ray`, with Ray from the one place and sweepd from the other."""
    log_path = folder.parent / "agents.log"
    ours = [str(ROOT), sysconfig.get_paths()["purelib"]]
    environ = ray.environ | {"WANDB_API_KEY": server.key, "PYTHONPATH": os.pathsep.join(ours)}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [RAY / "python", "-m", "sweepd", "agents", *words, "--server", server.url],
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=log,
        )
    return process, log_path


def is_alive(pid: int) -> bool:
    try:
        return b"\nState:\tZ" not in Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return False


def test_a_lost_nodes_agent_begins_on_another(
    ray: Ray, server: RunningServer, folder: Path
) -> None:
    sweep = create(server, folder)
    address = f"ray://127.0.0.1:{ray.client_port}"
    process, log_path = begin(ray, server, folder, sweep, "--ray", address, "--gpus-per-agent=1")

    def begun() -> dict[str, list[str]]:
        found = folder.parent.glob("begun-*")
        return {path.name.removeprefix("begun-"): path.read_text().split() for path in found}

    def tell() -> str:
        return log_path.read_text() + server.log[-3000:]

    wait_until(lambda: len(begun()) == 2 or process.poll() is not None, 240, tell)
    first = begun()
    assert sorted(first.values())[0][0] == "0", f"each node's one GPU: {first}"
    assert {node for _, node, _ in first.values()} == {"head", "second"}
    listing = subprocess.run(["ps", "-Aww", "-o", "args="], capture_output=True, check=True).stdout
    assert server.key.encode() not in listing

    lost = ray.nodes["second"]
    kill_group(lost)
    ray.add("third")
    wait_until(lambda: len(begun()) == 3 or process.poll() is not None, 240, tell)
    [(_, node, _)] = [told for run, told in begun().items() if run not in first]
    assert node == "third", tell()
    (folder.parent / "go").touch()
    assert process.wait(300) == 0, tell()
    found = server.client.query(RUNS, sweep=sweep.rsplit("/", 1)[1])["project"]["sweep"]
    assert found["state"] == "FINISHED"
    runs = [edge["node"] for edge in found["runs"]["edges"]]
    done = [json.loads(r["config"])["n"]["value"] for r in runs if r["state"] == "finished"]
    assert sorted(done) == [1, 2, 3], tell()
    written = [path for path in ray.folder.rglob("*") if path.is_file()]
    assert written, "Ray's own logs"
    assert not [path for path in written if server.key.encode() in path.read_bytes()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_agents_on_a_cluster_end_with_their_command(
    ray: Ray, server: RunningServer, folder: Path, number: signal.Signals
) -> None:
    sweep = create(server, folder)
    process, log_path = begin(
        ray, server, folder, sweep, "--ray", f"127.0.0.1:{ray.port}", "-n2", "--grace=30"
    )

    def pids() -> list[int]:
        found = folder.parent.glob("begun-*")
        return [int(path.read_text().split(" ")[-1]) for path in found]

    wait_until(lambda: len(pids()) == 2, 240, log_path.read_text)
    assert all(is_alive(pid) for pid in pids())
    process.send_signal(number)
    wanted = 130 if number == signal.SIGTERM else -number
    assert process.wait(120) == wanted, log_path.read_text()
    wait_until(lambda: not any(is_alive(pid) for pid in pids()), 120, log_path.read_text)
    if number == signal.SIGTERM:
        assert f"--ray 127.0.0.1:{ray.port}" in log_path.read_text()
