"""The runs of one project as columns, kept true by reading again what changed."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sweepd.domain.config import PRIVATE, unwrap
from sweepd.later import np, npt
from sweepd.services.streams.lines import parse_line
from sweepd.services.tables.column import ELSEWHERE, Column, Rows
from sweepd.services.tables.row_index import RowIndex
from sweepd.store import run_counts, run_rows
from sweepd.store.database import Connection
from sweepd.store.run_counts import Newest, Version

# Replicas may not agree on the time: what changed shortly before is looked at again.
OVERLAP = timedelta(seconds=60)
COUNT_EVERY_S = 60.0  # all runs, against what nobody could foresee
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BYTES = 200 << 20  # of the columns of one project
CELL_BYTES = 9
LEAST_ROOM = 1024

RUN, CONFIG, SUMMARY, CELL = "run", "config", "summary", "cell"
WIDE = 1e18  # whole numbers beyond are read with care
_PLAIN_KINDS = frozenset({int, str, bool, type(None)})
Name = tuple[str, str]  # which side, and the name there


class TooWide(Exception):
    """The runs have so many different names that columns are no way to keep them."""


class Table:
    """Rows are runs, in the order in which they were first seen; a deleted one keeps its row.

    Attributes:
        number: Its own, of all tables there were in this process.
        n_changes: Grows with every change seen.
        read_at: When all was read from the database, seconds since 1970.
        is_kept: It comes from a file: which runs are as they were is not known yet.
    """

    _numbers = itertools.count()

    def __init__(self, project_pk: int) -> None:
        self.project_pk = project_pk
        self.number = next(self._numbers)
        self.newest: Newest | None = None
        self._counted_at = 0.0
        self.read_at = 0.0
        self.is_kept = False
        self.n_rows = self.n_changes = 0
        self.index = RowIndex()
        self.columns: dict[Name, Column] = {}
        self.pks: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.is_there: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        # By time's name, microseconds since 1970; -1 for none.
        self.times = {name: np.zeros(0, np.int64) for name in run_rows.TIMES}

    @property
    def rows(self) -> Rows:
        """The rows of runs that are not deleted."""
        return np.flatnonzero(self.is_there[: self.n_rows])

    def column(self, side: str, name: str) -> Column | None:
        """A column; None where no run ever had the name."""
        return self.columns.get((side, name))

    def names(self, side: str) -> list[str]:
        """The names of one side, in the order in which they came."""
        return [name for of, name in self.columns if of == side]

    def renew(self, connection: Connection) -> bool:
        """Read what changed; False when the whole has to be read anew, by another table.

        Raises:
            TooWide: See there.
        """
        if self.newest is None:
            return self._begin(connection)
        known_pk = self.newest.newest_pk
        newest = run_counts.newest_of_runs(connection, self.project_pk, known_pk, OVERLAP)
        if newest != self.newest:
            self.n_changes += 1
            pks = self._changed_since(connection, self.newest)
            for found in run_rows.list_rows_by_pk(connection, pks):
                self._put(found)
            self.newest = newest
        is_counted = time.monotonic() - self._counted_at < COUNT_EVERY_S
        return is_counted or self._counts_as(
            run_counts.version_of_runs(connection, self.project_pk)
        )

    def _begin(self, connection: Connection) -> bool:
        """Read all; where it was kept, what differs."""
        self.n_changes += 1
        version = run_counts.version_of_runs(connection, self.project_pk)
        if self.is_kept:
            self.is_kept = False
            pks = self._differing(connection)
            if pks is None:
                return False
            for found in run_rows.list_rows_by_pk(connection, pks):
                self._put(found)
        else:
            self.read_at = time.time()
            self._grow(max(version.n_visible, len(self.pks)))
            for found in run_rows.list_rows(connection, self.project_pk):
                self._put(found)
            self._settle()
        self.newest = run_counts.newest_of_runs(
            connection, self.project_pk, version.newest_pk, OVERLAP
        )
        return self._counts_as(version)

    def _counts_as(self, version: Version) -> bool:
        """Whether there are as many runs as there should be; looked at now and then."""
        self._counted_at = time.monotonic()
        return int(np.count_nonzero(self.is_there)) == version.n_visible

    def _changed_since(self, connection: Connection, known: Newest) -> list[int]:
        found = set(run_rows.list_new(connection, self.project_pk, known.newest_pk))
        since = NEVER if known.changed_at is None else known.changed_at - OVERLAP
        find, times = self.index.find, self.times["updated_at"]
        last = times[: self.n_rows].max(initial=0)
        found |= {
            pk
            for pk, changed in run_rows.list_changes(connection, self.project_pk, since).items()
            if (row := find(pk)) is None or times[row] != changed or changed >= last
        }
        return sorted(found)

    def _differing(self, connection: Connection) -> list[int] | None:
        """The runs that are not as they were when this was kept; None when it is of others."""
        found = run_rows.list_states(connection, self.project_pk)
        pks, times, are_deleted = (np.array(part, np.int64) for part in found)
        rows = self.index.find_all(pks)
        is_known = rows >= 0
        if int(is_known.sum()) != self.n_rows:
            return None
        known = self.times["updated_at"]
        # What changed in the very moment of the last change known may have changed again in it.
        is_as_it_was = (known[rows] == times) & (times < known.max(initial=0))
        is_same = np.where(is_known, is_as_it_was, are_deleted != 0)
        return [int(pk) for pk in pks[~is_same]]

    def _put(self, found: Sequence[Any]) -> None:
        if not found:
            return
        pks, deleted, *rest = zip(*found, strict=True)
        rows = [self._row(pk) for pk in pks]
        places = np.asarray(rows, np.intp)
        self.pks[places] = pks
        self.is_there[places] = [not is_deleted for is_deleted in deleted]
        for name, values in zip(run_rows.TIMES, rest, strict=False):
            self.times[name][places] = [-1 if at is None else at for at in values]
        for column in self.columns.values():
            column.clear(places)
        fields = dict(zip(run_rows.FIELDS, rest[len(run_rows.TIMES) :], strict=False))
        fields["tags"] = tuple(json.loads(text) for text in fields["tags"])
        for name, values in fields.items():
            self._put_some((RUN, name), rows, values)
        for side, texts in zip((CONFIG, SUMMARY, CELL), rest[-3:], strict=True):
            self._put_objects(side, rows, texts, deleted)

    def _put_some(self, key: Name, rows: Sequence[int], values: Sequence[Any]) -> None:
        """What is null of a run's own fields is not there."""
        if None in values:
            some = [
                (row, value) for row, value in zip(rows, values, strict=True) if value is not None
            ]
            if not some:
                return
            rows, values = zip(*some, strict=True)
        self._column(key).put(rows, values)

    def _put_objects(
        self, side: str, rows: Sequence[int], texts: Sequence[str | None], deleted: Sequence[Any]
    ) -> None:
        """Most runs of a project have the same keys: those that have are put together."""
        alike: dict[tuple[str, ...], tuple[list[int], list[Any]]] = {}
        for row, text, is_deleted in zip(rows, texts, deleted, strict=True):
            if text is None or is_deleted:
                continue
            values = _read(side, text)
            own_rows, own_values = alike.setdefault(tuple(values), ([], []))
            own_rows.append(row)
            own_values.append(values.values())
        for names, (own_rows, own_values) in alike.items():
            for name, column in zip(names, zip(*own_values, strict=True), strict=True):
                self._column((side, name)).put(own_rows, column)

    def _column(self, key: Name) -> Column:
        column = self.columns.get(key)
        if column is None:
            if (len(self.columns) + 1) * len(self.pks) * CELL_BYTES > MAX_BYTES:
                raise TooWide
            column = self.columns[key] = Column(len(self.pks))
        return column

    def _row(self, pk: int) -> int:
        row = self.index.find(pk)
        if row is None:
            row = self.index.add(pk)
            self.n_rows += 1
            if row >= len(self.pks):
                self._grow(max(LEAST_ROOM, row + row // 16 + 1))
        return row

    def _settle(self) -> None:
        """Let go of what only helped to read all."""
        self.index.settle()
        for column in self.columns.values():
            column.settle()

    def _grow(self, capacity: int) -> None:
        if len(self.columns) * capacity * CELL_BYTES > MAX_BYTES:
            raise TooWide
        more = capacity - len(self.pks)
        self.pks = np.concatenate([self.pks, np.zeros(more, np.int64)])
        self.is_there = np.concatenate([self.is_there, np.zeros(more, np.bool_)])
        for name, times in self.times.items():
            self.times[name] = np.concatenate([times, np.zeros(more, np.int64)])
        for column in self.columns.values():
            column.grow(capacity)


def _read(side: str, text: str) -> dict[str, Any]:
    """The values of a config, a summary or a cell by name.

    The client's private part is long, and hardly ever asked for: it is left where it is.
    """
    values: dict[str, Any] | None = None
    with contextlib.suppress(orjson.JSONDecodeError):
        found = orjson.loads(text)
        if isinstance(found, dict):
            values = unwrap(found) if side == CONFIG else found
    if values is None or not all(map(_is_read_exactly, values.values())):
        found = parse_line(text)
        values = unwrap(found) if side == CONFIG else found
    return {name: ELSEWHERE if name == PRIVATE else value for name, value in values.items()}


def _is_read_exactly(value: Any) -> bool:
    """Whether the fast reader gives what the exact one does: it rounds wide numbers."""
    if isinstance(value, float):
        return -WIDE < value < WIDE
    return type(value) in _PLAIN_KINDS
