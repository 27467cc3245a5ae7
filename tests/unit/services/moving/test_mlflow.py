"""MLflow's folders, as its file store writes them."""

import math
from pathlib import Path

import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.services.moving import mlflow
from sweepd.services.moving.foreign import ForeignRun


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def mlruns(folder: Path) -> Path:
    run = folder / "1" / "abc"
    write(folder / "1" / "meta.yaml", "name: digits\nexperiment_id: '1'\n")
    write(
        run / "meta.yaml",
        "run_uuid: abc\nrun_name: bold-owl\nstatus: 3\nstart_time: 1700000000000\n"
        "end_time: 1700000060500\nlifecycle_stage: active\n",
    )
    write(run / "params/lr", "0.1")
    write(run / "params/net/layers", "3")
    write(run / "params/code", "007")
    write(run / "params/flag", "True")
    write(run / "metrics/val/loss", "1700000001000 0.3333333333333333 0\n1700000002000 nan 1\n")
    write(run / "metrics/acc", "1700000001500 5e-324 0\n1700000003000 1 1\n1700000004000 2 1\n")
    write(run / "tags/mlflow.note.content", "a note")
    write(run / "tags/mlflow.user", "somebody")
    write(run / "tags/team", "blue")
    write(run / "artifacts/model/data.bin", "weights")
    return folder


def read(folder: Path) -> ForeignRun:
    [run] = mlflow.list_runs(folder)
    return run


@pytest.mark.parametrize("below", ["", "1"])
def test_a_run_is_read_whole(tmp_path: Path, below: str) -> None:
    run = read(mlruns(tmp_path) / below)
    assert (run.run_id, run.name, run.group, run.notes) == ("abc", "bold-owl", "digits", "a note")
    assert run.state is RunState.FINISHED and run.tags == ["team=blue"]
    assert run.config == {"lr": 0.1, "net/layers": 3, "code": "007", "flag": True}
    assert run.started_at is not None and run.ended_at is not None
    assert (run.ended_at - run.started_at).total_seconds() == 60.5
    first, second, third = run.rows
    assert (first["_step"], first["val/loss"], first["acc"]) == (0, 1 / 3, 5e-324)
    assert math.isnan(second["val/loss"]) and second["acc"] == 1
    assert (third["_step"], third["acc"]) == (1, 2)  # twice at one step: nothing is lost
    assert run.summary["acc"] == 2
    assert b"".join(run.files["model/data.bin"].read()) == b"weights"


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, RunState.CRASHED), (4, RunState.FAILED), (5, RunState.KILLED)],
)
def test_states_are_those_of_mlflow(tmp_path: Path, status: int, state: RunState) -> None:
    meta = mlruns(tmp_path) / "1/abc/meta.yaml"
    meta.write_text(meta.read_text().replace("status: 3", f"status: {status}"))
    assert read(tmp_path).state is state


def test_deleted_runs_stay_away(tmp_path: Path) -> None:
    meta = mlruns(tmp_path) / "1/abc/meta.yaml"
    meta.write_text(meta.read_text().replace("active", "deleted"))
    assert list(mlflow.list_runs(tmp_path)) == []


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("metrics/acc", "1700000001500 much 0\n", "line 1: expected TIME VALUE STEP, got"),
        ("metrics/acc", "1\n", "line 1: expected TIME VALUE STEP, got '1'"),
        ("meta.yaml", "[", "expected the YAML of MLflow"),
        ("meta.yaml", "text", "expected the YAML of MLflow, got 'text'"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, path: str, text: str, told: str) -> None:
    write(mlruns(tmp_path) / "1/abc" / path, text)
    with pytest.raises(BadInput, match=told) as error:
        read(tmp_path)
    assert path in str(error.value)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected mlruns with EXPERIMENT/RUN"):
        read(tmp_path)
