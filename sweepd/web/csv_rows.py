"""Runs as lines of a CSV file, read and written wherever the server reads what is dear."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.spreadsheets import csv_text
from sweepd.services.runs.overviews import Overviews
from sweepd.services.tables.reads import Reads
from sweepd.web import shapes

_FACTS = {
    "run.state": "outcome",
    "run.steps": "n_steps",
    "run.agent": "agent",
    "run.sweep": "sweep",
    "run.notes": "notes",
    "run.group": "group",
    "run.user": "user",
    "run.attempt": "attempt",
    "run.created": "created_at",
}


def text_of_runs(reads: Reads, project: Project, ids: list[str], columns: list[str]) -> str:
    """Some runs as lines of the file."""
    found = Overviews(reads.core).runs_named(project, ids)
    rows = _rows(found, columns, reads.core.now())
    return "".join(csv_text(None, rows))


def _rows(runs: Iterator[Run], columns: list[str], now: datetime) -> Iterator[list[Any]]:
    for run in runs:
        row = shapes.from_run(run)
        yield [run.run_id, run.display_name, *(_value(run, row, column, now) for column in columns)]


def _value(run: Run, row: dict[str, Any], column: str, now: datetime) -> Any:
    part, _, key = column.partition(".")
    if part in ("config", "summary"):
        return row[part].get(key)
    if column == "run.tags":
        return ", ".join(row["tags"])
    if column == "run.duration":
        return _duration_s(run, now)
    return row.get(_FACTS.get(column, ""))


def _duration_s(run: Run, now: datetime) -> float | None:
    """From a run's start to its end, or to now while it runs."""
    if run.started_at is None:
        return None
    end = run.ended_at or now
    return round((end - run.started_at).total_seconds(), 3)
