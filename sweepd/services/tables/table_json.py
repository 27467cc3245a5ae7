"""A table as the JSON that pages read: one entry a column (see `json_columns`), not one a run.

Times are microseconds since 1970, of eight bytes, NaN for none. The pages' `rows.js` makes runs of
it again; a test holds it to what `web.shapes` makes of each run.

The text comes in parts, a column or so each, that are never put into one: it has tens of megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sweepd.domain.config import MISSING, flatten, unwrap
from sweepd.domain.encoding import clean
from sweepd.domain.runs import RunState, StopOrigin, outcome
from sweepd.domain.shown import MAX_SHORT, is_readable, parse, plain, short
from sweepd.later import np
from sweepd.services.tables import json_columns
from sweepd.services.tables.column import Coded, Column, Elsewhere, Numbers, Rows
from sweepd.services.tables.json_columns import in_parts, packed, written
from sweepd.services.tables.table import CELL, CONFIG, RUN, SUMMARY, Table
from sweepd.store import run_rows
from sweepd.store.database import Connection

_FACTS = {  # what a page calls it: the column
    "id": "run_id",
    "name": "display_name",
    "state": "state",
    "stop_reason": "stop_reason",
    "n_steps": "history_lines",
    "attempt": "attempt",
}
_OF_PROJECT = {
    "agent": "host",
    "sweep": "sweep_id",
    "tags": "tags",
    "notes": "notes",
    "group": "group_name",
    "user": "user_name",
}
_TIMES = ("created_at", "started_at", "ended_at")
Within = list[tuple[int, dict[str, Any]]]  # places of runs, and objects whose keys are names
Long = Callable[[Rows], Iterator[tuple[int, Any]]]  # (row, value) of what is not in the table


def rows_of_sweep(table: Table, sweep_pk: int) -> Rows:
    """The rows of a sweep's own runs, in the order they were handed out."""
    column, rows = table.column(RUN, "sweep_pk"), table.rows
    if column is None:
        return np.zeros(0, np.intp)
    own: Rows = rows[(column.kinds[rows] != 0) & (column.numbers[rows] == sweep_pk)]
    in_order: Rows = own[np.argsort(table.pks[own])]
    return in_order


def id_of(table: Table, row: int) -> str | None:
    """A run's id, as users see it."""
    column = table.column(RUN, "run_id")
    return column.texts[int(column.numbers[row])] if column else None


def of_project(table: Table, connection: Connection) -> list[bytes]:
    """All runs, oldest first, in parts."""
    rows = table.rows
    created, pks = table.times["created_at"][rows], table.pks[rows]
    if not (np.diff(created) > 0).all():
        rows = rows[np.lexsort((pks, created))]
    return _Document(table, connection, rows).parts(_FACTS | _OF_PROJECT, CONFIG)


def of_sweep(table: Table, connection: Connection, sweep_pk: int) -> list[bytes]:
    """A sweep's own runs in the order they were handed out, with the configs of their cells."""
    rows = rows_of_sweep(table, sweep_pk)
    return _Document(table, connection, rows).parts(_FACTS | {"agent": "agent"}, CELL)


class _Document:
    def __init__(self, table: Table, connection: Connection, rows: Rows) -> None:
        self._table, self._connection, self._rows = table, connection, rows
        self._place = np.full(len(table.pks), -1, np.intp)
        self._place[rows] = np.arange(len(rows))

    def parts(self, facts: Mapping[str, str], config_side: str) -> list[bytes]:
        """The document's text."""
        own = self._facts(facts)
        metric = {
            name: self._column(column, self._nothing, plain)
            for name in ("last", "min", "max")
            if (column := self._table.column(RUN, f"metric_{name}")) is not None
        }
        config = self._nested(config_side, lambda _, value: value, lambda *_: True)
        summary = self._nested(SUMMARY, lambda _, value: short(value), is_readable)
        return [
            b'{"n":%d,"facts":' % len(self._rows),
            *in_parts((name, written(column)) for name, column in own.items()),
            b',"times":',
            *in_parts((name, packed(self._times(name), "<f8")) for name in _TIMES),
            b',"metric":',
            *in_parts((name, written(column)) for name, column in metric.items()),
            b',"config":',
            *in_parts((name, written(column)) for name, column in config.items()),
            b',"summary":',
            *in_parts((name, written(column)) for name, column in summary.items()),
            b"}",
        ]

    def _facts(self, facts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        found = {
            name: self._column(column, self._long(_reading(key)), _SHOWN.get(key, plain))
            for name, key in facts.items()
            if (column := self._table.column(RUN, key)) is not None
        }
        found["outcome"] = self._outcomes()
        # Colours go by it.
        found["number"] = {"n": json_columns.numbers(self._table.pks[self._rows].astype(float))}
        return found

    def _times(self, name: str) -> Any:
        found = self._table.times[name][self._rows]
        return np.where(found < 0, np.nan, found)

    def _nested(
        self,
        side: str,
        cut: Callable[[str, Any], Any],
        is_shown: Callable[[str, Any], bool],
    ) -> dict[str, Any]:
        """The columns of a side; objects within are columns under dotted names."""
        shown: dict[str, Any] = {}
        for name in self._table.names(side):
            column = self._table.column(side, name)
            if column is None or name == "_wandb" or not is_shown(name, 0):
                continue
            within: Within = []

            def value_of(value: Any, name: str = name) -> Any:
                made = plain(value)
                return cut(name, made) if is_shown(name, made) else MISSING

            long = self._long_of(side, name)
            made = self._column(column, long, value_of, within)
            if made:
                shown[clean(name)] = _merge(shown.get(clean(name)), made)
            for place, value in within:
                for key, item in flatten({name: value}).items():
                    own = plain(item)
                    if is_shown(key, own):
                        into = shown.setdefault(clean(key), {}).setdefault("x", [])
                        into.append((place, cut(key, own)))
        return shown

    def _column(
        self,
        column: Column,
        long: Long,
        value_of: Callable[[Any], Any],
        within: Within | None = None,
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        others: list[tuple[int, Any]] = []
        for group in column.groups(self._rows):
            if isinstance(group, Numbers):
                numbers = np.full(len(self._rows), np.nan)
                is_odd = ~np.isfinite(group.values)
                numbers[self._place[group.rows]] = np.where(is_odd, np.nan, group.values)
                made["n"] = json_columns.numbers(numbers)
                for row, value in zip(group.rows[is_odd], group.values[is_odd], strict=True):
                    others.append((int(self._place[row]), value_of(float(value))))
            elif isinstance(group, Elsewhere):
                found = list(long(group.rows))
                rows = np.asarray([row for row, _ in found], np.intp)
                one_each = Coded(rows, np.arange(len(rows)), [value for _, value in found])
                self._others(one_each, value_of, within, others)
            elif group.are_texts:
                codes = np.full(len(self._rows), -1, np.int32)
                codes[self._place[group.rows]] = group.codes
                made["c"], made["t"] = json_columns.codes(codes), _texts(group.values, value_of)
            else:
                self._others(group, value_of, within, others)
        if others := [(place, value) for place, value in others if value is not MISSING]:
            made["x"] = others
        return made

    def _others(
        self,
        group: Coded,
        value_of: Callable[[Any], Any],
        within: Within | None,
        others: list[tuple[int, Any]],
    ) -> None:
        """Each different value is looked at once."""
        order = np.argsort(group.codes, kind="stable")
        places = self._place[group.rows[order]]
        ends = np.searchsorted(group.codes[order], np.arange(len(group.values) + 1))
        for code, value in enumerate(group.values):
            if value is MISSING:
                continue
            own = places[ends[code] : ends[code + 1]]
            is_nest = within is not None and isinstance(value, dict) and "_type" not in value
            if not (is_nest and value):
                shown = value_of(value)
                if shown is not MISSING:
                    others += [(place, shown) for place in own.tolist()]
            elif within is not None:
                within += [(place, value) for place in own.tolist()]

    def _outcomes(self) -> dict[str, Any]:
        """Each run's state in the words people read."""
        texts: dict[str, int] = {}
        states = self._texts("state")
        origins = self._texts("stop_origin")
        n_origins = len(origins[0]) + 1
        pairs = states[1] * n_origins + origins[1] + 1  # few states, few origins
        place_of = np.zeros(len(states[0]) * n_origins, np.int32)
        for pair in np.flatnonzero(np.bincount(pairs, minlength=1)).tolist():
            state, origin = pair // n_origins, pair % n_origins - 1
            word = outcome(
                RunState(states[0][state]),
                None if origin < 0 else StopOrigin(origins[0][origin]),
            )
            place_of[pair] = texts.setdefault(word, len(texts))
        return {"c": json_columns.codes(place_of[pairs]), "t": list(texts)}

    def _texts(self, name: str) -> tuple[list[str], Any]:
        """A column's texts, and for each row the place of its own, or -1."""
        column = self._table.column(RUN, name)
        if column is None:
            return [], np.full(len(self._rows), -1)
        is_there = column.kinds[self._rows] != 0
        return column.texts, np.where(is_there, column.numbers[self._rows], -1).astype(np.intp)

    @staticmethod
    def _nothing(_: Rows) -> Iterator[tuple[int, Any]]:
        return iter(())

    def _long(self, read: Callable[[Any], Any]) -> Long:
        def find(rows: Rows) -> Iterator[tuple[int, Any]]:
            by_pk = {int(self._table.pks[row]): int(row) for row in rows}
            for found in run_rows.list_rows_by_pk(self._connection, list(by_pk)):
                for item in found:
                    yield by_pk[item.pk], read(item)

        return find

    def _long_of(self, side: str, name: str) -> Long:
        texts = {CONFIG: "config", SUMMARY: "summary", CELL: "cell_config"}

        def read(item: Any) -> Any:
            values = parse(getattr(item, texts[side]))
            return (unwrap(values) if side == CONFIG else values).get(name, MISSING)

        return self._long(read)


def _reading(name: str) -> Callable[[Any], Any]:
    return lambda item: getattr(item, name)


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "notes": lambda value: clean(value[:MAX_SHORT]),
    "tags": lambda value: value or MISSING,  # a page gives those without any an empty list
}


def _merge(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """A column together with what other names put under the same one."""
    if old is None:
        return new
    return old | new | {"x": [*old.get("x", ()), *new.get("x", ())]}


def _texts(texts: Sequence[str], value_of: Callable[[Any], Any]) -> list[Any]:
    if value_of is plain and "".join(texts).isascii():  # they are short enough, else not here
        return list(texts)
    return [value_of(text) for text in texts]
