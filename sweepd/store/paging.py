"""Lists read from the database page by page: each page begins behind the last item given.

`WHERE (sort value, key) > (those of that item) ORDER BY … LIMIT n`, for any mix of directions: no
page costs more than its own rows, and none depends on what was deleted before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Key, Start
from sweepd.store.column_types import UtcTime
from sweepd.store.database import Connection

T = TypeVar("T")
MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class SortKey:
    """A column that is never null, whole numbers or text, and its direction."""

    column: sa.ColumnElement[Any]
    descending: bool = False

    @property
    def is_text(self) -> bool:
        """Whether its values are text."""
        return isinstance(self.column.type, sa.String)


def sort_by(column: Any, descending: bool = False) -> tuple[SortKey, ...]:
    """What a column is sorted by; times as numbers, nulls first (last when descending)."""
    if isinstance(column.type, UtcTime):
        column = sa.type_coerce(column, sa.BigInteger)
    elif getattr(column, "nullable", False):
        empty: Any = "" if isinstance(column.type, sa.String) else 0
        is_there = sa.case((column.is_(None), 0), else_=1)
        return (SortKey(is_there, descending), SortKey(sa.func.coalesce(column, empty), descending))
    return (SortKey(column, descending),)


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list in the database.

    Attributes:
        query: Its rows, without an order.
        keys: What they are sorted by; the last tells any two apart.
        read: From rows to as many values, in the same order.
    """

    query: sa.Select[Any]
    keys: Sequence[SortKey]
    read: Callable[[Connection, Sequence[sa.Row[Any]]], Sequence[T]]

    def fetch(self, connection: Connection, start: Start, limit: int | None) -> list[tuple[Key, T]]:
        """Up to `limit` items from behind a place on, each with its key.

        Raises:
            BadInput: The place is none in this list.
        """
        columns = [_comparable(connection, key) for key in self.keys]
        query = self.query.add_columns(
            *(column.label(f"sort_{i}") for i, column in enumerate(columns))
        )
        if start.key is not None:
            query = query.where(_behind(self.keys, columns, start.key))
        order = [c.desc() if k.descending else c for k, c in zip(self.keys, columns, strict=True)]
        query = query.order_by(*order).limit(None if limit is None else min(limit, MAX_INTEGER))
        if start.n_skipped:
            query = query.offset(start.n_skipped)
        rows = connection.execute(query).all()
        n = len(columns)
        return [
            (tuple(row[-n:]), item)
            for row, item in zip(rows, self.read(connection, rows), strict=True)
        ]

    def all(self, connection: Connection) -> list[T]:
        """The whole list."""
        return [item for _, item in self.fetch(connection, Start(), None)]

    def count(self, connection: Connection) -> int:
        """How many items the list has."""
        query = sa.select(sa.func.count()).select_from(self.query.order_by(None).subquery())
        return int(connection.execute(query).scalar_one())


def _comparable(connection: Connection, key: SortKey) -> sa.ColumnElement[Any]:
    """Text in the order of its characters' numbers, whatever the database's language is."""
    if key.is_text and connection.dialect.name == "postgresql":
        return sa.collate(key.column, "C")
    return key.column


def _behind(
    keys: Sequence[SortKey], columns: Sequence[sa.ColumnElement[Any]], place: Key
) -> sa.ColumnElement[bool]:
    """Rows behind a place: greater in the first column, or equal there and behind in the rest."""
    check_key(place, [str if key.is_text else int for key in keys])
    found: sa.ColumnElement[bool] = sa.false()
    for key, column, value in reversed(list(zip(keys, columns, place, strict=True))):
        further = column < value if key.descending else column > value
        found = sa.or_(further, sa.and_(column == value, found))
    return found


def check_key(place: Key, kinds: Sequence[type]) -> None:
    """Raise BadInput when a place is none in a list sorted by values of these kinds."""
    fits = len(place) == len(kinds) and all(
        type(value) is kind
        and (abs(value) <= MAX_INTEGER if isinstance(value, int) else "\x00" not in str(value))
        for value, kind in zip(place, kinds, strict=False)
    )
    if not fits:
        raise BadInput("expected a cursor of an earlier page of this list, in the same order")
