"""Statements that every client causes all the time: put together once, then only run.

SQLAlchemy does much between a statement and its rows, on SQLite several times the work of the
database. Here statements go straight to the driver, with the same conversions of types, errors and
names of columns.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sweepd.store.array_text import written
from sweepd.store.pipelined import Pipelined
from sweepd.store.pipelined import of as pipelined_of
from sweepd.store.statements import Asked, Keeps, Row

FLOAT8 = 701  # PostgreSQL's number of the kind of all our numbers that are not whole
Convert = Callable[[Any], Any] | None
_INSERT = re.compile(r"(INSERT INTO .*) VALUES \((.*)\)\Z", re.DOTALL)
_UPDATE = re.compile(r"(UPDATE .* SET .*)( WHERE .*)\Z", re.DOTALL)


@dataclass(frozen=True, eq=False)
class _Plan:
    """A statement for certain names of values.

    Attributes:
        values: In the order of its places: the name, what it is without one, how it is stored.
        converts: Places of values that are stored otherwise, and how.
        is_named: The driver takes values by name, not by place.
        has_rows: It gives any.
        columns: Places of a row that are converted, and how.
        places: Those of all columns, by name.
        many: As `pipelined.Sent` says; what is the same for all sets stands once.
        names: Those of which `many` takes arrays.
    """

    sql: str
    values: Sequence[tuple[str, Any, Convert]]
    converts: Sequence[tuple[int, Callable[[Any], Any]]]
    is_named: bool
    has_rows: bool
    columns: Sequence[tuple[int, Callable[[Any], Any]]]
    places: Mapping[str, int]
    row: Callable[[Any], Any]
    many: str
    names: frozenset[str]

    def given(self, values: Mapping[str, Any]) -> Any:
        """Values as the driver takes them."""
        get = values.get
        given = [get(name, default) for name, default, _ in self.values]
        for place, convert in self.converts:
            if (value := given[place]) is not None:
                given[place] = convert(value)
        if not self.is_named:
            return given
        return {name: value for (name, _, _), value in zip(self.values, given, strict=True)}

    def given_many(self, sets: Sequence[Mapping[str, Any]]) -> Any:
        """Values of several sets, for `many`."""
        given: dict[str, Any] = {}
        for name, default, convert in self.values:
            if name not in self.names:
                given[name] = convert(default) if convert and default is not None else default
            elif convert is None:
                given[name] = written([values[name] for values in sets])
            else:
                found = [values[name] for values in sets]
                given[name] = written([v if v is None else convert(v) for v in found])
        return given

    def read(self, row: Sequence[Any]) -> Any:
        """A row as the statement's own types have it, its columns by place and by name."""
        if not self.columns:
            return self.row(row)
        read = list(row)
        for place, convert in self.columns:
            read[place] = convert(read[place])
        return self.row(read)


class Prepared:
    """A SELECT, INSERT or UPDATE with named parameters; the latter two set what they are given."""

    def __init__(
        self,
        statement: Any,
        of: str | None = None,
        keeps: Keeps = Keeps.NONE,
        locked: "Prepared | None" = None,
        is_apart: bool = False,
    ) -> None:
        """What it is to writes that share a transaction.

        Args:
            of: The table of which it reads rows, their key the first column; or of which it sets
                columns of one row, to values and nothing else, its key the last value.
            keeps: Which of its answers hold for the rest of the transaction.
            locked: The same that holds the row: while it does, its answer is this one's.
            is_apart: It adds a row that no other change of the transaction is about, and gives it.
        """
        self._statement, self._of, self._keeps = statement, of, keeps
        self._locked, self._is_apart = locked, is_apart
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def all(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run it; the rows, whose columns have places and names."""
        dialect = connection.dialect
        plan = self.sent(dialect, values)
        if not connection.in_transaction():
            connection.begin()
        pipelined = pipelined_of(connection) if plan.is_named else None
        try:
            if pipelined is not None:
                rows = self._pipelined(pipelined, plan, values)
            else:
                driver: Any = connection.connection.driver_connection
                cursor = driver.execute(plan.sql, plan.given(values))
                rows = cursor.fetchall() if plan.has_rows else ()
        except dialect.loaded_dbapi.Error as error:
            is_cut = dialect.is_disconnect(error, connection.connection.driver_connection, None)
            if is_cut:
                connection.invalidate(error)
            raise sa.exc.DBAPIError.instance(
                plan.sql,
                plan.given(values),
                error,
                dialect.loaded_dbapi.Error,
                connection_invalidated=is_cut,
                dialect=dialect,
            ) from error
        return [plan.read(row) for row in rows]

    def _pipelined(
        self, pipelined: Pipelined, plan: _Plan, values: Mapping[str, Any]
    ) -> Sequence[Any]:
        if isinstance(self._statement, sa.Select):
            found = None
            if self._locked is not None:
                found = pipelined.take(self._locked._key(values), self._of)
            if found is None:
                found = pipelined.take(self._key(values), self._of)
            return pipelined.read(self._asked(plan, values)) if found is None else found
        if self._is_apart:
            return pipelined.add(plan, values)
        if plan.has_rows or (self._of is None and isinstance(self._statement, sa.Update)):
            return pipelined.change(plan, values, plan.has_rows)
        pipelined.write(self, values, self._changed(values))
        return ()

    def _key(self, values: Mapping[str, Any]) -> Hashable:
        return (id(self), *values.values())

    def _asked(self, plan: _Plan, values: Mapping[str, Any]) -> Asked:
        return Asked(self._key(values), plan, values, self._of, self._keeps)

    def asked(self, connection: sa.Connection, values: Mapping[str, Any]) -> Asked:
        """This SELECT as it is read ahead."""
        return self._asked(self.sent(connection.dialect, values), values)

    def seen(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Its rows as they were read ahead; who asks next has them still."""
        pipelined = pipelined_of(connection)
        if pipelined is None:
            return ()
        plan = self.sent(connection.dialect, values)
        return [plan.read(row) for row in pipelined.seen(self._key(values))]

    def anew(self, connection: sa.Connection, values: Mapping[str, Any]) -> None:
        """A change of this transaction bears on what it finds: it is asked again."""
        if (pipelined := pipelined_of(connection)) is not None:
            pipelined.anew(self._key(values))

    def _changed(self, values: Mapping[str, Any]) -> Row | None:
        if isinstance(self._statement, sa.Insert) or self._of is None:
            return None
        return self._of, [*values.values()][-1]

    def sent(self, dialect: sa.Dialect, values: Mapping[str, Any]) -> _Plan:
        """For these names of values."""
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
    selected = list(getattr(statement, "selected_columns", ()) or statement.exported_columns)
    if isinstance(statement, sa.Insert) and not selected:
        statement = statement.inline()  # nor is its key asked for
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if compiled.post_compile_params:
        raise ValueError("a statement that is prepared names no lists of values (IN)")
    defaults = compiled.params
    kinds = {name: bound.type for bound, name in compiled.bind_names.items()}
    places = []
    for name in compiled.positiontup if compiled.positional else defaults:
        kind = kinds.get(name, sa.types.NULLTYPE)
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if isinstance(kind, sa.LargeBinary):
            convert = None  # both drivers take bytes as they are
        places.append((name, defaults.get(name), convert))
    columns = []
    for place, column in enumerate(selected):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, FLOAT8)
        if convert is not None:
            columns.append((place, convert))
    columns_of = [str(column.key) for column in selected]
    row = namedtuple("Row", columns_of, rename=True)  # type: ignore[misc]
    many = ""
    if not compiled.positional and names:
        types = {name: dialect.type_compiler_instance.process(kinds[name]) for name in names}
        many = _many(statement, compiled.string, types)
    return _Plan(
        compiled.string,
        places,
        [(place, convert) for place, (_, _, convert) in enumerate(places) if convert],
        not compiled.positional,
        bool(selected),
        columns,
        {name: place for place, name in enumerate(columns_of)},
        row._make,
        many,
        frozenset(names),
    )


def _many(statement: Any, sql: str, types: Mapping[str, str]) -> str:
    """The same for arrays of values; empty where there is no such statement."""
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in types.items())
    names = ", ".join(f'"{name}"' for name in types)
    for name in types:
        sql = sql.replace(f"%({name})s", f'sets."{name}"')
    if isinstance(statement, sa.Select):
        return (
            f"SELECT sets.ordinality, found.* FROM unnest({arrays}) WITH ORDINALITY "
            f"AS sets ({names}, ordinality) CROSS JOIN LATERAL ({sql}) AS found"
        )
    pattern = _INSERT if isinstance(statement, sa.Insert) else _UPDATE
    parts = pattern.match(sql)
    if parts is None:
        return ""
    source = f" FROM unnest({arrays}) AS sets ({names})"
    if isinstance(statement, sa.Insert):
        return f"{parts[1]} SELECT {parts[2]}{source}"
    return f"{parts[1]}{source}{parts[2]}"


class Question(NamedTuple):
    """A SELECT and its values, read before a write begins; and what is read once a row of it is
    known."""

    prepared: Prepared
    values: Mapping[str, Any]
    then: Callable[[Any], Sequence["Question"]] | None = None


def read_ahead(
    connection: sa.Connection, pipelined: Pipelined, questions: Sequence[Question]
) -> None:
    """Ask what several writes read first, all of them at once, and then what follows from it."""
    while questions:
        pipelined.read_ahead(prepared.asked(connection, of) for prepared, of, _ in questions)
        questions = [
            more
            for prepared, of, then in questions
            if then is not None
            for row in prepared.seen(connection, of)
            for more in then(row)
        ]
