"""The runs of a sweep, by when they were handed out, ended or how good they were."""

from datetime import datetime

import sqlalchemy as sa

from sweepd.domain.goals import Goal
from sweepd.domain.runs import LIVE, Run
from sweepd.store import runs, schema
from sweepd.store.database import Connection

_runs = schema.runs.c
_OF_CELL = runs.SELECT.where(_runs.cell_pk == sa.bindparam("cell_key")).order_by(_runs.id)


def list_sweep_runs(
    connection: Connection, sweep_pk: int, first: int | None = None, after_pk: int = 0
) -> list[Run]:
    """A sweep's runs, in the order they were handed out."""
    query = (
        runs.SELECT.where(
            _runs.sweep_pk == sweep_pk, _runs.deleted_at.is_(None), _runs.id > after_pk
        )
        .order_by(_runs.id)
        .limit(first)
    )
    return runs.all_of(connection, query)


def list_live_sweep_runs(connection: Connection, sweep_pk: int) -> list[Run]:
    """A sweep's runs that have not ended."""
    query = runs.SELECT.where(
        _runs.sweep_pk == sweep_pk, _runs.state.in_(list(LIVE)), _runs.deleted_at.is_(None)
    )
    return runs.all_of(connection, query.order_by(_runs.id))


def list_cell_runs(connection: Connection, cell_pk: int, deleted: bool = True) -> list[Run]:
    """The attempts at one cell, oldest first; those that were deleted only if wanted."""
    query = _OF_CELL if deleted else _OF_CELL.where(_runs.deleted_at.is_(None))
    return [runs.read_run(row) for row in connection.execute(query, {"cell_key": cell_pk})]


def list_last_ended(
    connection: Connection, sweep_pk: int, limit: int, since: datetime
) -> list[Run]:
    """The runs of a sweep that ended last, after a time; newest first."""
    query = runs.SELECT.where(
        _runs.sweep_pk == sweep_pk, _runs.ended_at > since, _runs.deleted_at.is_(None)
    )
    return runs.all_of(
        connection, query.order_by(_runs.ended_at.desc(), _runs.id.desc()).limit(limit)
    )


def best_sweep_run(connection: Connection, sweep_pk: int, goal: Goal) -> Run | None:
    """The run whose metric was best at any step; None when none logged it."""
    column = _runs.metric_max if goal.is_max else _runs.metric_min
    order = column.desc() if goal.is_max else column.asc()
    query = runs.SELECT.where(
        _runs.sweep_pk == sweep_pk, _runs.deleted_at.is_(None), column.is_not(None)
    ).order_by(order, _runs.id)
    row = connection.execute(query.limit(1)).first()
    return runs.read_run(row) if row else None


def has_other_result(connection: Connection, sweep_pk: int, run_pk: int) -> bool:
    """Whether another run of the sweep has a value of its metric."""
    query = sa.select(_runs.id).where(
        _runs.sweep_pk == sweep_pk,
        _runs.id != run_pk,
        _runs.deleted_at.is_(None),
        _runs.metric_last.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None
