"""Collections of artifacts, the versions in them, and their aliases."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import Artifact, ArtifactState, Collection, CollectionKind, Membership
from sweepd.domain.errors import Gone
from sweepd.store import artifacts, schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_collections = schema.collections.c
_memberships = schema.memberships.c
_aliases = schema.aliases.c
MAX_VALUES = 500  # in one list of a query
ORDERS = {  # what collections may be ordered by
    "id": _collections.id,
    "name": _collections.name,
    "type": _collections.type_name,
    "description": _collections.description,
    "created_at": _collections.created_at,
    "updated_at": _collections.updated_at,
}
VERSION_ORDERS = {  # what versions may be
    "linked": _memberships.id,
    "id": schema.artifacts.c.id,
    "version": _memberships.version,
    "state": schema.artifacts.c.state,
    "digest": schema.artifacts.c.digest,
    "description": schema.artifacts.c.description,
    "size": schema.artifacts.c.size_bytes,
    "artifact_size": schema.artifacts.c.size_bytes,
    "created_at": schema.artifacts.c.created_at,
    "updated_at": schema.artifacts.c.updated_at,
    "linked_at": _memberships.created_at,
}
_SELECT = (
    sa.select(
        schema.collections,
        schema.projects.c.name.label("project"),
        schema.entities.c.name.label("entity"),
    )
    .join(schema.projects, schema.projects.c.id == _collections.project_pk)
    .join(schema.entities, schema.entities.c.id == schema.projects.c.entity_pk)
)


def find_collection(connection: Connection, project_pk: int, name: str) -> Collection | None:
    """A collection by its project and name."""
    query = _SELECT.where(_collections.project_pk == project_pk, _collections.name == name)
    row = connection.execute(query).first()
    return _collection(row) if row else None


def find_collection_by_pk(connection: Connection, pk: int) -> Collection | None:
    """A collection by our key."""
    row = connection.execute(_SELECT.where(_collections.id == pk)).first()
    return _collection(row) if row else None


def find_by_client_id(connection: Connection, client_id: str) -> Collection | None:
    """A collection by the id its client made up."""
    row = connection.execute(_SELECT.where(_collections.client_id == client_id)).first()
    return _collection(row) if row else None


def get_collection_by_pk(connection: Connection, pk: int) -> Collection:
    """As `find_collection_by_pk`, of a collection that must be there.

    Raises:
        Gone: It is not.
    """
    if (collection := find_collection_by_pk(connection, pk)) is None:
        raise Gone("the collection was deleted")
    return collection


def create_collection(connection: Connection, values: dict[str, Any]) -> Collection:
    """Make a collection unless there is one of that name; returns what is there."""
    connection.execute(
        insert(connection, schema.collections).values(**values).on_conflict_do_nothing()
    )
    found = find_collection(connection, values["project_pk"], values["name"])
    if found is None:
        raise Gone("the collection was deleted as it was made; send this again")
    return found


def update_collection(connection: Connection, pk: int, values: dict[str, Any]) -> None:
    """Change columns of a collection by name."""
    connection.execute(sa.update(schema.collections).where(_collections.id == pk).values(**values))


def in_projects(
    project_pks: Sequence[int], type_name: str | None = None, by: tuple[str, bool] | None = None
) -> Listing[Collection]:
    """The collections of some projects, by one of `ORDERS` and its direction, else by age;
    equals newest first."""
    order, descending = by or ("id", True)
    query = _SELECT.where(_collections.project_pk.in_(project_pks))
    if type_name is not None:
        query = query.where(_collections.type_name == type_name)
    keys = (*sort_by(ORDERS[order], descending), SortKey(_collections.id, descending=True))
    return Listing(query, keys, lambda _, rows: [_collection(row) for row in rows])


def list_collections(connection: Connection, project_pk: int) -> list[Collection]:
    """A project's collections, newest first."""
    return in_projects([project_pk]).all(connection)


def types_in(project_pk: int) -> Listing[str]:
    """The types of a project's collections, by name."""
    found = sa.select(_collections.type_name).where(_collections.project_pk == project_pk)
    of_project = found.distinct().subquery()
    name = of_project.c.type_name
    return Listing(sa.select(name), (SortKey(name),), lambda _, rows: [row[0] for row in rows])


def aliases_in(collection_pk: int) -> Listing[str]:
    """Every alias of a collection, by name."""
    query = sa.select(_aliases.alias).where(_aliases.collection_pk == collection_pk)
    return Listing(query, (SortKey(_aliases.alias),), lambda _, rows: [row[0] for row in rows])


def places_of(artifact: Artifact) -> Listing[Membership]:
    """A version's places, the collection it was born in first."""
    query = sa.select(schema.memberships).where(_memberships.artifact_pk == artifact.pk)
    is_link = sa.case((_memberships.collection_pk == artifact.collection_pk, 0), else_=1)
    return Listing(query, (SortKey(is_link), SortKey(_memberships.id)), _read_memberships)


def versions_in(
    by: tuple[str, bool] | None = None,
    collection_pk: int | None = None,
    project_pks: Sequence[int] = (),
) -> Listing[tuple[Membership, Artifact]]:
    """The versions of a collection, or of all in some projects, by one of `VERSION_ORDERS` and its
    direction; equals the last linked first."""
    order, descending = by or ("linked", True)
    query = (
        sa.select(schema.memberships)
        .join(schema.artifacts, schema.artifacts.c.id == _memberships.artifact_pk)
        .where(schema.artifacts.c.state != ArtifactState.DELETED)
    )
    if collection_pk is not None:
        query = query.where(_memberships.collection_pk == collection_pk)
    else:
        query = query.join(schema.collections, _collections.id == _memberships.collection_pk)
        query = query.where(_collections.project_pk.in_(project_pks))
    keys = (*sort_by(VERSION_ORDERS[order], descending), SortKey(_memberships.id, descending=True))
    return Listing(query, keys, _read_versions)


def _read_versions(
    connection: Connection, rows: Sequence[sa.Row[Any]]
) -> list[tuple[Membership, Artifact]]:
    by_pk = artifacts.find_artifacts(connection, [row.artifact_pk for row in rows])
    places = _read_memberships(connection, rows)
    return [(place, by_pk[place.artifact_pk]) for place in places]


def add_membership(
    connection: Connection, collection_pk: int, artifact_pk: int, at: datetime
) -> int:
    """Put a version into a collection under the next number; idempotent. Returns the key.

    A number is never given twice, also after the version that had it is deleted.
    """
    old = connection.execute(
        sa.select(_memberships.id).where(
            _memberships.collection_pk == collection_pk, _memberships.artifact_pk == artifact_pk
        )
    ).scalar()
    if old is not None:
        return int(old)
    query = sa.update(schema.collections).where(_collections.id == collection_pk)
    query = query.values(next_version=_collections.next_version + 1)
    following = connection.execute(query.returning(_collections.next_version)).scalar_one()
    inserted = connection.execute(
        sa.insert(schema.memberships).values(
            collection_pk=collection_pk,
            artifact_pk=artifact_pk,
            version=following - 1,
            created_at=at,
        )
    )
    return schema.new_key(inserted)


def set_alias(connection: Connection, collection_pk: int, membership_pk: int, alias: str) -> None:
    """Let an alias name this version, and no other of the collection."""
    connection.execute(
        insert(connection, schema.aliases)
        .values(collection_pk=collection_pk, membership_pk=membership_pk, alias=alias)
        .on_conflict_do_update(
            index_elements=["collection_pk", "alias"], set_={"membership_pk": membership_pk}
        )
    )


def remove_alias(connection: Connection, membership_pk: int, alias: str) -> None:
    """Take an alias from a version."""
    connection.execute(
        sa.delete(schema.aliases).where(
            _aliases.membership_pk == membership_pk, _aliases.alias == alias
        )
    )


def delete_membership(connection: Connection, place: Membership) -> None:
    """Take a version out of a collection; `latest` goes to the newest that is left."""
    connection.execute(sa.delete(schema.memberships).where(_memberships.id == place.pk))
    if "latest" in place.aliases:
        for newest in list_memberships(connection, place.collection_pk, limit=1):
            set_alias(connection, place.collection_pk, newest.pk, "latest")


def delete_collection(connection: Connection, pk: int) -> None:
    """Remove a collection with its places."""
    connection.execute(sa.delete(schema.collections).where(_collections.id == pk))


def find_membership(connection: Connection, collection_pk: int, alias: str) -> Membership | None:
    """A place in a collection by alias, by `vN`, or by its version's digest."""
    query = (
        sa.select(schema.memberships)
        .join(schema.aliases, _aliases.membership_pk == _memberships.id)
        .where(_aliases.collection_pk == collection_pk, _aliases.alias == alias)
    )
    row = connection.execute(query).first()
    if row is None and alias[:1] == "v" and alias[1:].isdigit():
        row = connection.execute(
            sa.select(schema.memberships).where(
                _memberships.collection_pk == collection_pk,
                _memberships.version == int(alias[1:]),
            )
        ).first()
    if row is None:
        row = connection.execute(
            sa.select(schema.memberships)
            .join(schema.artifacts, schema.artifacts.c.id == _memberships.artifact_pk)
            .where(_memberships.collection_pk == collection_pk, schema.artifacts.c.digest == alias)
            .order_by(_memberships.version.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    held = sa.select(_aliases.alias).where(_aliases.membership_pk == row.id)
    names = connection.execute(held.order_by(_aliases.alias)).scalars().all()
    return _membership(row, names)


def list_memberships(
    connection: Connection,
    collection_pk: int | None = None,
    artifact_pk: int | None = None,
    limit: int | None = None,
) -> list[Membership]:
    """Places of a collection or of a version, newest first."""
    query = sa.select(schema.memberships).order_by(_memberships.id.desc()).limit(limit)
    if collection_pk is not None:
        query = query.where(_memberships.collection_pk == collection_pk)
    if artifact_pk is not None:
        query = query.where(_memberships.artifact_pk == artifact_pk)
    return _read_memberships(connection, connection.execute(query).all())


def _read_memberships(connection: Connection, rows: Sequence[sa.Row[Any]]) -> list[Membership]:
    names: dict[int, list[str]] = {row.id: [] for row in rows}
    for first in range(0, len(rows), MAX_VALUES):
        some = [row.id for row in rows[first : first + MAX_VALUES]]
        held = sa.select(schema.aliases).where(_aliases.membership_pk.in_(some))
        for alias in connection.execute(held.order_by(_aliases.alias)):
            names[alias.membership_pk].append(alias.alias)
    return [_membership(row, names[row.id]) for row in rows]


def _membership(row: sa.Row[Any], aliases: Sequence[str]) -> Membership:
    return Membership(
        row.id, row.collection_pk, row.artifact_pk, row.version, tuple(aliases), row.created_at
    )


def _collection(row: sa.Row[Any]) -> Collection:
    return Collection(
        pk=row.id,
        project_pk=row.project_pk,
        entity=row.entity,
        project=row.project,
        kind=CollectionKind(row.kind),
        type_name=row.type_name,
        name=row.name,
        description=row.description,
        tags=tuple(json.loads(row.tags)),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
