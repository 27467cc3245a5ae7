"""The stock `wandb` command and library against a real server: sweeps, agents, states, results."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningServer, wait_until

pytestmark = pytest.mark.e2e

TRAIN = """
import argparse, sys, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float); parser.add_argument("--n", type=int)
options = parser.parse_args()
with wandb.init() as run:
    for step in range(3):
        run.log({"loss": (options.lr - 0.3) ** 2 + options.n / 100 + 0.1 / (step + 1)})
    with open("model.txt", "w") as file:
        file.write(f"{options.lr} {options.n}")
    artifact = wandb.Artifact(f"model-{run.id}", "model", metadata={"lr": options.lr})
    artifact.add_file("model.txt")
    run.log_artifact(artifact, aliases=["best"])
"""
SWEEP = """
program: train.py
project: toy
method: grid
metric: {name: loss, goal: minimize}
parameters: {lr: {values: [0.1, 0.3]}, n: {values: [1, 2]}}
"""
RUNS = """query Runs($sweep: String!) { project(name: "toy") { sweep(sweepName: $sweep) {
  state runs { edges { node { name state config } } } } } }"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path


def wandb(
    live: RunningServer, folder: Path, *words: str, check: bool = True, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the stock command; its output is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "wandb", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=live.environment(folder) | environ,
        timeout=150,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr + live.log
    return done


def create(live: RunningServer, folder: Path) -> str:
    """`wandb sweep`; the sweep's path."""
    said = wandb(live, folder, "sweep", "sweep.yaml").stderr
    match = re.search(r"wandb agent (\S+)", said)
    assert match, said
    return match[1]


def look(live: RunningServer, path: str) -> dict[str, Any]:
    sweep: dict[str, Any] = live.client.query(RUNS, sweep=path.split("/")[-1])["project"]["sweep"]
    return sweep


def runs_of(live: RunningServer, path: str) -> list[dict[str, Any]]:
    return [edge["node"] for edge in look(live, path)["runs"]["edges"]]


def start_agent(live: RunningServer, folder: Path, path: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "wandb", "agent", path],
        cwd=folder,
        start_new_session=True,
        env=live.environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_two_agents_share_a_grid_and_results_are_read_back(
    live: RunningServer, folder: Path
) -> None:
    path = create(live, folder)
    agents = [start_agent(live, folder, path) for _ in range(2)]
    for agent in agents:
        assert agent.wait(150) == 0
    runs = runs_of(live, path)
    configs = Counter(
        (config["lr"]["value"], config["n"]["value"])
        for config in (json.loads(run["config"]) for run in runs)
    )
    assert configs == Counter({(lr, n): 1 for lr in (0.1, 0.3) for n in (1, 2)})
    assert {run["state"] for run in runs} == {"finished"}
    assert look(live, path)["state"] == "FINISHED"
    script = f"""
import json, wandb
api = wandb.Api()
sweep = api.sweep({path!r})
best = sweep.best_run()
[artifact] = best.logged_artifacts()
folder = artifact.download(root="out")
print(json.dumps([
    best.config["lr"], best.config["n"], len(sweep.runs), sweep.state, sorted(artifact.aliases),
    artifact.version, open(folder + "/model.txt").read(), len(best.history()),
    len(list(best.scan_history())), artifact.metadata, artifact.logged_by().id == best.id,
    len(api.runs("toy", filters={{"config.lr": 0.1}})),
]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=live.environment(folder),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        0.3,
        1,
        4,
        "FINISHED",
        ["best", "latest"],
        "v0",
        "0.3 1",
        3,
        3,
        {"lr": 0.3},
        True,
        2,
    ]


def test_pause_resume_stop_cancel_act(live: RunningServer, folder: Path) -> None:
    (folder / "sweep.yaml").write_text(
        SWEEP.replace("[1, 2]", str(list(range(60))))
    )  # not soon over
    path = create(live, folder)
    agent = start_agent(live, folder, path)
    wait_until(lambda: runs_of(live, path), 60, lambda: live.log)
    wandb(live, folder, "sweep", "--pause", path)
    assert look(live, path)["state"] == "PAUSED"
    n_paused = len(runs_of(live, path))
    wandb(live, folder, "sweep", "--resume", path)
    assert look(live, path)["state"] == "RUNNING"
    wait_until(lambda: len(runs_of(live, path)) > n_paused, 60, lambda: live.log)
    wandb(live, folder, "sweep", "--stop", path)
    assert agent.wait(150) == 0
    assert look(live, path)["state"] == "FINISHED"
    wandb(live, folder, "sweep", "--resume", path)
    wandb(live, folder, "sweep", "--cancel", path)
    assert look(live, path)["state"] == "CANCELED"
    assert all(run["state"] in ("finished", "killed") for run in runs_of(live, path))


def test_function_agent_runs_a_whole_sweep_in_one_process(
    live: RunningServer, folder: Path
) -> None:
    path = create(live, folder)
    script = f"""
import wandb
def train():
    with wandb.init() as run:
        run.log({{"loss": run.config["lr"]}})
wandb.agent({path!r}, function=train)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=live.environment(folder),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [run["state"] for run in runs_of(live, path)] == ["finished"] * 4


def test_restart_in_the_middle_is_invisible(live: RunningServer, folder: Path) -> None:
    path = create(live, folder)
    agent = start_agent(live, folder, path)
    wait_until(lambda: runs_of(live, path), 60, lambda: live.log)
    os.kill(live.process.pid, signal.SIGKILL)
    live.process.wait()
    from tests.conftest import start_server

    again = start_server(live.data, live.port)
    try:
        assert agent.wait(150) == 0
        assert [run["state"] for run in runs_of(again, path)] == ["finished"] * 4
    finally:
        again.stop()


@pytest.mark.parametrize(
    ("words", "environ", "message"),
    [
        (["sweep", "missing.yaml"], {}, "missing.yaml"),
        (["sweep", "odd.yaml"], {}, "method"),
        (["sweep", "empty.yaml"], {}, "values"),
        (["agent", "nobody/nothing/abcd1234"], {}, "abcd1234"),
        (["sweep", "sweep.yaml"], {"WANDB_API_KEY": "f" * 40}, "401|belongs to nobody"),
    ],
)
def test_bad_input_is_a_clear_error(
    live: RunningServer, folder: Path, words: list[str], environ: dict[str, str], message: str
) -> None:
    (folder / "odd.yaml").write_text("method: best\nparameters: {x: {value: 1}}\n")
    (folder / "empty.yaml").write_text("method: grid\nparameters: {x: {values: []}}\n")
    done = wandb(live, folder, *words, check=False, **environ)
    assert done.returncode != 0
    assert re.search(message, done.stdout + done.stderr), done.stdout + done.stderr
    assert live.client.query("{ models { edges { node { name } } } }")["models"]["edges"] == []


def test_agent_on_a_sweep_without_a_program_says_why_and_leaves_its_configs(
    live: RunningServer, folder: Path
) -> None:
    """The command's agent has nothing to start; the sweep used to end as if it were done."""
    (folder / "sweep.yaml").write_text(SWEEP.replace("program: train.py\n", ""))
    said = wandb(live, folder, "sweep", "sweep.yaml").stderr
    assert "only wandb.agent(function=...) can run it" in said
    path = said.split("wandb agent ")[1].split()[0]
    agent = subprocess.Popen(
        [sys.executable, "-m", "wandb", "agent", path],
        cwd=folder,
        env=live.environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: look(live, path)["state"] == "PAUSED", 120, lambda: live.log)
    finally:
        agent.kill()
        agent.wait()
    query = RUNS.replace("name state config", "name state stopReason")
    found = live.client.query(query, sweep=path.split("/")[-1])["project"]["sweep"]
    [run] = [edge["node"] for edge in found["runs"]["edges"]]
    assert run["state"] == "failed"
    assert "only wandb.agent(function=...) can run it" in run["stopReason"]
