"""`sweepd best` and the client's `sweep.best_run()`: the same run, or the command names both."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = """
import json, sys, wandb
defined = json.loads(sys.argv[1])
config = {"method": "grid", "metric": {"name": "accuracy", "goal": "maximize"},
          "parameters": {"x": {"values": [0, 1]}}}
path = "bests/" + wandb.sweep(config, project="bests")
def train():
    with wandb.init(settings=wandb.Settings(x_disable_stats=True)) as run:
        if defined:
            run.define_metric("accuracy", summary=defined)
        for value in ([0.5, 0.9, 0.4], [0.6, 0.7, 0.7])[run.config["x"]]:
            run.log({"accuracy": value})
wandb.agent(path, function=train)
best = wandb.Api().sweep(path).best_run()
print(json.dumps([path, best.id, best.config["x"]]))
"""


@pytest.mark.parametrize(("defined", "theirs"), [(None, 1), ("max", 0), ("min,max", 0)])
def test_both_name_the_same_run_or_the_command_names_the_other_too(
    shared_live: RunningServer, tmp_path: Path, defined: str | None, theirs: int
) -> None:
    def call(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=shared_live.environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = call("-c", SCRIPT, json.dumps(defined))
    path, run_id, x = json.loads(said.splitlines()[-1])
    assert x == theirs
    told = " ".join(call("-m", "sweepd", "best", path).split())
    assert "x 0" in told, told
    assert ("sweep.best_run() of wandb.Api() sorts" in told) == (theirs == 1), told
    assert run_id in told
