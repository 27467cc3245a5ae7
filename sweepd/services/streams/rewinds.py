"""Runs set back: cut after a step (`wandb.init(resume_from=…)`), or begun anew under their id.

The client that goes on from there counts console lines and system metrics from 0, so both begin
anew with it.
"""

from datetime import datetime
from typing import Any

from sweepd.domain.runs import Run
from sweepd.services.streams import forks
from sweepd.store import history, objectives, runs, writers
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.history import Stream


def rewind(connection: Connection, blobs: Blobs, run: Run, step: int, at: datetime) -> Run:
    """Cut a run's history after a step; doing it again changes nothing."""
    n_lines, last_step = forks.until_step(connection, blobs, run, step)
    last = forks.last_line(connection, blobs, run, n_lines)
    _cut(connection, run, n_lines)
    objectives.delete_values_after(connection, run.pk, step)
    values: dict[str, Any] = {"last_step": last_step, "summary": last or "{}", "updated_at": at}
    if run.sweep_pk is not None:
        values |= _metric(connection, run)
    return runs.change_run(connection, run.pk, values)


def begin_anew(connection: Connection, run: Run) -> None:
    """The same id without resume: the service starts its history over."""
    _cut(connection, run, 0)
    objectives.delete_values(connection, run.pk)
    values = {"last_step": -1, "summary": "{}", "system_metrics": "{}"}
    no_metric = {"metric_last": None, "metric_min": None, "metric_max": None}
    runs.update_run(connection, run.pk, values | no_metric)


def _cut(connection: Connection, run: Run, n_lines: int) -> None:
    forks.cut(connection, run, n_lines)
    for stream in (Stream.EVENTS, Stream.CONSOLE):
        history.delete_lines(connection, run.pk, stream)
    writers.forget(connection, run.pk)
    runs.update_run(connection, run.pk, {"events_lines": 0, "console_lines": 0})


def _metric(connection: Connection, run: Run) -> dict[str, float | None]:
    values = [value for _, value in objectives.list_values(connection, run.pk)]
    if not values:
        return {"metric_last": None, "metric_min": None, "metric_max": None}
    return {"metric_last": values[-1], "metric_min": min(values), "metric_max": max(values)}
