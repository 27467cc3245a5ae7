"""What a path of a filter or an order is in each run, from columns; exactly what the run would say.

Most paths are one column. A path with dots may lie in several: `a.b` is a key of that name, or `b`
within `a`. Where one run has more than one of them it is put together and asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sweepd.domain.config import MISSING, PRIVATE, find
from sweepd.later import np, npt
from sweepd.services.filters.runs import ALIASES, FIELDS, TIMES, find_in_config, summary_key
from sweepd.services.tables.column import Coded, Column, Elsewhere, Group, Numbers, Rows
from sweepd.services.tables.table import CONFIG, RUN, SUMMARY, Table

_COLUMNS = {  # of fields whose column has another name
    "name": "run_id",
    "id": "run_id",
    "sweep": "sweep_id",
    "group": "group_name",
    "username": "user_name",
    "commit": "commit_sha",
}


@dataclass(frozen=True)
class Times:
    """Rows with a time each, microseconds since 1970."""

    rows: Rows
    values: npt.NDArray[np.int64]


Value = Group | Times


def groups_of(table: Table, path: str, rows: Rows) -> Iterator[Value]:
    """The values of a path in some rows, each row in one group.

    Args:
        path: One that `filters.runs.reader` can read, and neither entity nor project.
    """
    name = ALIASES.get(path, path)
    if name in TIMES:
        yield from _times(table, name, rows)
    elif name == "duration":
        times = table.times
        heard = np.where(times["heartbeat_at"] < 0, times["updated_at"], times["heartbeat_at"])
        seconds = (heard[rows] - times["created_at"][rows]) / 10**6
        yield Numbers(rows, seconds, np.zeros(len(rows), np.bool_))
    elif name in FIELDS:
        column = table.column(RUN, _COLUMNS.get(name, name))
        yield from column.groups(rows) if column else [_all(rows, MISSING)]
    elif (key := summary_key(name)) is not None:
        yield from _nested(table, SUMMARY, [key], lambda values: find(values, key), rows)
    else:
        rest = name.removeprefix("config.")
        ways = [rest]
        if rest.endswith(".value"):
            ways.append(rest.removesuffix(".value"))
        if ".value." in rest:
            ways.append(rest.replace(".value.", ".", 1))
        yield from _nested(table, CONFIG, ways, lambda values: find_in_config(values, rest), rows)


def _all(rows: Rows, value: Any) -> Coded:
    return Coded(rows, np.zeros(len(rows), np.intp), [value])


def _times(table: Table, name: str, rows: Rows) -> Iterator[Value]:
    found = table.times[name][rows]
    is_there = found >= 0
    yield Times(rows[is_there], found[is_there])
    yield _all(rows[~is_there], MISSING)


def _nested(
    table: Table, side: str, ways: list[str], read: Callable[[dict[str, Any]], Any], rows: Rows
) -> Iterator[Value]:
    """Values within an object of which the columns are the keys."""
    names = dict.fromkeys(
        name for way in ways for name in (way, *(way[:i] for i, c in enumerate(way) if c == "."))
    )
    if side == CONFIG and PRIVATE in names:
        yield Elsewhere(rows)
        return
    columns = {name: found for name in names if (found := table.column(side, name)) is not None}
    has = {name: column.kinds[rows] != 0 for name, column in columns.items()}
    n_has = sum(has.values(), np.zeros(len(rows), np.intp))
    yield _all(rows[n_has == 0], MISSING)
    for name, column in columns.items():
        for group in column.groups(rows[has[name] & (n_has == 1)]):
            yield _within(group, name, read)
    several = rows[n_has > 1]
    if len(several):
        yield from _put_together(columns, read, several)


def _within(group: Group, name: str, read: Callable[[dict[str, Any]], Any]) -> Value:
    """What a path finds in objects of one key."""
    if isinstance(group, Numbers):  # none has anything within
        is_it = read({name: 0}) is not MISSING
        return group if is_it else _all(group.rows, MISSING)
    if isinstance(group, Coded):
        return Coded(group.rows, group.codes, [read({name: value}) for value in group.values])
    return group


def _put_together(
    columns: dict[str, Column], read: Callable[[dict[str, Any]], Any], rows: Rows
) -> Iterator[Value]:
    made: dict[int, dict[str, Any]] = {int(row): {} for row in rows}
    elsewhere: set[int] = set()
    for name, column in columns.items():
        for group in column.groups(rows):
            if isinstance(group, Elsewhere):
                elsewhere.update(map(int, group.rows))
            elif isinstance(group, Numbers):
                for row, number, is_whole in zip(
                    group.rows, group.values.tolist(), group.are_whole, strict=True
                ):
                    made[int(row)][name] = int(number) if is_whole else number
            else:
                for row, code in zip(group.rows, group.codes, strict=True):
                    if (value := group.values[code]) is not MISSING:
                        made[int(row)][name] = value
    here = [row for row in made if row not in elsewhere]
    values = [read(made[row]) for row in here]
    yield Coded(np.asarray(here, np.intp), np.arange(len(here)), values)
    yield Elsewhere(np.asarray(sorted(elsewhere), np.intp))
