"""Trials of Optuna's studies in an SQLite file, read with Optuna."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.services.moving.foreign import ForeignRun

_STATES = {"COMPLETE": RunState.FINISHED, "PRUNED": RunState.KILLED, "FAIL": RunState.FAILED}


def list_runs(file: Path) -> Iterator[ForeignRun]:
    """The trials of all studies of a file; those that wait for their turn are none yet.

    Raises:
        BadInput: Optuna is missing, or the file is not one of its storages.
    """
    try:
        import optuna
    except ImportError as error:
        raise BadInput("studies need optuna: pip install 'sweepd[samplers]'") from error
    _check(file)  # Optuna would make a storage of any other
    storage = f"sqlite:///{file.resolve()}"
    try:
        studies = [
            optuna.load_study(study_name=name, storage=storage)
            for name in optuna.get_all_study_names(storage)
        ]
    except Exception as error:  # Optuna's, or SQLAlchemy's of whatever version
        raise BadInput(
            f"{file}: expected studies that this Optuna ({optuna.__version__}) reads, got: "
            f"{str(error)[:300]}; `optuna storage upgrade` brings older ones up to date"
        ) from error
    for study in studies:
        for trial in study.get_trials(deepcopy=False):
            if trial.state.name != "WAITING":
                yield _run(study, trial)


def _check(file: Path) -> None:
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            query = "SELECT count(*) FROM sqlite_master WHERE name IN ('studies', 'trials')"
            [n_tables] = connection.execute(query).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise BadInput(f"{file}: expected an SQLite file of Optuna, got: {error}") from error
    if n_tables != 2:
        raise BadInput(f"{file}: expected an SQLite file of Optuna, which has studies and trials")


def _run(study: Any, trial: Any) -> ForeignRun:
    name = "".join(c if c.isalnum() or c in "._-" else "-" for c in study.study_name)[:90]
    begin = _aware(trial.datetime_start)
    rows = [
        {"_step": step, "value": value} for step, value in sorted(trial.intermediate_values.items())
    ]
    values = trial.values or []
    labels = ["value"] if len(values) < 2 else [f"value_{k}" for k in range(len(values))]
    summary: dict[str, Any] = dict(zip(labels, values, strict=False))
    if not values and rows:
        summary["value"] = rows[-1]["value"]
    if trial.user_attrs:
        summary["user_attrs"] = trial.user_attrs
    return ForeignRun(
        source=f"optuna:{study.study_name}:{trial.number}",
        run_id=f"{name}-{trial.number}",
        name=f"{study.study_name} {trial.number}",
        state=_STATES.get(trial.state.name, RunState.CRASHED),
        config=trial.params,
        summary=summary,
        rows=rows,
        tags=[trial.state.name.lower()],
        group=study.study_name,
        started_at=begin,
        ended_at=_aware(trial.datetime_complete),
    )


def _aware(at: datetime | None) -> datetime | None:
    """Optuna's times are this machine's own."""
    return at.astimezone() if at else None
