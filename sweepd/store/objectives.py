"""The finite values of a sweep's metric, counted from 1 in each run."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared, Question

_objectives = schema.objectives.c

# Made once: every line of a sweep's run goes through these.
_INSERT = Prepared(sa.insert(schema.objectives))
_OF_RUN = (
    sa.select(_objectives.step, _objectives.value)
    .where(_objectives.run_pk == sa.bindparam("run_key"))
    .order_by(_objectives.n)
)
_ONE = Prepared(
    sa.select(_objectives.value).where(
        _objectives.run_pk == sa.bindparam("run_key"), _objectives.n == sa.bindparam("number")
    )
)
_LAST = Prepared(
    sa.select(_objectives.n, _objectives.best)
    .where(_objectives.run_pk == sa.bindparam("run_key"))
    .order_by(_objectives.n.desc())
    .limit(1)
)


def append_values(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add values: dicts of run_pk, sweep_pk, n, step, value, best, at (microseconds)."""
    for row in rows:
        _INSERT.all(connection, row)


def last_value(connection: Connection, run_pk: int) -> tuple[int, float] | None:
    """(n, best so far) of a run's newest value."""
    prepared, key, _ = last_of(run_pk)
    row = prepared.first(connection, key)
    return (row.n, row.best) if row else None


def last_of(run_pk: int) -> Question:
    """What `last_value` asks, to be read ahead."""
    return Question(_LAST, {"run_key": run_pk})


def value_at(connection: Connection, run_pk: int, n: int) -> float:
    """A run's value number n, counted from 1.

    Raises:
        Gone: It has none.
    """
    row = _ONE.first(connection, {"run_key": run_pk, "number": n})
    if row is None:
        raise Gone("the run has no such value any more")
    return float(row.value)


def list_values(connection: Connection, run_pk: int) -> list[tuple[int, float]]:
    """(step, value) of a run, in order."""
    return [(step, value) for step, value in connection.execute(_OF_RUN, {"run_key": run_pk})]


def values_at(connection: Connection, sweep_pk: int, n: int, column: str) -> list[float]:
    """One number of every run that has logged n values.

    Args:
        column: "value" (number n itself), "best" (the best up to it) or "mean" (over the first n).
    """
    query = sa.select(_objectives[column if column != "mean" else "value"]).where(
        _objectives.sweep_pk == sweep_pk, _objectives.n == n
    )
    if column == "mean":
        reached = sa.select(_objectives.run_pk).where(
            _objectives.sweep_pk == sweep_pk, _objectives.n == n
        )
        query = (
            sa.select(sa.func.avg(_objectives.value))
            .where(_objectives.run_pk.in_(reached), _objectives.n <= n)
            .group_by(_objectives.run_pk)
        )
    return [float(value) for value in connection.execute(query).scalars()]


def list_curves(
    connection: Connection, sweep_pk: int, ns: Sequence[int]
) -> dict[str, list[tuple[int, float]]]:
    """(n, best of the first n values) of a sweep's runs by run id, at each of `ns` they reached."""
    query = (
        sa.select(schema.runs.c.run_id, _objectives.n, _objectives.best)
        .join(schema.runs, schema.runs.c.id == _objectives.run_pk)
        .where(_objectives.sweep_pk == sweep_pk, _objectives.n.in_(list(ns)))
        .order_by(_objectives.run_pk, _objectives.n)
    )
    found: dict[str, list[tuple[int, float]]] = {}
    for run, n, best in connection.execute(query):
        found.setdefault(str(run), []).append((int(n), float(best)))
    return found


def list_arrivals(connection: Connection, sweep_pk: int) -> list[tuple[str, float]]:
    """(run id, value) of every value of a sweep, in the order they arrived."""
    query = (
        sa.select(schema.runs.c.run_id, _objectives.value)
        .join(schema.runs, schema.runs.c.id == _objectives.run_pk)
        .where(_objectives.sweep_pk == sweep_pk, schema.runs.c.deleted_at.is_(None))
        .order_by(_objectives.at, _objectives.n, _objectives.run_pk)
    )
    return [(str(run), float(value)) for run, value in connection.execute(query)]


def delete_values(connection: Connection, run_pk: int) -> None:
    """Forget a run's values."""
    connection.execute(sa.delete(schema.objectives).where(_objectives.run_pk == run_pk))


def delete_values_after(connection: Connection, run_pk: int, step: int) -> None:
    """Forget a run's values beyond a step."""
    connection.execute(
        sa.delete(schema.objectives).where(_objectives.run_pk == run_pk, _objectives.step > step)
    )


def longest(connection: Connection, sweep_pk: int) -> int:
    """How many values the longest run of a sweep has logged."""
    query = sa.select(sa.func.max(_objectives.n)).where(_objectives.sweep_pk == sweep_pk)
    return int(connection.execute(query).scalar() or 0)
