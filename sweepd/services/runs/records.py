"""A project as tables of rows: its runs, what they logged, its sweeps.

`sweepd export` writes them to files, `sweepd sql` asks about them. Rows come in batches, so that a
history need not fit into memory to be written.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sweepd.domain.config import PRIVATE, flatten, unwrap
from sweepd.domain.encoding import text_of
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Sweep
from sweepd.services.core import Core
from sweepd.services.streams.lines import parse_line
from sweepd.services.streams.reading import Reading, Stream
from sweepd.store import projects, runs, sweeps, users
from sweepd.store.blobs import Blobs

Row = dict[str, Any]
Batches = Iterator[list[Row]]


class Records:
    """The tables of one project; `TABLES` names them."""

    def __init__(self, core: Core, blobs: Blobs, entity: str, project: str) -> None:
        """Find the project.

        Raises:
            NotFound: There is none.
        """
        self._core = core
        self._reading = Reading(core, blobs)
        with core.db.read() as connection:
            owner = users.find_entity(connection, entity)
            found = projects.find_project(connection, owner[0], project) if owner else None
        if found is None:
            raise NotFound(f"no project {entity}/{project}")
        self._project_pk = found.pk

    def batches(self, table: str, nested: bool = False) -> Batches:
        """The rows of a table, oldest run first.

        Args:
            nested: Leave nested objects and lists as they are, rather than joining their keys by
                dots and writing lists as text.
        """
        for batch in TABLES[table](self):
            yield batch if nested else [flat(row) for row in batch]

    def _list_runs(self) -> list[Run]:
        with self._core.db.read() as connection:
            return runs.list_project_runs(connection, self._project_pk)

    def _runs(self) -> Batches:
        yield [run_row(run) for run in self._list_runs()]

    def _sweeps(self) -> Batches:
        with self._core.db.read() as connection:
            yield [_sweep_row(sweep) for sweep in sweeps.list_sweeps(connection, self._project_pk)]

    def _history(self) -> Batches:
        return self._stream(Stream.HISTORY)

    def _events(self) -> Batches:
        return self._stream(Stream.EVENTS)

    def _stream(self, stream: Stream) -> Batches:
        for run in self._list_runs():
            for rows in self._reading.batches(run, stream):
                # What a script logs as "run" does not take the place of the run's id.
                yield [
                    {"run": run.run_id}
                    | {("logged.run" if key == "run" else key): row[key] for key in row}
                    for row in rows
                ]


TABLES: dict[str, Callable[[Records], Batches]] = {
    "runs": Records._runs,
    "history": Records._history,
    "events": Records._events,
    "sweeps": Records._sweeps,
}


def run_row(run: Run) -> Row:
    """A run, with its config and summary as objects."""
    return {
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
        "config": unwrap(parse_line(run.config or "{}")),
        "summary": {k: v for k, v in parse_line(run.summary).items() if k != PRIVATE},
    }


def _sweep_row(sweep: Sweep) -> Row:
    return {
        "sweep": sweep.sweep_id,
        "name": sweep.display_name,
        "state": str(sweep.state),
        "method": sweep.method,
        "metric": sweep.metric_name,
        "goal": str(sweep.metric_goal),
        "created_at": _iso(sweep.created_at),
        "ended_at": _iso(sweep.ended_at),
        "file": sweep.config_yaml,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def flat(row: Row) -> Row:
    """A row with nested keys joined by dots, and lists and media as text."""
    return {
        name: text_of(value) if isinstance(value, list | dict) else value
        for name, value in flatten(row).items()
        if value != {} or name not in ("config", "summary")
    }
