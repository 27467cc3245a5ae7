"""Optuna's studies, as Optuna writes them."""

import sqlite3
from pathlib import Path

import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.services.moving import optuna as module

optuna = pytest.importorskip("optuna")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
]


def objective(trial: "optuna.Trial") -> float:
    lr = trial.suggest_float("lr", 0.1, 1.0)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    for step in range(3):
        trial.report(lr / (step + 1), step)
    if trial.number == 1:
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError("no")
    trial.set_user_attr("kind", kind)
    return lr


def test_trials_are_read_with_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(study_name="my study", storage=f"sqlite:///{file}")
    study.optimize(objective, n_trials=3, catch=(ValueError,))
    study.enqueue_trial({"lr": 0.5})  # waits: it is no run yet
    done, pruned, failed = module.list_runs(file)
    first = study.trials[0]
    assert (done.run_id, done.name, done.group) == ("my-study-0", "my study 0", "my study")
    assert done.config == first.params
    assert done.summary == {"value": first.value, "user_attrs": {"kind": first.params["kind"]}}
    assert [row["value"] for row in done.rows] == [first.params["lr"] / k for k in (1, 2, 3)]
    states = [run.state for run in (done, pruned, failed)]
    assert states == [RunState.FINISHED, RunState.KILLED, RunState.FAILED]
    assert pruned.tags == ["pruned"] and pruned.summary["value"] == pruned.rows[-1]["value"]
    assert done.started_at is not None and done.started_at.tzinfo is not None


def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("no database at all " * 100)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for file in (text, other):
        before = file.read_bytes()
        with pytest.raises(BadInput, match="expected an SQLite file of Optuna"):
            list(module.list_runs(file))
        assert file.read_bytes() == before
