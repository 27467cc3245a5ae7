"""Runs of other tools, brought in beside a running server, read back by the stock client."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepd.cli.move_in import reader_of
from sweepd.domain.errors import BadInput
from tests.conftest import RunningServer
from tests.unit.services.moving.test_mlflow import mlruns
from tests.unit.services.moving.test_optuna import objective

pytestmark = pytest.mark.e2e

READ = """
import json, sys, wandb
api = wandb.Api()
print(json.dumps([{
    "config": run.config, "state": run.state, "rows": list(run.scan_history()),
    "summary": dict(run.summary), "notes": run.notes, "tags": run.tags, "group": run.group,
    "name": run.name, "created": run.created_at, "files": [f.name for f in run.files()],
} for run in map(api.run, sys.argv[1:])], default=dict))
"""


Command = Callable[..., str]


@pytest.fixture
def command(shared_live: RunningServer, tmp_path: Path) -> Command:
    """Runs Python as the user of the server does; what it printed."""

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=shared_live.environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def bring(live: RunningServer, command: Command, source: Path, project: str, n: int) -> str:
    """Import twice; the path of the project."""
    path = f"{json.loads((live.data / 'local.key').read_text())['user']}/{project}"
    words = ("-m", "sweepd", "import", source, path, "--data", live.data)
    assert f"{n} runs brought in" in command(*words)
    assert "0 runs brought in" in command(*words)
    return path


def read(command: Command, *paths: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command("-c", READ, *paths).splitlines()[-1])
    return found


def test_runs_of_mlflow_are_read_back_equal(
    shared_live: RunningServer, command: Command, tmp_path: Path
) -> None:
    path = bring(shared_live, command, mlruns(tmp_path / "mlruns"), "of-mlflow", 1)
    [found] = read(command, f"{path}/abc")
    assert found["config"] == {"lr": 0.1, "net/layers": 3, "code": "007", "flag": True}
    first, second, third = found["rows"]
    assert (first["val/loss"], first["acc"]) == (1 / 3, 5e-324)
    assert math.isnan(float(second["val/loss"])) and (second["acc"], third["acc"]) == (1, 2)
    assert [row["_step"] for row in found["rows"]] == [0, 1, 1]
    assert (found["state"], found["name"], found["notes"]) == ("finished", "bold-owl", "a note")
    assert (found["tags"], found["group"]) == (["team=blue"], "digits")
    assert found["summary"]["acc"] == 2
    assert found["created"].startswith("2023-11-14T22:13:20") and "model/data.bin" in found["files"]


@pytest.mark.filterwarnings("ignore")
def test_trials_of_optuna_are_read_back_equal(
    shared_live: RunningServer, command: Command, tmp_path: Path
) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    file = tmp_path / "studies.db"
    study = optuna.create_study(study_name="my study", storage=f"sqlite:///{file}")
    study.optimize(objective, n_trials=2)
    path = bring(shared_live, command, file, "of-optuna", 2)
    done, pruned = read(command, f"{path}/my-study-0", f"{path}/my-study-1")
    first, second = study.trials
    assert done["config"] == first.params and pruned["config"] == second.params
    assert done["summary"]["value"] == first.value
    assert done["summary"]["user_attrs"] == first.user_attrs
    values = [first.intermediate_values[step] for step in range(3)]
    assert [row["value"] for row in done["rows"]] == values
    assert (done["state"], pruned["state"]) == ("finished", "killed")
    assert (done["group"], done["name"], pruned["tags"]) == ("my study", "my study 0", ["pruned"])


def test_scalars_of_tensorboard_are_read_back_equal(
    shared_live: RunningServer, command: Command, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    from tests.unit.services.moving.test_tensorboard import scalars, single, write

    write(tmp_path / "logs" / "a" / "train", *scalars(5))
    path = bring(shared_live, command, tmp_path / "logs", "of-tensorboard", 1)
    [found] = read(command, f"{path}/a-train")
    assert [row["loss"] for row in found["rows"]] == [single(1 / (k + 3)) for k in range(5)]
    assert [row["_step"] for row in found["rows"]] == list(range(5))
    assert (found["name"], found["state"], found["summary"]["acc"]) == ("a/train", "finished", 4)
    assert found["created"].startswith("2001-09-09T01:46:40")


def test_the_kind_of_a_folder_is_found(tmp_path: Path) -> None:
    found = mlruns(tmp_path / "mlruns")
    (found / "1/abc/artifacts/events.out.tfevents.1").write_bytes(b"")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "events.out.tfevents.1").write_bytes(b"")
    assert reader_of(found).__module__.endswith("mlflow")
    assert reader_of(tmp_path / "logs").__module__.endswith("tensorboard")
    assert reader_of(found / "1/abc/meta.yaml").__module__.endswith("optuna")
    with pytest.raises(BadInput, match="is not there"):
        reader_of(tmp_path / "nothing")
