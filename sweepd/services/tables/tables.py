"""The tables of the projects that were asked about, each renewed before it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sweepd.domain.paging import Key, Start
from sweepd.domain.runs import Run
from sweepd.later import np
from sweepd.services.tables import table_json
from sweepd.services.tables.column import Rows
from sweepd.services.tables.fetching import Documents, Opened
from sweepd.services.tables.keeping import Keeping
from sweepd.services.tables.ordering import Selected, ordered
from sweepd.services.tables.selecting import passing
from sweepd.services.tables.table import RUN, Table
from sweepd.store import runs
from sweepd.store.database import Connection, Database

T = TypeVar("T")
MAX_TABLES = 8  # large projects, of those that changed last, read before anybody asks
MAX_KEPT, MAX_ROWS = 64, 1_000_000  # projects in memory, and runs of them all
LEAST_SAVED = 2000  # runs of a project; fewer are read again as quickly
MAX_SELECTED = 16  # answers kept of one, while its runs stand still


@dataclass(frozen=True)
class Standing:
    """What the runs of a project, or of a sweep, are at.

    Attributes:
        changed_at: When any run of the project changed last.
        best: The id of the sweep's run whose metric was best at any step; the oldest of equals.
    """

    n: int
    changed_at: datetime | None
    states: dict[str, int]
    best: str | None = None


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    table: Table | None = None
    n_saved: int | None = None  # the table's changes when it was kept
    selected: dict[tuple[str | None, str | None], tuple[int, Selected]] = field(
        default_factory=dict
    )


class Tables:
    """May be asked from several threads at once; questions about one project wait for each other.

    Every question may raise TooWide, see there.
    """

    def __init__(self, db: Database, keeping: Keeping | None = None) -> None:
        """`keeping`: where tables are kept while no process has them."""
        self._db = db
        self._keeping = keeping
        self._lock = threading.Lock()
        self._kept: dict[int, _Kept] = {}

    def select(
        self, project_pk: int, where: str | None, order: str | None, start: Start, limit: int | None
    ) -> tuple[list[tuple[Key, int]], int]:
        """Places and keys of up to `limit` runs that pass, ordered, and how many pass in all.

        Raises:
            BadInput: The filter or order cannot be understood, or `start` is no place in it.
        """

        def select(kept: _Kept, table: Table, connection: Connection) -> Selected:
            found = kept.selected.get((where, order))
            if found is not None and found[0] == table.n_changes and found[1].table is table:
                return found[1]

            def fetch(pks: list[int]) -> Mapping[int, Run]:
                return {run.pk: run for run in runs.list_runs_by_pk(connection, pks)}

            made = ordered(table, passing(table, where, fetch), order, fetch)
            while len(kept.selected) >= MAX_SELECTED:
                kept.selected.pop(next(iter(kept.selected)))
            kept.selected[where, order] = table.n_changes, made
            return made

        selected = self._ask(project_pk, select)
        return selected.page(start, limit), len(selected.rows)

    def runs(self, project_pk: int, sweep_pk: int | None = None) -> list[bytes]:
        """A project's runs, or a sweep's own, as its page reads them, in parts (`table_json`)."""

        return self._ask(
            project_pk, lambda _, table, connection: _write(table, connection, sweep_pk)
        )

    def open_runs(self, fetched: Documents, project_pk: int, sweep_pk: int | None = None) -> Opened:
        """As `runs`, to be fetched part by part."""

        def begin(_: _Kept, table: Table, connection: Connection) -> Opened:
            state = table.number, table.n_changes, sweep_pk
            return fetched.open(state, lambda: _write(table, connection, sweep_pk))

        return self._ask(project_pk, begin)

    def standing(
        self, project_pk: int, sweep_pk: int | None = None, is_max: bool = False
    ) -> Standing:
        """How many of a project's, or a sweep's, runs there are, in which states, since when.

        Args:
            is_max: Whether the sweep's best run is the one whose metric was highest.
        """

        def find(_: _Kept, table: Table, __: Connection) -> Standing:
            rows = table.rows if sweep_pk is None else table_json.rows_of_sweep(table, sweep_pk)
            best = None if sweep_pk is None else _best(table, rows, is_max)
            changed_at = None if table.newest is None else table.newest.changed_at
            return Standing(len(rows), changed_at, _states(table, rows), best)

        return self._ask(project_pk, find)

    def forget(self) -> None:
        """Let go of all that was read; another process reads from now on."""
        with self._lock:
            self._kept = {}

    def keep(self) -> None:
        """Keep what changed since it was kept last."""
        with self._lock:
            found = list(self._kept.values())
        for kept in found:
            with kept.lock:
                if self._keeping and kept.table and kept.n_saved != kept.table.n_changes:
                    self._keep(self._keeping, kept, kept.table)

    def _keep(self, keeping: Keeping, kept: _Kept, table: Table) -> None:
        if table.n_rows >= LEAST_SAVED:
            keeping.save(table)
        kept.n_saved = table.n_changes

    def prepare(self, project_pk: int) -> None:
        """Read a project's runs, so that the first question need not wait for it."""
        self._ask(project_pk, lambda *_: None)

    def _n_rows(self) -> int:
        return sum(kept.table.n_rows for kept in self._kept.values() if kept.table is not None)

    def _ask(self, project_pk: int, work: Callable[[_Kept, Table, Connection], T]) -> T:
        with self._table(project_pk) as (kept, table, connection):
            return work(kept, table, connection)

    @contextmanager
    def _table(self, project_pk: int) -> Iterator[tuple[_Kept, Table, Connection]]:
        with self._lock:
            kept = self._kept.pop(project_pk, None) or _Kept()
            self._kept[project_pk] = kept  # asked last, kept longest
            while len(self._kept) > 1 and (len(self._kept) > MAX_KEPT or self._n_rows() > MAX_ROWS):
                self._kept.pop(next(iter(self._kept)))
        with kept.lock, self._db.read() as connection:
            table, kept.table = kept.table, None  # should it fail half renewed
            if table is None and self._keeping is not None:
                table = self._keeping.load(project_pk)
            if table is None or not table.renew(connection):
                table = Table(project_pk)
                table.renew(connection)
                if self._keeping is not None:
                    self._keep(self._keeping, kept, table)
            kept.table = table
            yield kept, table, connection


def _states(table: Table, rows: Rows) -> dict[str, int]:
    column = table.column(RUN, "state")
    if column is None or not len(rows):
        return {}
    counts = np.bincount(column.numbers[rows].astype(np.intp), minlength=len(column.texts))
    return {text: int(n) for text, n in zip(column.texts, counts, strict=True) if n}


def _best(table: Table, rows: Rows, is_max: bool) -> str | None:
    """The id of the run whose metric was best at any step; the oldest of equals."""
    column = table.column(RUN, "metric_max" if is_max else "metric_min")
    if column is None or not len(rows := rows[column.kinds[rows] != 0]):
        return None
    values = column.numbers[rows].astype(np.float64) * (-1 if is_max else 1)
    return table_json.id_of(table, rows[values == values.min()][0])


def _write(table: Table, connection: Connection, sweep_pk: int | None) -> list[bytes]:
    if sweep_pk is None:
        return table_json.of_project(table, connection)
    return table_json.of_sweep(table, connection, sweep_pk)
