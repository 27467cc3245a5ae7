"""What goes along with a row that is removed, removed before it, some at a time.

A row takes with it whatever hangs on it: a run its lines, a sweep its cells. Of one with very many
that would be one long write, for which everybody waits.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection

Owner = Literal["runs", "sweeps", "projects"]


def remove_some(connection: Connection, owner: Owner, pks: Sequence[int], most: int) -> int:
    """Remove up to `most` of the rows that would go along with some runs, sweeps or projects.

    Args:
        pks: Our keys of those, which stay.

    Returns:
        How many rows went; fewer than `most` when there are no more.
    """
    n_gone = 0
    parent = schema.metadata.tables[owner]
    owned = sa.select(parent.c.id).where(parent.c.id.in_(pks))
    for table, rows in _along(parent, owned, frozenset({parent.name})):
        some = rows.limit(most - n_gone)
        key = sa.tuple_(*table.primary_key.columns)
        n_gone += connection.execute(sa.delete(table).where(key.in_(some))).rowcount
        if n_gone >= most:
            break
    return n_gone


def _along(
    parent: sa.Table, owned: sa.Select[tuple[int]], seen: frozenset[str]
) -> Iterator[tuple[sa.Table, sa.Select[tuple[object, ...]]]]:
    """Tables with the keys of their rows that go along, what hangs on others before these."""
    for table in schema.metadata.sorted_tables:
        for link in table.foreign_keys:
            if link.column.table is not parent or link.ondelete != "CASCADE":
                continue
            if table.name in seen:
                continue
            goes = link.parent.in_(owned)
            if "id" in table.c:
                own = sa.select(table.c.id).where(goes)
                yield from _along(table, own, seen | {table.name})
            yield table, sa.select(*table.primary_key.columns).where(goes)
