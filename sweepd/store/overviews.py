"""Lists of many things at once, each in a fixed number of queries however long the list."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import ArtifactState, CollectionSummary, VersionSummary
from sweepd.domain.projects import ProjectSummary
from sweepd.domain.runs import ENDED, Run, RunState
from sweepd.domain.sweeps import SweepSummary
from sweepd.domain.users import Team
from sweepd.store import artifact_collections, projects, run_moments, schema
from sweepd.store.database import Connection
from sweepd.store.run_counts import Version

_runs = schema.runs.c
_IS_THERE = _runs.deleted_at.is_(None)


def list_projects(connection: Connection, entity_pks: Iterable[int]) -> list[ProjectSummary]:
    """The projects of some entities, last changed first."""
    pks = list(entity_pks)
    is_running = sa.case((_runs.state == RunState.RUNNING, 1), else_=0)
    counted = (
        sa.select(
            _runs.project_pk,
            sa.func.count().label("n_runs"),
            sa.func.sum(is_running).label("n_running"),
            sa.func.max(run_moments.changed_at).label("last_at"),
        )
        .join(schema.projects, schema.projects.c.id == _runs.project_pk)
        .where(schema.projects.c.entity_pk.in_(pks), _IS_THERE)
        .group_by(_runs.project_pk)
    )
    runs = {row.project_pk: row for row in connection.execute(counted)}
    sweeps = schema.sweeps.c
    n_sweeps: dict[int, int] = {
        row.project_pk: row.n
        for row in connection.execute(
            sa.select(sweeps.project_pk, sa.func.count().label("n"))
            .join(schema.projects, schema.projects.c.id == sweeps.project_pk)
            .where(schema.projects.c.entity_pk.in_(pks), sweeps.deleted_at.is_(None))
            .group_by(sweeps.project_pk)
        )
    }
    found = [
        ProjectSummary(
            project,
            row.n_runs if (row := runs.get(project.pk)) else 0,
            int(row.n_running) if row else 0,
            n_sweeps.get(project.pk, 0),
            row.last_at if row and row.last_at else project.created_at,
        )
        for project in projects.list_projects(connection, pks)
    ]
    return sorted(found, key=lambda item: item.last_at, reverse=True)


def sweeps_of(connection: Connection, project_pk: int) -> dict[int, SweepSummary]:
    """The runs of each sweep of a project, counted; by the sweep's key, none without runs."""
    has_ended = sa.case((_runs.state.in_(list(ENDED)), 1), else_=0)
    query = (
        sa.select(
            _runs.sweep_pk,
            sa.func.count().label("n_runs"),
            sa.func.sum(has_ended).label("n_ended"),
            sa.func.min(_runs.metric_min).label("low"),
            sa.func.max(_runs.metric_max).label("high"),
        )
        .where(_runs.project_pk == project_pk, _runs.sweep_pk.is_not(None), _IS_THERE)
        .group_by(_runs.sweep_pk)
    )
    return {
        row.sweep_pk: SweepSummary(row.n_runs, int(row.n_ended), row.low, row.high)
        for row in connection.execute(query)
    }


def version_of_points(connection: Connection, project_pk: int, sweep_pk: int) -> Version:
    """What a sweep's runs are at now, those of other sweeps that count for it included.

    It changes with any run of the project: that is read from the end of an index and of live runs
    alone, while the newest change of the sweep's own would have to be looked for among them all.
    """
    prior = sa.select(schema.prior_runs.c.run_pk).where(schema.prior_runs.c.sweep_pk == sweep_pk)
    counted = sa.select(sa.func.max(_runs.id), sa.func.count().filter(_IS_THERE))
    own = connection.execute(counted.where(_runs.sweep_pk == sweep_pk)).one()
    times = [run_moments.last_change(connection, project_pk)]
    n_earlier = 0
    if connection.scalar(prior.limit(1)) is not None:
        n_earlier = connection.execute(counted.where(_runs.id.in_(prior))).one()[1]
        changed = sa.select(sa.func.max(run_moments.changed_at)).where(_runs.id.in_(prior))
        times.append(connection.scalar(changed))
    changed_at = max((at for at in times if at is not None), default=None)
    return Version(own[0] or 0, own[1] + n_earlier, changed_at if own[0] or n_earlier else None)


def ids_deleted_since(
    connection: Connection, project_pk: int, since: datetime, sweep_pk: int | None = None
) -> list[str]:
    """The ids of a project's, or a sweep's, runs deleted at or after a time."""
    query = sa.select(_runs.run_id).where(
        _runs.project_pk == project_pk, _runs.updated_at >= since, _runs.deleted_at.is_not(None)
    )
    if sweep_pk is not None:
        query = query.where(_runs.sweep_pk + 0 == sweep_pk)  # found by the time, not by the sweep
    return list(connection.scalars(query))


def has_history(connection: Connection, project_pk: int) -> bool:
    """Whether a run of a project has a line of history."""
    query = sa.select(_runs.id).where(
        _runs.project_pk == project_pk, _runs.history_lines > 0, _IS_THERE
    )
    return connection.execute(query.limit(1)).first() is not None


def list_neighbours(connection: Connection, run: Run, limit: int) -> list[tuple[str, str, int]]:
    """(run id, name, key) of the other runs of its sweep, or else of its project.

    Those before it come first, the nearest of them at the head, then those after it.
    """
    of_same = _runs.sweep_pk == run.sweep_pk if run.sweep_pk else _runs.project_pk == run.project_pk
    query = sa.select(_runs.run_id, _runs.display_name, _runs.id).where(of_same, _IS_THERE)
    before = query.where(_runs.id < run.pk).order_by(_runs.id.desc()).limit(limit)
    after = query.where(_runs.id > run.pk).order_by(_runs.id).limit(limit)
    found = [*connection.execute(before), *connection.execute(after)]
    return [(row.run_id, row.display_name, row.id) for row in found[:limit]]


def list_deleted_runs(
    connection: Connection, project_pk: int, limit: int
) -> list[tuple[int, str, str, datetime]]:
    """(key, run id, name, when) of a project's deleted runs, last deleted first."""
    query = (
        sa.select(_runs.id, _runs.run_id, _runs.display_name, _runs.deleted_at)
        .where(_runs.project_pk == project_pk, _runs.deleted_at.is_not(None))
        .order_by(_runs.deleted_at.desc(), _runs.id.desc())
        .limit(limit)
    )
    return [tuple(row) for row in connection.execute(query)]


def list_collections(connection: Connection, project_pk: int) -> list[CollectionSummary]:
    """A project's collections with how many versions they have, last changed first."""
    places = schema.memberships.c
    query = (
        sa.select(
            places.collection_pk, sa.func.count().label("n"), sa.func.max(places.version).label("v")
        )
        .join(schema.artifacts, schema.artifacts.c.id == places.artifact_pk)
        .join(schema.collections, schema.collections.c.id == places.collection_pk)
        .where(
            schema.collections.c.project_pk == project_pk,
            schema.artifacts.c.state == ArtifactState.COMMITTED,
        )
        .group_by(places.collection_pk)
    )
    counted: dict[int, Any] = {row.collection_pk: row for row in connection.execute(query)}
    found = artifact_collections.list_collections(connection, project_pk)
    return [
        CollectionSummary(
            item, row.n if (row := counted.get(item.pk)) else 0, row.v if row else None
        )
        for item in sorted(found, key=lambda item: item.updated_at, reverse=True)
    ]


def list_versions(
    connection: Connection, collection_pk: int, limit: int
) -> tuple[list[VersionSummary], int]:
    """A collection's newest versions, newest first, and how many there are in all."""
    places, aliases = schema.memberships.c, schema.aliases.c
    is_there = schema.artifacts.c.state == ArtifactState.COMMITTED
    query = (
        sa.select(places.id, places.version, places.created_at, schema.artifacts.c.size_bytes)
        .join(schema.artifacts, schema.artifacts.c.id == places.artifact_pk)
        .where(places.collection_pk == collection_pk, is_there)
    )
    total = connection.execute(
        sa.select(sa.func.count()).select_from(query.subquery())
    ).scalar_one()
    named: dict[int, list[str]] = {}
    for row in connection.execute(
        sa.select(aliases.membership_pk, aliases.alias)
        .where(aliases.collection_pk == collection_pk)
        .order_by(aliases.alias)
    ):
        named.setdefault(row.membership_pk, []).append(row.alias)
    found = connection.execute(query.order_by(places.version.desc()).limit(limit))
    return [
        VersionSummary(row.version, tuple(named.get(row.id, ())), row.size_bytes, row.created_at)
        for row in found
    ], total


def list_metadata(connection: Connection, collection_pk: int, limit: int) -> list[tuple[int, str]]:
    """(number, metadata) of a collection's newest versions, oldest first."""
    places, versions = schema.memberships.c, schema.artifacts.c
    query = (
        sa.select(places.version, versions.metadata)
        .join(schema.artifacts, versions.id == places.artifact_pk)
        .where(places.collection_pk == collection_pk, versions.state == ArtifactState.COMMITTED)
        .order_by(places.version.desc())
        .limit(limit)
    )
    return [(row.version, row.metadata) for row in connection.execute(query)][::-1]


def list_teams(connection: Connection) -> list[Team]:
    """Every team with its members, by name."""
    entities, users = schema.entities.c, schema.users.c
    members: dict[str, list[str]] = {}
    query = (
        sa.select(entities.name, users.name.label("member"))
        .outerjoin(schema.members, schema.members.c.entity_pk == entities.id)
        .outerjoin(schema.users, users.id == schema.members.c.user_pk)
        .where(entities.kind == "team")
        .order_by(entities.name, users.name)
    )
    for row in connection.execute(query):
        members.setdefault(row.name, []).extend([row.member] if row.member else [])
    return [Team(name, tuple(found)) for name, found in members.items()]
