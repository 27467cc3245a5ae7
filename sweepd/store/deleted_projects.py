"""Deleted projects: they lie below an entity that nobody belongs to, until their time is up.

So every look-up from outside, which asks whether the caller belongs to the entity, misses them and
all that hangs on them, and their names are free at once.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.domain.projects import TRASH, DeletedProject, Project
from sweepd.store import schema
from sweepd.store.database import Connection, insert

_projects, _deleted = schema.projects.c, schema.deleted_projects.c
_N_RUNS = (
    sa.select(sa.func.count())
    .where(schema.runs.c.project_pk == _projects.id, schema.runs.c.deleted_at.is_(None))
    .scalar_subquery()
    .label("n_runs")
)
_SELECT = (
    sa.select(schema.deleted_projects, schema.entities.c.name.label("entity"), _N_RUNS)
    .join(schema.projects, _projects.id == _deleted.project_pk)
    .join(schema.entities, schema.entities.c.id == _deleted.entity_pk)
)


def delete_project(connection: Connection, project: Project, by: str, at: datetime) -> None:
    """Take a project away from its entity."""
    values = {"project_pk": project.pk, "entity_pk": project.entity_pk, "name": project.name}
    connection.execute(
        sa.insert(schema.deleted_projects).values(**values, deleted_by=by, deleted_at=at)
    )
    # Names in the trash are told apart by the key; so are they when a name was deleted twice.
    _place(connection, project.pk, _trash(connection, at), str(project.pk))


def undelete_project(connection: Connection, found: DeletedProject, name: str) -> None:
    """Give a project back to its entity under a free name."""
    connection.execute(sa.delete(schema.deleted_projects).where(_deleted.project_pk == found.pk))
    _place(connection, found.pk, found.entity_pk, name)


def was_deleted(connection: Connection, entity_pk: int, name: str) -> bool:
    """Whether an entity has a deleted project of that name."""
    query = sa.select(_deleted.project_pk).where(
        _deleted.entity_pk == entity_pk, _deleted.name == name
    )
    return connection.execute(query.limit(1)).first() is not None


def find_deleted(connection: Connection, pk: int) -> DeletedProject | None:
    """A deleted project by our key."""
    row = connection.execute(_SELECT.where(_deleted.project_pk == pk)).first()
    return _read(row) if row else None


def list_deleted(
    connection: Connection, entity_pks: Iterable[int], limit: int
) -> list[DeletedProject]:
    """The deleted projects of some entities, last deleted first."""
    query = _SELECT.where(_deleted.entity_pk.in_(list(entity_pks)))
    query = query.order_by(_deleted.deleted_at.desc(), _deleted.project_pk.desc()).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def list_expired(connection: Connection, before: datetime) -> list[int]:
    """Our keys of the projects deleted before then, and of those whose entity is gone."""
    query = (
        sa.select(_projects.id)
        .join(schema.entities, schema.entities.c.id == _projects.entity_pk)
        .outerjoin(schema.deleted_projects, _deleted.project_pk == _projects.id)
        .where(
            schema.entities.c.name == TRASH,
            sa.or_(_deleted.deleted_at.is_(None), _deleted.deleted_at < before),
        )
    )
    return list(connection.scalars(query))


def purge_project(connection: Connection, pk: int) -> None:
    """Remove a project with everything that hangs on it."""
    connection.execute(sa.delete(schema.projects).where(_projects.id == pk))


def list_linking(connection: Connection, project_pk: int) -> list[str]:
    """Paths of collections of other projects that a project's versions are linked into."""
    places, found = schema.memberships.c, schema.collections.c
    query = (
        sa.select(schema.entities.c.name, _projects.name, found.name)
        .join(schema.collections, found.project_pk == _projects.id)
        .join(schema.entities, schema.entities.c.id == _projects.entity_pk)
        .join(schema.memberships, places.collection_pk == found.id)
        .join(schema.artifacts, schema.artifacts.c.id == places.artifact_pk)
        .where(
            schema.artifacts.c.project_pk == project_pk,
            _projects.id != project_pk,
            schema.entities.c.name != TRASH,
        )
        .distinct()
        .order_by(schema.entities.c.name, _projects.name, found.name)
    )
    return ["/".join(row) for row in connection.execute(query)]


def _trash(connection: Connection, at: datetime) -> int:
    """The key of the entity of deleted projects, made when missing."""
    made = insert(connection, schema.entities).values(name=TRASH, kind="trash", created_at=at)
    connection.execute(made.on_conflict_do_nothing())
    query = sa.select(schema.entities.c.id).where(schema.entities.c.name == TRASH)
    if (pk := connection.execute(query).scalar()) is None:
        raise Gone("the place of deleted projects was removed just now; send this again")
    return int(pk)


def _place(connection: Connection, pk: int, entity_pk: int, name: str) -> None:
    query = sa.update(schema.projects).where(_projects.id == pk)
    connection.execute(query.values(entity_pk=entity_pk, name=name))


def _read(row: sa.Row[Any]) -> DeletedProject:
    return DeletedProject(
        row.project_pk,
        row.entity_pk,
        row.entity,
        row.name,
        row.n_runs,
        row.deleted_by,
        row.deleted_at,
    )
