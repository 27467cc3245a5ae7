"""Statements that every client causes all the time: put together once, then only run.

SQLAlchemy does much between a statement and its rows, on SQLite several times the work of the
database. Here statements go straight to the driver, with the same conversions of types, errors and
names of columns.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sweepd.store.pipelined import Row
from sweepd.store.pipelined import of as pipelined_of

FLOAT8 = 701  # PostgreSQL's number of the kind of all our numbers that are not whole
Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Plan:
    """A statement for certain names of values.

    Attributes:
        values: In the order of its places: the name, what it is without one, how it is stored.
        is_named: The driver takes values by name, not by place.
        has_rows: It gives any.
        columns: Places of a row that are converted, and how.
    """

    sql: str
    values: Sequence[tuple[str, Any, Convert]]
    is_named: bool
    has_rows: bool
    columns: Sequence[tuple[int, Callable[[Any], Any]]]
    row: Callable[[Any], Any]

    def given(self, values: Mapping[str, Any]) -> Any:
        """Values as the driver takes them."""
        given = [
            convert(value) if convert and value is not None else value
            for name, default, convert in self.values
            for value in (values.get(name, default),)
        ]
        if not self.is_named:
            return given
        return {name: value for (name, _, _), value in zip(self.values, given, strict=True)}

    def read(self, row: Sequence[Any]) -> Any:
        """A row as the statement's own types have it, its columns by place and by name."""
        read = list(row)
        for place, convert in self.columns:
            read[place] = convert(read[place])
        return self.row(read)


class Prepared:
    """A SELECT, INSERT or UPDATE with named parameters; the latter two set what they are given."""

    def __init__(self, statement: Any, of: str | None = None) -> None:
        """`of`: the table of which it reads one row, its key the first column, or changes one, its
        key the last value."""
        self._statement, self._of = statement, of
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def all(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run it; the rows, whose columns have places and names."""
        dialect = connection.dialect
        plan = self._plan_of(dialect, values)
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        given = plan.given(values)
        pipelined = pipelined_of(connection) if plan.is_named else None
        try:
            if pipelined is None:
                cursor = driver.execute(plan.sql, given)
                rows = cursor.fetchall() if plan.has_rows else ()
            elif plan.has_rows:
                rows = pipelined.take((id(self), *values.values()), self._of)
                rows = pipelined.read(plan.sql, given) if rows is None else rows
            else:
                pipelined.write(plan.sql, given, self._changed(values))
                return ()
        except dialect.loaded_dbapi.Error as error:
            is_cut = dialect.is_disconnect(error, driver, None)
            if is_cut:
                connection.invalidate(error)
            raise sa.exc.DBAPIError.instance(
                plan.sql,
                given,
                error,
                dialect.loaded_dbapi.Error,
                connection_invalidated=is_cut,
                dialect=dialect,
            ) from error
        return [plan.read(row) for row in rows]

    def question(
        self, connection: sa.Connection, values: Mapping[str, Any]
    ) -> tuple[Hashable, str, Any]:
        """Key, statement and values of a SELECT, for `Pipelined.read_ahead`."""
        plan = self._plan_of(connection.dialect, values)
        return (id(self), *values.values()), plan.sql, plan.given(values)

    def _changed(self, values: Mapping[str, Any]) -> Row | None:
        if isinstance(self._statement, sa.Insert):
            return None
        return self._of or "", [*values.values()][-1]

    def _plan_of(self, dialect: sa.Dialect, values: Mapping[str, Any]) -> _Plan:
        key = dialect.name, *values
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _plan(self._statement, dialect, list(values))
        return plan

    def first(self, connection: sa.Connection, values: Mapping[str, Any]) -> Any:
        """Run it; its first row, None without one."""
        rows = self.all(connection, values)
        return rows[0] if rows else None


def _plan(statement: Any, dialect: sa.Dialect, names: list[str]) -> _Plan:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if compiled.post_compile_params:
        raise ValueError("a statement that is prepared names no lists of values (IN)")
    defaults = compiled.params
    kinds = {name: bound.type for bound, name in compiled.bind_names.items()}
    places = []
    for name in compiled.positiontup if compiled.positional else defaults:
        kind = kinds.get(name, sa.types.NULLTYPE)
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        places.append((name, defaults.get(name), convert))
    selected = list(getattr(statement, "selected_columns", ()))
    columns = []
    for place, column in enumerate(selected):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, FLOAT8)
        if convert is not None:
            columns.append((place, convert))
    row = namedtuple("Row", [str(c.key) for c in selected], rename=True)  # type: ignore[misc]
    return _Plan(
        compiled.string, places, not compiled.positional, bool(selected), columns, row._make
    )


Question = tuple[Prepared, Mapping[str, Any]]  # a SELECT of one row and its values
