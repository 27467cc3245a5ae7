"""Agents: the processes that ask a sweep for runs."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.runs import LIVE
from sweepd.domain.sweeps import Agent, Sweep
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.paging import Listing, SortKey
from sweepd.store.prepared import Prepared, Question

_agents = schema.agents.c
_N_RUNS = (
    sa.select(sa.func.count())
    .where(schema.runs.c.agent_pk == _agents.id)
    .scalar_subquery()
    .label("n_runs")
)

_SELECT = (
    sa.select(schema.agents, schema.sweeps.c.project_pk, schema.entities.c.name.label("entity"))
    .join(
        schema.sweeps,
        sa.and_(schema.sweeps.c.id == _agents.sweep_pk, schema.sweeps.c.deleted_at.is_(None)),
    )
    .join(schema.projects, schema.projects.c.id == schema.sweeps.c.project_pk)
    .join(schema.entities, schema.entities.c.id == schema.projects.c.entity_pk)
)

# Made once: every heartbeat goes through these.
_stopping = schema.runs.alias("stopping")
_IS_ANY_STOPPING = sa.exists().where(
    _stopping.c.agent_pk == _agents.id,
    _stopping.c.deleted_at.is_(None),
    _stopping.c.stop_requested,
    sa.or_(*(_stopping.c.state == str(state) for state in sorted(LIVE))),
)
_BEATING = _SELECT.add_columns(_IS_ANY_STOPPING.label("is_any_stopping"))
_BY_PK = Prepared(_BEATING.where(_agents.id == sa.bindparam("agent_key")), of="agents")
_INSERT = sa.insert(schema.agents)
_UPDATE = Prepared(
    sa.update(schema.agents).where(_agents.id == sa.bindparam("agent_key")), of="agents"
)


def create_agent(
    connection: Connection, sweep: Sweep, name: str, host: str, user_pk: int, at: datetime
) -> Agent:
    """Register an agent of a sweep."""
    values = {"sweep_pk": sweep.pk, "name": name, "host": host, "created_at": at}
    inserted = connection.execute(_INSERT, {**values, "user_pk": user_pk, "heartbeat_at": at})
    pk = schema.new_key(inserted)
    return Agent(pk, sweep.pk, sweep.entity, name, host, at, at, None, (), None)


def find_agent(connection: Connection, pk: int) -> Agent | None:
    """An agent by our key; its runs are not counted."""
    found = find_beating(connection, pk)
    return found[0] if found else None


def find_beating(connection: Connection, pk: int) -> tuple[Agent, bool] | None:
    """As `find_agent`, with whether a live run of its was asked to stop."""
    prepared, key, _ = beating(pk)
    row = prepared.first(connection, key)
    return (_agent(row, None), bool(row.is_any_stopping)) if row else None


def beating(pk: int) -> Question:
    """What `find_beating` asks, to be read ahead."""
    return Question(_BY_PK, {"agent_key": pk})


def touch_agent(
    connection: Connection,
    agent: Agent,
    alive_runs: Collection[str],
    at: datetime,
    is_leaving: bool,
) -> Agent:
    """Note an agent's heartbeat; returns the agent as it is now."""
    alive = tuple(sorted(alive_runs))
    exited_at = at if is_leaving else agent.exited_at
    values = {"alive_runs": json.dumps(alive), "heartbeat_at": at, "exited_at": exited_at}
    _UPDATE.all(connection, {**values, "agent_key": agent.pk})
    return Agent(  # what `replace` does takes longer than the rest of a heartbeat
        agent.pk,
        agent.sweep_pk,
        agent.entity,
        agent.name,
        agent.host,
        agent.created_at,
        at,
        exited_at,
        alive,
        agent.n_runs,
    )


def list_agents(connection: Connection, sweep_pk: int) -> list[Agent]:
    """A sweep's agents, oldest first."""
    query = _SELECT.add_columns(_N_RUNS).where(_agents.sweep_pk == sweep_pk)
    return [_agent(row, row.n_runs) for row in connection.execute(query.order_by(_agents.id))]


def of_sweep(sweep_pk: int) -> Listing[Agent]:
    """A sweep's agents, oldest first."""
    query = _SELECT.add_columns(_N_RUNS).where(_agents.sweep_pk == sweep_pk)
    return Listing(
        query, (SortKey(_agents.id),), lambda _, rows: [_agent(row, row.n_runs) for row in rows]
    )


def count_active(connection: Connection, sweep_pk: int, since: datetime) -> int:
    """How many of a sweep's agents have been heard of since a time."""
    query = sa.select(sa.func.count()).where(
        _agents.sweep_pk == sweep_pk, _agents.heartbeat_at >= since, _agents.exited_at.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def _agent(row: sa.Row[Any], n_runs: int | None) -> Agent:
    return Agent(
        pk=row.id,
        sweep_pk=row.sweep_pk,
        entity=row.entity,
        name=row.name,
        host=row.host,
        created_at=row.created_at,
        heartbeat_at=row.heartbeat_at,
        exited_at=row.exited_at,
        alive_runs=tuple(json.loads(row.alive_runs)),
        n_runs=n_runs,
    )
