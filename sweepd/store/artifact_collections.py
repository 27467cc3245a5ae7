"""Collections of artifacts; the versions in them are in `memberships`."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import Collection, CollectionKind
from sweepd.domain.errors import Gone
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_collections = schema.collections.c
ORDERS = {  # what collections may be ordered by
    "id": _collections.id,
    "name": _collections.name,
    "type": _collections.type_name,
    "description": _collections.description,
    "created_at": _collections.created_at,
    "updated_at": _collections.updated_at,
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


def change_collection(connection: Connection, pk: int, values: dict[str, Any]) -> Collection:
    """As `update_collection`; the collection as it is then."""
    update_collection(connection, pk, values)
    return get_collection_by_pk(connection, pk)


def next_version(connection: Connection, pk: int) -> int:
    """The number that a collection's next version gets."""
    query = sa.select(_collections.next_version).where(_collections.id == pk)
    return int(connection.execute(query).scalar_one())


def skip_to(connection: Connection, pk: int, version: int) -> None:
    """Let the next number that a collection gives be this one, unless it is beyond that."""
    query = sa.update(schema.collections).where(
        _collections.id == pk, _collections.next_version < version
    )
    connection.execute(query.values(next_version=version))


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


def delete_collection(connection: Connection, pk: int) -> None:
    """Remove a collection with its places."""
    connection.execute(sa.delete(schema.collections).where(_collections.id == pk))


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
