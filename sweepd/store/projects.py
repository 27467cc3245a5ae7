"""Projects below their entities."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.domain.projects import Project
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_SELECT = sa.select(schema.projects, schema.entities.c.name.label("entity")).join(
    schema.entities, schema.entities.c.id == schema.projects.c.entity_pk
)

_BY_NAME = _SELECT.where(
    schema.projects.c.entity_pk == sa.bindparam("entity_key"),
    schema.projects.c.name == sa.bindparam("project_name"),
)
_names = schema.project_names.c
_BY_OLD = _SELECT.join(schema.project_names, _names.project_pk == schema.projects.c.id).where(
    schema.projects.c.entity_pk == sa.bindparam("entity_key"),
    _names.entity_pk == sa.bindparam("entity_key"),
    _names.name == sa.bindparam("project_name"),
)


def find_project(connection: Connection, entity_pk: int, name: str) -> Project | None:
    """A project by its entity and its name; where none has it now, by one that it had before."""
    key = {"entity_key": entity_pk, "project_name": name}
    row = connection.execute(_BY_NAME, key).first() or connection.execute(_BY_OLD, key).first()
    return _project(row) if row else None


def find_project_by_pk(connection: Connection, pk: int) -> Project | None:
    """A project by our key."""
    row = connection.execute(_SELECT.where(schema.projects.c.id == pk)).first()
    return _project(row) if row else None


def get_project_by_pk(connection: Connection, pk: int) -> Project:
    """As `find_project_by_pk`, of a project that must be there.

    Raises:
        Gone: It is not.
    """
    if (project := find_project_by_pk(connection, pk)) is None:
        raise Gone("the project was deleted")
    return project


def lock_project(connection: Connection, pk: int) -> None:
    """Let nobody else who asks for this go on before the transaction ends (PostgreSQL)."""
    query = sa.select(schema.projects.c.id).where(schema.projects.c.id == pk)
    connection.execute(query.with_for_update(key_share=True))


def get_or_create_project(
    connection: Connection, entity_pk: int, name: str, at: datetime
) -> Project:
    """The project of that name, made when missing."""
    connection.execute(
        insert(connection, schema.projects)
        .values(entity_pk=entity_pk, name=name, created_at=at)
        .on_conflict_do_nothing()
    )
    project = find_project(connection, entity_pk, name)
    if project is None:
        raise Gone("the project was deleted as it was made; send this again")
    return project


def rename_project(connection: Connection, project: Project, name: str) -> None:
    """Give a project another, free name; the one it has now leads to it still."""
    old = insert(connection, schema.project_names).values(
        entity_pk=project.entity_pk, name=project.name, project_pk=project.pk
    )
    connection.execute(
        old.on_conflict_do_update(  # another was called so before
            index_elements=["entity_pk", "name"], set_={"project_pk": project.pk}
        )
    )
    connection.execute(
        sa.delete(schema.project_names).where(
            _names.entity_pk == project.entity_pk, _names.name == name
        )
    )
    connection.execute(
        sa.update(schema.projects).where(schema.projects.c.id == project.pk).values(name=name)
    )


def describe_project(connection: Connection, pk: int, description: str) -> None:
    """Replace a project's description."""
    connection.execute(
        sa.update(schema.projects).where(schema.projects.c.id == pk).values(description=description)
    )


def count_bytes(connection: Connection, entity_pk: int) -> int:
    """Bytes of an entity's run files and artifact versions; bytes that several share count each."""
    files, versions = schema.run_files.c, schema.artifacts.c
    of_runs = (
        sa.select(sa.func.coalesce(sa.func.sum(files.size_bytes), 0))
        .join(schema.runs, schema.runs.c.id == files.run_pk)
        .join(schema.projects, schema.projects.c.id == schema.runs.c.project_pk)
        .where(schema.projects.c.entity_pk == entity_pk)
    )
    of_artifacts = (
        sa.select(sa.func.coalesce(sa.func.sum(versions.size_bytes), 0))
        .join(schema.projects, schema.projects.c.id == versions.project_pk)
        .where(schema.projects.c.entity_pk == entity_pk)
    )
    return sum(int(connection.execute(query).scalar_one()) for query in (of_runs, of_artifacts))


def list_projects(connection: Connection, entity_pks: Iterable[int]) -> list[Project]:
    """The projects of some entities, newest first."""
    rows = connection.execute(
        _SELECT.where(schema.projects.c.entity_pk.in_(list(entity_pks))).order_by(
            schema.projects.c.created_at.desc(), schema.projects.c.id.desc()
        )
    )
    return [_project(row) for row in rows]


def of_entity(entity_pk: int) -> Listing[Project]:
    """The projects of an entity, newest first."""
    found = schema.projects.c
    keys = (*sort_by(found.created_at, descending=True), SortKey(found.id, descending=True))
    query = _SELECT.where(found.entity_pk == entity_pk)
    return Listing(query, keys, lambda _, rows: [_project(row) for row in rows])


def _project(row: sa.Row[tuple[object, ...]]) -> Project:
    return Project(row.id, row.entity_pk, row.entity, row.name, row.description, row.created_at)
