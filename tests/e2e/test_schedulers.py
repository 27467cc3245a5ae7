"""Who else may choose configs: the client's own scheduler with Optuna, and a user's hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunningServer, wait_until
from tests.e2e.test_sweep import SWEEP, TRAIN, create, look, runs_of, start_agent, wandb

pytestmark = pytest.mark.e2e

SCHEDULED = """
program: train.py
project: toy
method: custom
metric: {name: loss, goal: minimize}
scheduler: {engine: optuna}
run_cap: 3
parameters: {lr: {min: 0.0, max: 1.0}, n: {values: [1, 2]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path


def sweepd(live: RunningServer, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sweepd", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=live.environment(folder),
        timeout=100,
        check=False,
    )


def test_clients_own_scheduler_chooses_with_optuna(live: RunningServer, folder: Path) -> None:
    (folder / "sweep.yaml").write_text(SCHEDULED)
    path = create(live, folder)
    with (folder / "scheduler.log").open("wb") as log:
        scheduler = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "wandb",
                "sweep-scheduler",
                "--batch-size",
                "2",
                "--poll-interval",
                "5",
                path,
            ],
            cwd=folder,
            env=live.environment(folder),
            stdout=log,
            stderr=log,
        )
    agent = start_agent(live, folder, path)
    said = folder / "scheduler.log"
    try:
        assert agent.wait(150) == 0, said.read_text()
        assert scheduler.wait(60) == 0, said.read_text()
    finally:
        scheduler.kill()
        agent.kill()
    runs = runs_of(live, path)
    assert [run["state"] for run in runs if run["state"] != "killed"] == ["finished"] * 3
    assert "Enqueued run" in said.read_text()
    assert "scheduler-" not in {run["name"] for run in runs}
    assert look(live, path)["state"] == "FINISHED"


def test_count_queue_retry_and_stops_by_hand(live: RunningServer, folder: Path) -> None:
    path = create(live, folder)
    wandb(live, folder, "agent", "--count", "1", path)
    assert len(runs_of(live, path)) == 1, "--count leaves after one run"
    said = sweepd(live, folder, "queue", path, "lr=1e-3", "n=7", "--name", "mine")
    assert said.returncode == 0, said.stderr
    wandb(live, folder, "agent", "--count", "1", "--forward-signals", path)
    second = runs_of(live, path)[1]
    config = json.loads(second["config"])
    assert (config["lr"]["value"], config["n"]["value"]) == (0.001, 7)
    wait_until(lambda: runs_of(live, path)[1]["state"] == "finished", 60, lambda: live.log)
    stops = sweepd(live, folder, "stops", path, "--dry-run", "--rule", "hyperband,min_iter=1,eta=2")
    assert stops.returncode == 0, stops.stderr
    assert "runs would have been stopped" in stops.stdout
    none = sweepd(live, folder, "stops", path, "--dry-run")
    assert none.returncode == 1
    assert "early_terminate" in none.stderr
    odd = sweepd(live, folder, "queue", path, "lr")
    assert odd.returncode == 1
    assert "NAME=VALUE" in odd.stderr


def test_check_tells_what_a_file_would_do_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(SWEEP + "sweepd: {repeats: 3}\nrun_cap: 10\n")
    command = [sys.executable, "-m", "sweepd", "check"]
    done = subprocess.run(
        [*command, "sweep.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "10 runs by run_cap, of 12 (3 of each config)" in done.stdout
    (tmp_path / "bad.yaml").write_text("method: grid\nparameters: {x: {min: 0.0, max: 1.0}}\n")
    bad = subprocess.run(
        [*command, "bad.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert bad.returncode == 1
    assert "x" in bad.stderr
    assert "grid" in bad.stderr
