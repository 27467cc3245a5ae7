"""Runs as rows of what tables, filters and orders read, times as whole microseconds."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.store import run_moments, schema, sweeps
from sweepd.store.database import Connection

AT_ONCE = 2000  # rows in memory
_runs = schema.runs.c
TIMES = ("created_at", "updated_at", "heartbeat_at", "started_at", "ended_at")
_TIMES = {name: _runs[name] for name in TIMES} | {"updated_at": run_moments.changed_at}
PLAIN = (
    *("run_id", "display_name", "state", "sweep_pk", "group_name", "job_type", "host", "tags"),
    *("commit_sha", "program", "exitcode", "notes", "description", "stop_reason", "stop_origin"),
    *("metric_last", "metric_min", "metric_max", "history_lines", "attempt"),
)
FIELDS = (*PLAIN, "sweep_id", "user_name", "agent")
_ROWS = (
    sa.select(
        _runs.id.label("pk"),
        _runs.deleted_at.is_not(None).label("is_deleted"),
        *(sa.type_coerce(at, sa.BigInteger).label(name) for name, at in _TIMES.items()),
        *(_runs[name] for name in PLAIN),
        schema.sweeps.c.sweep_id,
        schema.users.c.name.label("user_name"),
        schema.agents.c.name.label("agent"),
        _runs.config,
        _runs.summary,
        schema.cells.c.config.label("cell_config"),
    )
    .select_from(schema.runs)
    .outerjoin(schema.sweeps, sa.and_(schema.sweeps.c.id == _runs.sweep_pk, sweeps.IS_THERE))
    .outerjoin(schema.users, schema.users.c.id == _runs.user_pk)
    .outerjoin(schema.agents, schema.agents.c.id == _runs.agent_pk)
    .outerjoin(schema.cells, schema.cells.c.id == _runs.cell_pk)
)
_UPDATED, _POSTED = (
    sa.select(_runs.id, sa.type_coerce(at, sa.BigInteger)).where(
        _runs.project_pk == sa.bindparam("project_key"), *conditions
    )
    for at, *conditions in ((_runs.updated_at,), (_runs.heartbeat_at, run_moments.POSTED))
)


def list_rows(connection: Connection, project_pk: int) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows of a project that are not deleted, some thousand at a time."""
    query = _ROWS.where(_runs.project_pk == project_pk, _runs.deleted_at.is_(None))
    found = connection.execute(query.execution_options(yield_per=AT_ONCE))
    try:
        yield from found.partitions()
    finally:
        found.close()


def list_rows_by_pk(connection: Connection, pks: Sequence[int]) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows of some runs, deleted ones too, some hundred at a time."""
    for start in range(0, len(pks), 500):
        yield connection.execute(_ROWS.where(_runs.id.in_(pks[start : start + 500]))).all()


def list_new(connection: Connection, project_pk: int, known_pk: int) -> list[int]:
    """Our keys of a project's runs above one, found by the key alone."""
    query = sa.select(_runs.id).where(_runs.id > known_pk, _runs.project_pk + 0 == project_pk)
    return list(connection.scalars(query))


def list_changes(connection: Connection, project_pk: int, since: datetime) -> dict[int, int]:
    """When each run that changed from a time on did, in microseconds, by our key; but for live runs
    read from an index alone."""
    of = {"project_key": project_pk}
    updated = connection.execute(_UPDATED.where(_runs.updated_at >= since), of)
    posted = connection.execute(_POSTED.where(_runs.heartbeat_at >= since), of)
    return {pk: at for found in (updated, posted) for pk, at in found}


def list_states(connection: Connection, project_pk: int) -> tuple[list[int], list[int], list[bool]]:
    """Our keys of a project's runs, when each changed in microseconds, and whether it is deleted;
    but for live runs read from an index alone."""
    of = {"project_key": project_pk}
    query = _UPDATED.add_columns(_runs.deleted_at.is_not(None))
    found = connection.execute(query, of).all()
    posted = {pk: at for pk, at in connection.execute(_POSTED, of)}
    pks, times, are_deleted = zip(*found, strict=True) if found else ((), (), ())
    return (
        list(pks),
        [posted.get(pk, at) for pk, at in zip(pks, times, strict=True)],
        list(are_deleted),
    )
