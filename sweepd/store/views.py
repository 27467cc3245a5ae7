"""Saved workspaces and reports."""

from datetime import datetime

import sqlalchemy as sa

from sweepd.domain.views import View, ViewTitle
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_SELECT = (
    sa.select(
        schema.views,
        schema.projects.c.name.label("project"),
        schema.entities.c.name.label("entity"),
        schema.users.c.name.label("user_name"),
    )
    .join(schema.projects, schema.projects.c.id == schema.views.c.project_pk)
    .join(schema.entities, schema.entities.c.id == schema.projects.c.entity_pk)
    .outerjoin(schema.users, schema.users.c.id == schema.views.c.user_pk)
)


def find_view(connection: Connection, pk: int) -> View | None:
    """A view by our key."""
    row = connection.execute(_SELECT.where(schema.views.c.id == pk)).first()
    return _view(row) if row else None


def find_view_by_name(connection: Connection, project_pk: int, kind: str, name: str) -> View | None:
    """A view by its project, kind and name."""
    views = schema.views.c
    row = connection.execute(
        _SELECT.where(views.project_pk == project_pk, views.kind == kind, views.name == name)
    ).first()
    return _view(row) if row else None


def insert_view(
    connection: Connection, project_pk: int, user_pk: int, kind: str, name: str, at: datetime
) -> int | None:
    """An empty view of that name; None when there is one already."""
    query = (
        insert(connection, schema.views)
        .values(
            project_pk=project_pk,
            user_pk=user_pk,
            kind=kind,
            name=name,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing()
        .returning(schema.views.c.id)
    )
    return connection.execute(query).scalar()


def update_view(
    connection: Connection, pk: int, at: datetime, **values: str | datetime | None
) -> None:
    """Replace some of a view's `kind`, `display_name`, `description`, `spec`, and where it came
    from."""
    connection.execute(
        sa.update(schema.views).where(schema.views.c.id == pk).values(updated_at=at, **values)
    )


def delete_view(connection: Connection, pk: int) -> bool:
    """Remove a view; False when it was gone."""
    query = sa.delete(schema.views).where(schema.views.c.id == pk)
    return connection.execute(query.returning(schema.views.c.id)).scalar() is not None


def of_project(
    project_pk: int, kind: str | None, name: str | None, user_name: str | None
) -> Listing[View]:
    """A project's views, the newest first.

    Args:
        name: Only those of that name, or with those words as title: the client sends either.
        user_name: Only those that user made.
    """
    views = schema.views.c
    query = _SELECT.where(views.project_pk == project_pk)
    if kind is not None:
        query = query.where(views.kind == kind)
    if name is not None:
        query = query.where(sa.or_(views.name == name, views.display_name == name))
    if user_name is not None:
        query = query.where(schema.users.c.name == user_name)
    keys = (*sort_by(views.created_at, descending=True), SortKey(views.id, descending=True))
    return Listing(query, keys, lambda _, rows: [_view(row) for row in rows])


def list_titles(connection: Connection, project_pk: int, kind: str, most: int) -> list[ViewTitle]:
    """A project's views of a kind without their specs, the last changed first."""
    views = schema.views.c
    rows = connection.execute(
        sa.select(
            views.id,
            views.kind,
            views.name,
            views.display_name,
            views.description,
            schema.users.c.name,
            views.updated_at,
        )
        .outerjoin(schema.users, schema.users.c.id == views.user_pk)
        .where(views.project_pk == project_pk, views.kind == kind)
        .order_by(views.updated_at.desc(), views.id.desc())
        .limit(most)
    )
    return [ViewTitle(*row) for row in rows]


def _view(row: sa.Row[tuple[object, ...]]) -> View:
    return View(
        pk=row.id,
        project_pk=row.project_pk,
        entity=row.entity,
        project=row.project,
        kind=row.kind,
        name=row.name,
        display_name=row.display_name,
        description=row.description,
        spec=row.spec,
        user_name=row.user_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        imported_from=row.imported_from,
        imported_at=row.imported_at,
    )
