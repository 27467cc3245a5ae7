"""Sweeps: one row each, found by project and id or by key."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.domain.goals import Goal
from sweepd.domain.projects import TRASH
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.paging import Listing, SortKey, sort_by
from sweepd.store.prepared import Prepared, Question
from sweepd.store.statements import Keeps

_sweeps = schema.sweeps.c
_SELECT = (
    sa.select(
        schema.sweeps,
        schema.projects.c.name.label("project"),
        schema.entities.c.name.label("entity"),
        schema.users.c.name.label("user_name"),
    )
    .join(schema.projects, schema.projects.c.id == _sweeps.project_pk)
    .join(schema.entities, schema.entities.c.id == schema.projects.c.entity_pk)
    .outerjoin(schema.users, schema.users.c.id == _sweeps.user_pk)
)

# Made once: every heartbeat goes through these.
_BY_KEY = _SELECT.where(_sweeps.id == sa.bindparam("sweep_key"))
_HELD = _BY_KEY.with_for_update(of=schema.sweeps, key_share=True)  # what refers to it may come
_BY_PK_LOCKED = Prepared(_HELD, of="sweeps", keeps=Keeps.ALL)
_BY_PK = Prepared(_BY_KEY, of="sweeps", keeps=Keeps.ALL, locked=_BY_PK_LOCKED)
_ONE = sa.update(schema.sweeps).where(_sweeps.id == sa.bindparam("sweep_key"))
_UPDATE = Prepared(_ONE, of="sweeps")
IS_THERE = _sweeps.deleted_at.is_(None)
_BY_ID = _SELECT.where(
    _sweeps.project_pk == sa.bindparam("project_key"),
    _sweeps.sweep_id == sa.bindparam("short_id"),
    IS_THERE,
)
_SHIFT = Prepared(
    _ONE.values(
        n_cells=_sweeps.n_cells + sa.bindparam("more_cells"),
        n_open=_sweeps.n_open + sa.bindparam("more_open"),
    )
)
_COUNT_RUN = Prepared(_ONE.values(n_runs=_sweeps.n_runs + 1).returning(_sweeps.n_runs))


def create_sweep(connection: Connection, values: dict[str, Any]) -> Sweep:
    """Insert a sweep."""
    inserted = connection.execute(sa.insert(schema.sweeps).values(**values))
    return get_sweep_by_pk(connection, schema.new_key(inserted))


def update_sweep(connection: Connection, pk: int, values: dict[str, Any]) -> None:
    """Change columns of a sweep by name."""
    _UPDATE.all(connection, {**values, "sweep_key": pk})


def change_sweep(connection: Connection, pk: int, values: dict[str, Any]) -> Sweep:
    """As `update_sweep`; the sweep as it is then."""
    update_sweep(connection, pk, values)
    return get_sweep_by_pk(connection, pk)


def shift_counts(connection: Connection, pk: int, cells: int, open_cells: int) -> None:
    """Add to a sweep's counts of taken and of open configs."""
    if not (cells or open_cells):
        return
    if (held := _held(connection, pk)) is not None:
        counts = {"n_cells": held.n_cells + cells, "n_open": held.n_open + open_cells}
        update_sweep(connection, pk, counts)
        return
    _SHIFT.all(connection, {"more_cells": cells, "more_open": open_cells, "sweep_key": pk})


def next_run_number(connection: Connection, pk: int) -> int:
    """Count one more attempt of a sweep, and say which it is, from 1."""
    if (held := _held(connection, pk)) is not None:
        update_sweep(connection, pk, {"n_runs": held.n_runs + 1})
        return int(held.n_runs) + 1
    return int(_COUNT_RUN.first(connection, {"sweep_key": pk}).n_runs)


def _held(connection: Connection, pk: int) -> Any:
    """The sweep's row where writes share a transaction that holds it: what they change of it is
    reckoned here, and made once for all of them."""
    rows = _BY_PK_LOCKED.seen(connection, {"sweep_key": pk})
    return rows[0] if rows else None


def delete_sweep(connection: Connection, pk: int) -> None:
    """Remove a sweep with its cells, agents and log; its runs stay."""
    connection.execute(sa.delete(schema.sweeps).where(_sweeps.id == pk))


def list_deleted_sweeps(connection: Connection, project_pk: int, limit: int) -> list[Sweep]:
    """A project's deleted sweeps, last deleted first."""
    query = _SELECT.where(_sweeps.project_pk == project_pk, _sweeps.deleted_at.is_not(None))
    query = query.order_by(_sweeps.deleted_at.desc(), _sweeps.id.desc()).limit(limit)
    return [_sweep(row) for row in connection.execute(query)]


def list_expired_sweeps(connection: Connection, before: datetime) -> list[int]:
    """Our keys of the sweeps deleted before then."""
    return list(connection.scalars(sa.select(_sweeps.id).where(_sweeps.deleted_at < before)))


def find_sweep(connection: Connection, project_pk: int, sweep_id: str) -> Sweep | None:
    """A sweep by its project and short id, unless it was deleted."""
    key = {"project_key": project_pk, "short_id": sweep_id}
    row = connection.execute(_BY_ID, key).first()
    return _sweep(row) if row else None


def find_sweep_by_path(
    connection: Connection, entity: str, project: str, sweep_id: str
) -> Sweep | None:
    """A sweep by its whole name, whoever may see it, unless it was deleted."""
    query = _SELECT.where(
        IS_THERE,
        schema.entities.c.name == entity,
        schema.projects.c.name == project,
        _sweeps.sweep_id == sweep_id,
    )
    row = connection.execute(query).first()
    return _sweep(row) if row else None


def find_sweep_by_pk(connection: Connection, pk: int, lock: bool = False) -> Sweep | None:
    """A sweep by our key, deleted or not.

    With `lock`, its row is held to the end of the transaction: choosing and reserving for one
    sweep happen one after the other. (SQLite has one writer anyway and ignores this.)
    """
    prepared, key, _ = by_pk(pk, lock)
    row = prepared.first(connection, key)
    return _sweep(row) if row else None


def by_pk(pk: int, lock: bool = False) -> Question:
    """What `find_sweep_by_pk` asks, to be read ahead."""
    return Question(_BY_PK_LOCKED if lock else _BY_PK, {"sweep_key": pk})


def get_sweep_by_pk(connection: Connection, pk: int) -> Sweep:
    """As `find_sweep_by_pk`, of a sweep that must be there.

    Raises:
        Gone: It is not.
    """
    if (sweep := find_sweep_by_pk(connection, pk)) is None:
        raise Gone("the sweep was deleted")
    return sweep


def list_sweeps(connection: Connection, project_pk: int) -> list[Sweep]:
    """A project's sweeps, newest first."""
    query = _SELECT.where(_sweeps.project_pk == project_pk, IS_THERE)
    rows = connection.execute(query.order_by(_sweeps.created_at.desc(), _sweeps.id.desc()))
    return [_sweep(row) for row in rows]


def of_project(project_pk: int) -> Listing[Sweep]:
    """A project's sweeps, newest first."""
    query = _SELECT.where(_sweeps.project_pk == project_pk, IS_THERE)
    keys = (*sort_by(_sweeps.created_at, descending=True), SortKey(_sweeps.id, descending=True))
    return Listing(query, keys, lambda _, rows: [_sweep(row) for row in rows])


def list_open_sweeps(connection: Connection) -> list[Sweep]:
    """Every sweep that may still hand out runs, in any project."""
    query = _SELECT.where(
        _sweeps.state.in_([SweepState.PENDING, SweepState.RUNNING]),
        IS_THERE,
        schema.entities.c.name != TRASH,
    )
    return [_sweep(row) for row in connection.execute(query.order_by(_sweeps.id))]


def _sweep(row: sa.Row[Any]) -> Sweep:
    return Sweep(
        pk=row.id,
        project_pk=row.project_pk,
        entity=row.entity,
        project=row.project,
        sweep_id=row.sweep_id,
        display_name=row.display_name,
        description=row.description,
        state=SweepState(row.state),
        state_reason=row.state_reason,
        config_yaml=row.config_yaml,
        method=row.method,
        metric_name=row.metric_name,
        metric_goal=Goal(row.metric_goal),
        run_cap=row.run_cap,
        n_configs=row.n_configs,
        next_index=row.next_index,
        n_cells=row.n_cells,
        n_open=row.n_open,
        n_prior=row.n_prior,
        n_outside=row.n_outside,
        seed=row.seed,
        retries=row.retries,
        controller=row.controller,
        scheduler=row.scheduler,
        user_name=row.user_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
        deleted_at=row.deleted_at,
    )
