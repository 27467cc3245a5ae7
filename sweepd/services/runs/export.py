"""A project's runs as a table: one row a run, one column for each config and summary key."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sweepd.domain.config import PRIVATE, flatten, unwrap
from sweepd.domain.encoding import clean, text_of, to_json_text
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.runs import Run
from sweepd.domain.tables import csv_text
from sweepd.services.core import Core
from sweepd.services.streams.lines import parse_line
from sweepd.store import projects, runs, users

Row = dict[str, Any]


def list_rows(core: Core, entity: str, project: str) -> list[Row]:
    """The runs of a project, oldest first; nested keys are joined by dots.

    Raises:
        NotFound: No such project.
    """
    with core.db.read() as connection:
        owner = users.find_entity(connection, entity)
        found = projects.find_project(connection, owner[0], project) if owner else None
        if found is None:
            raise NotFound(f"no project {entity}/{project}")
        return [_row(run) for run in runs.list_project_runs(connection, found.pk)]


def _row(run: Run) -> Row:
    row: Row = {
        "run": run.run_id,
        "name": run.display_name,
        "state": str(run.state),
        "sweep": run.sweep_id,
        "user": run.user_name,
        "group": run.group_name,
        "job_type": run.job_type,
        "tags": ", ".join(run.tags),
        "host": run.host,
        "created_at": _iso(run.created_at),
        "started_at": _iso(run.started_at),
        "ended_at": _iso(run.ended_at),
        "steps": run.last_step + 1,
    }
    values = {
        "config": unwrap(parse_line(run.config or "{}")),
        "summary": {k: v for k, v in parse_line(run.summary).items() if k != PRIVATE},
    }
    for name, value in flatten(values).items():
        row[name] = text_of(value) if isinstance(value, list | dict) else value
    return row


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _columns(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _write_csv(rows: list[Row], path: Path) -> None:
    columns = _columns(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        for text in csv_text(columns, ([row.get(name) for name in columns] for row in rows)):
            file.write(clean(text))


def _write_json(rows: list[Row], path: Path) -> None:
    path.write_text(to_json_text(rows, indent=1), encoding="utf-8")


def _write_parquet(rows: list[Row], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise BadInput("Parquet needs pyarrow: pip install 'sweepd[parquet]'") from error
    columns = {}
    for name in _columns(rows):
        values = [row.get(name) for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if kinds == {int, float} and all(map(_is_narrow, values)):
            values = [None if value is None else float(value) for value in values]
        # A column of a table has one type, and whole numbers of it 64 bits.
        elif len(kinds) > 1 or not all(map(_is_narrow, values)):
            values = [None if value is None else text_of(value) for value in values]
        elif kinds == {str}:
            values = [None if value is None else clean(value) for value in values]
        columns[clean(name)] = values
    parquet.write_table(pyarrow.table(columns), path)


def _is_narrow(value: Any) -> bool:
    """Whether Parquet has a number for it."""
    return not isinstance(value, int) or -(2**63) <= value < 2**63


_WRITERS: dict[str, Callable[[list[Row], Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
}


def write(rows: list[Row], path: Path) -> None:
    """Write rows in the format that the file's ending says.

    Raises:
        BadInput: The ending is none of `.csv`, `.json`, `.parquet`, or pyarrow is missing.
    """
    if path.suffix not in _WRITERS:
        raise BadInput(f"{path} should end in one of {', '.join(_WRITERS)}")
    _WRITERS[path.suffix](rows, path)
