"""Runs deleted with their sweep, brought back, and those whose time is up."""

from datetime import datetime

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection

_runs = schema.runs.c


def purge_run(connection: Connection, pk: int) -> None:
    """Remove a run with everything that hangs on it."""
    connection.execute(sa.delete(schema.runs).where(_runs.id == pk))


def hide_sweep_runs(connection: Connection, sweep_pk: int, at: datetime) -> None:
    """Mark all of a sweep's runs as deleted."""
    query = sa.update(schema.runs).where(_runs.sweep_pk == sweep_pk, _runs.deleted_at.is_(None))
    connection.execute(query.values(deleted_at=at, updated_at=at))


def show_sweep_runs(connection: Connection, sweep_pk: int, deleted_at: datetime) -> None:
    """Bring those of a sweep's runs back that were deleted at that moment: with it."""
    query = sa.update(schema.runs).where(_runs.sweep_pk == sweep_pk, _runs.deleted_at == deleted_at)
    connection.execute(query.values(deleted_at=None))


def touch_sweep_runs(connection: Connection, sweep_pk: int, at: datetime) -> None:
    """Let whoever keeps runs of a sweep read them anew: what they say of the sweep changed."""
    query = sa.update(schema.runs).where(_runs.sweep_pk == sweep_pk)
    connection.execute(query.values(updated_at=at))


def list_expired_runs(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Our keys of runs deleted before then."""
    query = sa.select(_runs.id).where(_runs.deleted_at < before).limit(limit)
    return list(connection.scalars(query))


def list_some_runs(connection: Connection, project_pk: int, limit: int) -> list[int]:
    """Our keys of some runs of a project, deleted ones too."""
    query = sa.select(_runs.id).where(_runs.project_pk == project_pk).limit(limit)
    return list(connection.scalars(query))
