"""The organisation, its registries, and the roles given in them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.domain.projects import Project
from sweepd.domain.registries import Organization, Registry, Role, RoleOf
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_registries, _projects = schema.registries.c, schema.projects.c
_entities, _members = schema.entities.c, schema.members.c
_of_users, _of_teams = schema.registry_users.c, schema.registry_teams.c
KIND = "organization"
ORDERS = {  # what registries may be ordered by, beside the entity that all of them have alike
    "id": _projects.id,
    "name": _projects.name,
    "description": _projects.description,
    "created_at": _projects.created_at,
    "updated_at": _registries.updated_at,
}
_SELECT = (
    sa.select(
        schema.projects,
        _entities.name.label("entity"),
        _registries.is_restricted,
        _registries.takes_all_types,
        _registries.type_names,
        _registries.updated_at,
    )
    .join(schema.registries, _registries.project_pk == _projects.id)
    .join(schema.entities, _entities.id == _projects.entity_pk)
)


def find_organization(connection: Connection, lock: bool = False) -> Organization | None:
    """The server's organisation; None before its first start. Locked, for changes one by one."""
    query = sa.select(schema.entities).where(_entities.kind == KIND).order_by(_entities.id)
    query = query.limit(1)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return Organization(row.id, row.name) if row else None


def get_organization(connection: Connection, lock: bool = False) -> Organization:
    """As `find_organization`, of a server that has been started.

    Raises:
        Gone: It has not.
    """
    if (organization := find_organization(connection, lock)) is None:
        raise Gone("this database has no organisation yet; start the server on it once")
    return organization


def create_organization(connection: Connection, name: str, at: datetime) -> int | None:
    """Make the organisation; its key, or None when the name is taken, as by another server now."""
    query = insert(connection, schema.entities).values(name=name, kind=KIND, created_at=at)
    pk = connection.execute(query.on_conflict_do_nothing().returning(_entities.id)).scalar()
    return None if pk is None else int(pk)


def rename_organization(connection: Connection, pk: int, name: str) -> None:
    """Change the name that everything of the organisation is found under."""
    connection.execute(sa.update(schema.entities).where(_entities.id == pk).values(name=name))


def find_registry(connection: Connection, project_pk: int) -> Registry | None:
    """A registry by its project; None when that is an ordinary one."""
    row = connection.execute(_SELECT.where(_projects.id == project_pk)).first()
    return _registry(row) if row else None


def get_registry(connection: Connection, project_pk: int) -> Registry:
    """As `find_registry`, of a registry that must be there.

    Raises:
        Gone: It is not.
    """
    if (registry := find_registry(connection, project_pk)) is None:
        raise Gone("the registry was deleted")
    return registry


def find_registry_by_name(
    connection: Connection, entity: str, project: str, keep: bool = False
) -> Registry | None:
    """A registry by its project's path; nobody changes or deletes one to `keep` meanwhile.

    `Model` and `model` are one, as people write them; of two so named before, the one meant.
    """
    query = _SELECT.where(
        _entities.name == entity, sa.func.lower(_projects.name) == project.lower()
    ).order_by(sa.case((_projects.name == project, 0), else_=1), _projects.id)
    row = connection.execute(query.with_for_update(read=True) if keep else query).first()
    return _registry(row) if row else None


def in_order(by: tuple[str, bool] | None = None) -> Listing[Registry]:
    """Every registry, by one of `ORDERS` and its direction, else by age; equals newest first."""
    order, descending = by or ("created_at", True)
    keys = (
        *sort_by(ORDERS.get(order, _projects.entity_pk), descending),
        SortKey(_projects.id, descending=True),
    )
    return Listing(_SELECT, keys, lambda _, rows: [_registry(row) for row in rows])


def list_registries_holding(connection: Connection, artifact_pk: int) -> list[Registry]:
    """The registries a version is linked to, oldest link first."""
    places, found = schema.memberships.c, schema.collections.c
    query = (
        _SELECT.join(schema.collections, found.project_pk == _projects.id)
        .join(schema.memberships, places.collection_pk == found.id)
        .where(places.artifact_pk == artifact_pk)
        .order_by(places.id)
    )
    return [_registry(row) for row in connection.execute(query)]


def create_registry(
    connection: Connection, entity_pk: int, name: str, values: dict[str, Any], at: datetime
) -> int | None:
    """Make a registry's project and its rules; its key, or None when the name is taken."""
    query = insert(connection, schema.projects).values(
        entity_pk=entity_pk, name=name, description=values.pop("description", ""), created_at=at
    )
    pk = connection.execute(query.on_conflict_do_nothing().returning(_projects.id)).scalar()
    if pk is None:
        return None
    connection.execute(
        sa.insert(schema.registries).values(project_pk=pk, updated_at=at, **_row(values))
    )
    return int(pk)


def update_registry(connection: Connection, project_pk: int, values: dict[str, Any]) -> None:
    """Change a registry's rules by name; `name` and `description` are its project's."""
    of_project = {key: values.pop(key) for key in ("name", "description") if key in values}
    if of_project:
        query = sa.update(schema.projects).where(_projects.id == project_pk)
        connection.execute(query.values(**of_project))
    connection.execute(
        sa.update(schema.registries)
        .where(_registries.project_pk == project_pk)
        .values(**_row(values))
    )


def delete_registry(connection: Connection, project_pk: int) -> None:
    """Remove a registry with its collections and links; the versions stay where they are."""
    connection.execute(sa.delete(schema.projects).where(_projects.id == project_pk))


def list_roles(
    connection: Connection, user_pk: int, project_pk: int | None = None
) -> dict[int, list[Role]]:
    """Roles given to a user and to their teams, by the registry's project."""
    own = sa.select(_of_users.project_pk, _of_users.role).where(_of_users.user_pk == user_pk)
    of_teams = (
        sa.select(_of_teams.project_pk, _of_teams.role)
        .join(schema.members, _members.entity_pk == _of_teams.entity_pk)
        .where(_members.user_pk == user_pk)
    )
    if project_pk is not None:
        own = own.where(_of_users.project_pk == project_pk)
        of_teams = of_teams.where(_of_teams.project_pk == project_pk)
    found: dict[int, list[Role]] = {}
    for row in connection.execute(sa.union_all(own, of_teams)):
        found.setdefault(row.project_pk, []).append(Role(row.role))
    return found


def list_user_roles(connection: Connection, project_pk: int) -> list[RoleOf]:
    """The users that were given a role in a registry, by name."""
    query = (
        sa.select(schema.users, _of_users.role)
        .join(schema.registry_users, _of_users.user_pk == schema.users.c.id)
        .where(_of_users.project_pk == project_pk)
        .order_by(schema.users.c.name)
    )
    return [RoleOf(r.id, r.name, r.email, Role(r.role)) for r in connection.execute(query)]


def list_team_roles(connection: Connection, project_pk: int) -> list[RoleOf]:
    """The teams that were given a role in a registry, by name."""
    query = (
        sa.select(schema.entities, _of_teams.role)
        .join(schema.registry_teams, _of_teams.entity_pk == _entities.id)
        .where(_of_teams.project_pk == project_pk)
        .order_by(_entities.name)
    )
    return [RoleOf(r.id, r.name, "", Role(r.role)) for r in connection.execute(query)]


def set_user_role(connection: Connection, project_pk: int, user_pk: int, role: Role | None) -> None:
    """Give a user a role in a registry, or take it away."""
    _set_role(connection, schema.registry_users, project_pk, ("user_pk", user_pk), role)


def set_team_role(
    connection: Connection, project_pk: int, entity_pk: int, role: Role | None
) -> None:
    """Give a team a role in a registry, or take it away."""
    _set_role(connection, schema.registry_teams, project_pk, ("entity_pk", entity_pk), role)


def _set_role(
    connection: Connection,
    table: sa.Table,
    project_pk: int,
    who: tuple[str, int],
    role: Role | None,
) -> None:
    column, pk = who
    if role is None:
        gone = sa.delete(table).where(table.c.project_pk == project_pk, table.c[column] == pk)
        connection.execute(gone)
        return
    query = insert(connection, table).values(
        {"project_pk": project_pk, column: pk, "role": str(role)}
    )
    connection.execute(
        query.on_conflict_do_update(index_elements=["project_pk", column], set_={"role": str(role)})
    )


def list_names(connection: Connection, pks: Sequence[int], teams: bool) -> dict[int, str]:
    """Names of users, or of teams, by their keys; those that are none are left out."""
    if teams:
        query = sa.select(_entities.id, _entities.name).where(_entities.kind == "team")
        query = query.where(_entities.id.in_(list(pks)))
    else:
        users = schema.users.c
        query = sa.select(users.id, users.name).where(users.id.in_(list(pks)))
    return {row.id: row.name for row in connection.execute(query)}


def list_used_types(connection: Connection, project_pk: int) -> list[str]:
    """The types of a registry's collections, by name."""
    found = schema.collections.c
    query = sa.select(found.type_name).where(found.project_pk == project_pk).distinct()
    return list(connection.execute(query.order_by(found.type_name)).scalars())


def _row(values: dict[str, Any]) -> dict[str, Any]:
    if "type_names" in values:
        return {**values, "type_names": json.dumps(list(values["type_names"]))}
    return values


def _registry(row: sa.Row[Any]) -> Registry:
    project = Project(row.id, row.entity_pk, row.entity, row.name, row.description, row.created_at)
    return Registry(
        project,
        row.is_restricted,
        row.takes_all_types,
        tuple(json.loads(row.type_names)),
        row.updated_at,
    )
