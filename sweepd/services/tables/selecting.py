"""Which rows of a table pass a filter: what `filters.mongo` says of runs.

A comparison is made once for each different value; numbers and times are compared in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sweepd.domain.nesting import load
from sweepd.domain.runs import Run
from sweepd.later import np, npt
from sweepd.services.filters import mongo
from sweepd.services.filters.runs import ALIASES, TIMES, iso, reader
from sweepd.services.tables.column import EXACT, Coded, Elsewhere, Rows
from sweepd.services.tables.table import Table
from sweepd.services.tables.values import Times, groups_of

Fetch = Callable[[list[int]], Mapping[int, Run]]  # runs by our keys
if TYPE_CHECKING:
    Mask = npt.NDArray[np.bool_]
else:
    Mask = Any
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IN_ONE_GO: dict[str, Callable[[Any, Any], Any]] = {
    "$eq": lambda found, value: found == value,
    "$ne": lambda found, value: found != value,
    "$gt": lambda found, value: found > value,
    "$gte": lambda found, value: found >= value,
    "$lt": lambda found, value: found < value,
    "$lte": lambda found, value: found <= value,
}


def passing(table: Table, where: str | None, fetch: Fetch) -> Rows:
    """The rows of runs that pass a filter, oldest row first.

    Args:
        fetch: Reads runs one of whose values is not in the table.

    Raises:
        BadInput: As `mongo.select`.
    """
    mongo.compile_filter(where)  # tells what is wrong with it
    tree = (load(where, "a filter") if where else None) or {}
    rows = table.rows
    return rows[_Asking(table, rows, fetch).all_of(tree)]


class _Asking:
    """A filter asked of some rows; every answer is a mask over them."""

    def __init__(self, table: Table, rows: Rows, fetch: Fetch) -> None:
        self._table, self._rows, self._fetch = table, rows, fetch

    def all_of(self, tree: Mapping[str, Any]) -> Mask:
        passes = np.ones(len(self._rows), np.bool_)
        for key, value in tree.items():
            passes &= self._item(key, value)
        return passes

    def _item(self, key: str, value: Any) -> Mask:
        if key == "$not":
            return ~self.all_of(value)
        if key == "$and":
            passes = self.all_of({})
            for item in value:
                passes &= self.all_of(item)
            return passes
        if key in ("$or", "$nor"):
            passes = ~self.all_of({})
            for item in value:
                passes |= self.all_of(item)
            return ~passes if key == "$nor" else passes
        return self._leaf(key, value)

    def _leaf(self, path: str, value: Any) -> Mask:
        name = ALIASES.get(path, path)
        if name in TIMES:
            value = mongo.read_times(path, value)
        compare = mongo.compile_comparison(path, value)
        passes = np.zeros(len(self._table.pks), np.bool_)
        if name in ("entity", "project"):
            read, own = reader(path), self._table.pks[self._rows[:1]].tolist()
            passes[self._rows] = any(compare(read(run)) for run in self._fetch(own).values())
            return passes[self._rows]
        for group in groups_of(self._table, path, self._rows):
            if isinstance(group, Elsewhere):
                read, pks = reader(path), self._table.pks[group.rows].tolist()
                runs = self._fetch(pks) if pks else {}
                passes[group.rows] = [pk in runs and compare(read(runs[pk])) for pk in pks]
            elif isinstance(group, Coded):
                found = np.fromiter((compare(v) for v in group.values), np.bool_)
                passes[group.rows] = found[group.codes] if len(found) else False
            elif isinstance(group, Times):
                passes[group.rows] = _compare_times(group.values, value, compare)
            else:
                passes[group.rows] = _compare_numbers(group.values, value, compare)
        return passes[self._rows]


def _operations(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value and all(key.startswith("$") for key in value):
        return list(value.items())
    return [("$eq", value)]


def _compare_numbers(
    found: npt.NDArray[np.float64], value: Any, compare: Callable[[Any], bool]
) -> Mask:
    operations = _operations(value)
    if all(
        name in _IN_ONE_GO and type(operand) in (int, float) and not abs(operand) > EXACT
        for name, operand in operations
    ):
        return _in_one_go(found, operations)
    return _each(found, compare, lambda number: number)


def _compare_times(
    found: npt.NDArray[np.int64], value: Any, compare: Callable[[Any], bool]
) -> Mask:
    operations = [(name, _micros(operand)) for name, operand in _operations(value)]
    if all(name in _IN_ONE_GO and operand is not None for name, operand in operations):
        return _in_one_go(found, operations)
    return _each(found, compare, time_text)


def _in_one_go(found: Any, operations: list[tuple[str, Any]]) -> Mask:
    passes = np.ones(len(found), np.bool_)
    for name, operand in operations:
        passes &= _IN_ONE_GO[name](found, operand)
    return passes


def _each(found: Any, compare: Callable[[Any], bool], value_of: Callable[[Any], Any]) -> Mask:
    different, places = np.unique(found, return_inverse=True)
    each = np.fromiter((compare(value_of(one)) for one in different.tolist()), np.bool_)
    return each[places] if len(each) else np.zeros(0, np.bool_)


def time_of(micros: int) -> datetime:
    """A time from the microseconds since 1970 that a table has of it."""
    return _EPOCH + timedelta(microseconds=micros)


def time_text(micros: int) -> str:
    """A time as filters compare it."""
    return iso(time_of(micros)) or ""


def _micros(text: Any) -> int | None:
    """A time as ours are written; None for any other text."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at - _EPOCH) // timedelta(microseconds=1) if at.tzinfo and iso(at) == text else None
