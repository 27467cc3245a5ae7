"""deploy/slurm.sh on a Slurm of one node: preempted jobs say so, and go on with their runs."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, free_port, wait_until
from tests.e2e.test_sweep import RUNS, create

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol")
CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=requeue_delay=1
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES State=UP OverSubscribe=FORCE:8
"""
SCRIPT = """
import argparse, os, signal, sys, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int)
options = parser.parse_args()
run = wandb.init(resume="allow")
if not run.resumed:
    run.log({"loss": 9})
    def tell(*_):
        run.mark_preempting()
        while wandb.Api().run(run.path).state != "preempting":
            pass
        sys.exit(1)
    signal.signal(signal.SIGTERM, tell)
    open(f"begun-{run.id}", "w").close()
    while True:
        signal.pause()
run.log({"loss": options.n})
run.finish()
open(f"went-on-{run.id}", "w").close()
"""
SWEEP = """
program: train.py
project: toy
method: grid
metric: {name: loss, goal: minimize}
parameters: {n: {values: [1, 2]}}
"""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A cluster of this machine; what its commands need in their environment."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)}: not installed (Debian: slurm-wlm, munge)")
    if os.getuid() != 0:
        pytest.skip("a cluster of one's own needs root")
    folder = tmp_path / "slurm"
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().partition(".")[0]
    (folder / "slurm.conf").write_text(
        CONF.format(
            host=host,
            controller=free_port(),
            node=free_port(),
            folder=folder,
            cpus=os.cpu_count(),
        )
    )
    (folder / "key").write_bytes(os.urandom(1024))
    (folder / "key").chmod(0o600)
    environ = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
    munge = [f"--key-file={folder}/key", f"--socket={folder}/munge.sock", f"--seed-file={folder}/s"]
    munge += [f"--pid-file={folder}/munge.pid", f"--log-file={folder}/munge.log", "--force"]
    commands = [
        ["munged", "--foreground", *munge],
        ["slurmctld", "-D"],
        ["slurmd", "-D", "-N", host],
    ]
    with ExitStack() as stack:
        for command in commands:
            log = stack.enter_context((folder / f"{command[0]}.log").open("wb"))
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
            if command[0] == "munged":
                wait_until((folder / "munge.sock").exists, 60, (folder / "munged.log").read_text)
        stack.callback(_told, environ, "scancel", "--user=root", "--signal=KILL", "--full")
        wait_until(
            lambda: b"idle" in _told(environ, "sinfo", "-h"),
            120,
            lambda: (folder / "slurmctld.log").read_text() + (folder / "slurmd.log").read_text(),
        )
        yield environ


def _told(environ: dict[str, str], *command: str) -> bytes:
    return subprocess.run(command, env=environ, capture_output=True, check=False).stdout


def test_preempted_jobs_go_on_with_their_runs(
    slurm: dict[str, str], live: RunningServer, tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    (folder / "sweep.yaml").write_text(SWEEP)
    sweep = create(live, folder)
    environ = live.environment(folder) | {"SLURM_CONF": slurm["SLURM_CONF"]}
    done = subprocess.run(
        ["sbatch", "--parsable", "--array=1-2", "-c1", ROOT / "deploy/slurm.sh", sweep],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    job = done.stdout.strip()

    def output() -> str:
        return "\n".join(path.read_text() for path in sorted(folder.glob("slurm-*.out")))

    wait_until(lambda: len(list(folder.glob("begun-*"))) == 2, 180, output)
    _told(slurm, "scancel", "--batch", "--signal=TERM", job)  # as before the time is up
    wait_until(lambda: len(list(folder.glob("went-on-*"))) == 2, 300, output)
    begun = {path.name.removeprefix("begun-") for path in folder.glob("begun-*")}
    assert begun == {path.name.removeprefix("went-on-") for path in folder.glob("went-on-*")}
    runs = live.client.query(RUNS, sweep=sweep.rsplit("/", 1)[1])["project"]["sweep"]
    states = {edge["node"]["name"]: edge["node"]["state"] for edge in runs["runs"]["edges"]}
    assert states.keys() == begun
    wait_until(lambda: not _told(slurm, "squeue", "-h"), 180, output)
