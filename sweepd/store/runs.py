"""Runs: one row each, found by project and id or by key."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.automations import EventType
from sweepd.domain.errors import Gone
from sweepd.domain.runs import Run, RunState, StopOrigin
from sweepd.store import happenings, projects, run_moments, schema, sweeps
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared, Question

_runs = schema.runs.c
_WITH_RESULT = (RunState.FINISHED, RunState.KILLED)
_ELSEWHERE = {  # what a Run holds that is no column of that name
    "pk": _runs.id,
    "updated_at": run_moments.changed_at,
    "project_pk": _runs.project_pk,
    "project": schema.projects.c.name,
    "entity": schema.entities.c.name,
    "sweep_id": schema.sweeps.c.sweep_id,
    "user_name": schema.users.c.name,
}
_FIELDS = [field.name for field in fields(Run)]
SELECT = (
    sa.select(*(_ELSEWHERE[n] if n in _ELSEWHERE else _runs[n] for n in _FIELDS))
    .select_from(schema.runs)
    .join(schema.projects, schema.projects.c.id == _runs.project_pk)
    .join(schema.entities, schema.entities.c.id == schema.projects.c.entity_pk)
    .outerjoin(schema.sweeps, sa.and_(schema.sweeps.c.id == _runs.sweep_pk, sweeps.IS_THERE))
    .outerjoin(schema.users, schema.users.c.id == _runs.user_pk)
)

# Made once: every request of a running client goes through these.
_NAMED = SELECT.where(
    _runs.project_pk == sa.bindparam("project_key"), _runs.run_id == sa.bindparam("run_name")
)
_VISIBLE = _NAMED.where(_runs.deleted_at.is_(None))
_BY_ID, _BY_ID_VISIBLE = Prepared(_NAMED, of="runs"), Prepared(_VISIBLE, of="runs")
_BY_ID_LOCKED = Prepared(_NAMED.with_for_update(of=schema.runs), of="runs")
_BY_ID_VISIBLE_LOCKED = Prepared(_VISIBLE.with_for_update(of=schema.runs), of="runs")
_IS_TAKEN = Prepared(
    sa.select(_runs.id).where(
        _runs.project_pk == sa.bindparam("project_key"), _runs.run_id == sa.bindparam("run_name")
    )
)
_BY_PATH_LOCKED = Prepared(
    SELECT.where(
        schema.projects.c.entity_pk == sa.bindparam("entity_key"),
        schema.projects.c.name == sa.bindparam("project_name"),
        _runs.run_id == sa.bindparam("run_name"),
        _runs.deleted_at.is_(None),
    ).with_for_update(of=schema.runs),
    of="runs",
)
_OF_PK = SELECT.where(_runs.id == sa.bindparam("run_key"))
_BY_PK = Prepared(_OF_PK, of="runs")
_BY_PK_LOCKED = Prepared(_OF_PK.with_for_update(of=schema.runs), of="runs")
_GIVEN = SELECT.where(
    _runs.agent_pk == sa.bindparam("agent_key"), _runs.deleted_at.is_(None)
).order_by(_runs.id)
_OF_AGENT = Prepared(_GIVEN, of="runs")
_OF_AGENT_LIVE = Prepared(_GIVEN.where(run_moments.IS_LIVE), of="runs")
_OF_AGENT_STOPPING = Prepared(_GIVEN.where(run_moments.IS_LIVE, _runs.stop_requested), of="runs")
_ADD = Prepared(sa.insert(schema.runs))
_INSERT = Prepared(sa.insert(schema.runs).returning(_runs.id))
_UPDATE = Prepared(sa.update(schema.runs).where(_runs.id == sa.bindparam("run_key")), of="runs")


def find_run(
    connection: Connection, project_pk: int, run_id: str, deleted: bool = False, lock: bool = False
) -> Run | None:
    """A run by its project and id; deleted ones only when asked for, `lock` as `find_run_by_pk`."""
    query = _BY_ID if deleted else _BY_ID_VISIBLE
    if lock:
        query = _BY_ID_LOCKED if deleted else _BY_ID_VISIBLE_LOCKED
    row = query.first(connection, {"project_key": project_pk, "run_name": run_id})
    return read_run(row) if row else None


def is_taken(connection: Connection, project_pk: int, run_id: str) -> bool:
    """Whether a run of the project has this id, deleted ones too."""
    prepared, key, _ = taken(project_pk, run_id)
    return prepared.first(connection, key) is not None


def taken(project_pk: int, run_id: str) -> Question:
    """What `is_taken` asks, to be read ahead."""
    return Question(_IS_TAKEN, {"project_key": project_pk, "run_name": run_id})


def by_path(entity_pk: int, project: str, run_id: str) -> Question:
    """What `find_run_by_path` asks first, to be read ahead."""
    key = {"entity_key": entity_pk, "project_name": project, "run_name": run_id}
    return Question(_BY_PATH_LOCKED, key)


def find_run_at(connection: Connection, entity_pk: int, project: str, run_id: str) -> Run | None:
    """As `find_run_by_path`, by what its project is called now."""
    prepared, key, _ = by_path(entity_pk, project, run_id)
    row = prepared.first(connection, key)
    return read_run(row) if row else None


def find_run_by_path(
    connection: Connection, entity_pk: int, project: str, run_id: str
) -> Run | None:
    """A run that is not deleted, by entity, project and id; its row is held to the end."""
    if (run := find_run_at(connection, entity_pk, project, run_id)) is not None:
        return run
    found = projects.find_project(connection, entity_pk, project)
    if found is None or found.name == project:
        return None
    return find_run(connection, found.pk, run_id, lock=True)  # by what its project was called


def find_run_by_pk(connection: Connection, pk: int, lock: bool = False) -> Run | None:
    """A run by our key, deleted or not; `lock` holds its row to the end of the transaction."""
    row = (_BY_PK_LOCKED if lock else _BY_PK).first(connection, {"run_key": pk})
    return read_run(row) if row else None


def get_run_by_pk(connection: Connection, pk: int, lock: bool = False) -> Run:
    """As `find_run_by_pk`, of a run that must be there.

    Raises:
        Gone: It is not.
    """
    if (run := find_run_by_pk(connection, pk, lock)) is None:
        raise Gone("the run was deleted")
    return run


def create_run(connection: Connection, values: dict[str, Any]) -> Run:
    """Insert a run."""
    pk = int(_INSERT.first(connection, values).id)
    _note_state(connection, pk, values["state"])
    return get_run_by_pk(connection, pk)


def add_run(connection: Connection, values: dict[str, Any]) -> None:
    """As `create_run`, where nobody needs to know its key: it waits for others to go with."""
    if any(happenings.asked_of_runs(connection)):
        create_run(connection, values)
    else:
        _ADD.all(connection, values)


def update_run(connection: Connection, pk: int, values: dict[str, Any]) -> None:
    """Change columns of a run by name."""
    _UPDATE.all(connection, {**values, "run_key": pk})
    if "state" in values:
        _note_state(connection, pk, values["state"])


def change_run(connection: Connection, pk: int, values: dict[str, Any]) -> Run:
    """As `update_run`; the run as it is then."""
    update_run(connection, pk, values)
    return get_run_by_pk(connection, pk)


def change_held(connection: Connection, run: Run, values: dict[str, Any]) -> Run:
    """As `change_run`, of a run whose row is held and is as it was read: nothing is read again."""
    update_run(connection, run.pk, values)
    tags = {"tags": tuple(json.loads(values["tags"]))} if "tags" in values else {}
    return replace(run, **{**values, **tags})


def _note_state(connection: Connection, pk: int, state: RunState) -> None:
    """Every change of a run's state goes through here, for automations that ask about it."""
    asked = happenings.asked_of_runs(connection)
    for event, is_asked in zip((EventType.RUN_STATE, EventType.SWEEP_BEST), asked, strict=True):
        if not is_asked:
            continue
        row = connection.execute(
            sa.select(_runs.project_pk, _runs.sweep_pk).where(_runs.id == pk)
        ).one()
        if event is EventType.RUN_STATE or (row.sweep_pk is not None and state in _WITH_RESULT):
            happenings.happened(
                connection, event, row.project_pk, pk, row.sweep_pk, state=str(state)
            )


def list_project_runs(connection: Connection, project_pk: int) -> list[Run]:
    """A project's runs, oldest first."""
    query = SELECT.where(_runs.project_pk == project_pk, _runs.deleted_at.is_(None))
    return all_of(connection, query.order_by(_runs.created_at, _runs.id))


def list_changed_runs(
    connection: Connection, project_pk: int, since: datetime
) -> tuple[list[Run], list[int]]:
    """The runs of a project changed at or after a time, and the keys of those deleted then."""
    changed = _runs.id.in_(run_moments.changed_since(_runs.project_pk == project_pk, since))
    gone = sa.select(_runs.id).where(changed, _runs.deleted_at.is_not(None))
    query = SELECT.where(changed, _runs.deleted_at.is_(None)).order_by(_runs.id)
    return all_of(connection, query), list(connection.scalars(gone))


def list_runs_by_pk(connection: Connection, pks: Sequence[int], deleted: bool = True) -> list[Run]:
    """Runs by our keys, in that order; those gone are left out, those deleted if not wanted."""
    found = {}
    for start in range(0, len(pks), 500):  # databases limit how many values one query names
        query = SELECT.where(_runs.id.in_(pks[start : start + 500]))
        if not deleted:
            query = query.where(_runs.deleted_at.is_(None))
        found.update({run.pk: run for run in all_of(connection, query)})
    return [found[pk] for pk in pks if pk in found]


def list_agent_runs(connection: Connection, agent_pk: int, live_only: bool = False) -> list[Run]:
    """The runs handed to an agent, oldest first."""
    prepared, key, _ = live_of(agent_pk)
    rows = (prepared if live_only else _OF_AGENT).all(connection, key)
    return [read_run(row) for row in rows]


def live_of(agent_pk: int) -> Question:
    """What `list_agent_runs` asks of live ones, to be read ahead."""
    return Question(_OF_AGENT_LIVE, {"agent_key": agent_pk})


def list_stopping_runs(connection: Connection, agent_pk: int) -> list[Run]:
    """An agent's live runs that were asked to stop, oldest first."""
    return [read_run(row) for row in _OF_AGENT_STOPPING.all(connection, {"agent_key": agent_pk})]


def list_silent_runs(connection: Connection, since: datetime, ahead: datetime) -> list[Run]:
    """Live runs of which nothing was heard after `since`, but for what lies ahead of the clock."""
    heard = sa.func.coalesce(_runs.heartbeat_at, _runs.created_at)
    query = SELECT.where(
        _runs.state.in_([RunState.PENDING, RunState.RUNNING, RunState.PREEMPTING]),
        sa.or_(heard < since, heard > ahead),
    )
    return all_of(connection, query.order_by(_runs.id))


def list_forks(connection: Connection, parent_pk: int, beyond_line: int) -> list[Run]:
    """The runs that read a parent's lines from `beyond_line` on, deleted ones too; the one that
    reads most comes first. Their rows are held to the end of the transaction."""
    query = SELECT.where(_runs.parent_pk == parent_pk, _runs.inherited_lines > beyond_line)
    query = query.order_by(_runs.inherited_lines.desc(), _runs.id)
    return all_of(connection, query.with_for_update(of=schema.runs))


def find_runs_by_ids(
    connection: Connection, project_pk: int, ids: Iterable[str], deleted: bool = False
) -> list[Run]:
    """Those of the named runs that exist; deleted ones only when asked for."""
    query = SELECT.where(_runs.project_pk == project_pk, _runs.run_id.in_(list(ids)))
    return all_of(connection, query if deleted else query.where(_runs.deleted_at.is_(None)))


def all_of(connection: Connection, query: sa.Select[Any]) -> list[Run]:
    """The runs that a query over `SELECT` finds."""
    return [read_run(row) for row in connection.execute(query)]


def read_run(row: sa.Row[Any]) -> Run:
    """A row of `SELECT`, whose first columns are a Run's fields in their order."""
    values = list(row[: len(_FIELDS)])
    values[_STATE] = RunState(values[_STATE])
    origin = values[_STOP_ORIGIN]
    values[_STOP_ORIGIN] = None if origin is None else StopOrigin(origin)
    values[_TAGS] = tuple(json.loads(values[_TAGS]))
    return Run(*values)


_STOP_ORIGIN = _FIELDS.index("stop_origin")
_STATE, _TAGS = _FIELDS.index("state"), _FIELDS.index("tags")
