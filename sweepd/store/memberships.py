"""The places of versions in collections: their numbers there, and their aliases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import Artifact, ArtifactState, Membership
from sweepd.domain.automations import EventType
from sweepd.domain.ids import number_in
from sweepd.store import artifacts, happenings, schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_collections = schema.collections.c
_memberships = schema.memberships.c
_aliases = schema.aliases.c
MAX_VALUES = 500  # in one list of a query
ORDERS = {  # what versions may be
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
    """The versions of a collection, or of all in some projects, by one of `ORDERS` and its
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
    keys = (*sort_by(ORDERS[order], descending), SortKey(_memberships.id, descending=True))
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
    happenings.of_version(connection, EventType.LINK_ARTIFACT, collection_pk, artifact_pk)
    return schema.new_key(inserted)


def set_alias(connection: Connection, collection_pk: int, membership_pk: int, alias: str) -> None:
    """Let an alias name this version, and no other of the collection."""
    happenings.alias_given(connection, collection_pk, membership_pk, alias)
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
    happenings.keep_place(
        connection, place.collection_pk, place.artifact_pk, place.aliases, place.version
    )
    happenings.of_version(
        connection,
        EventType.UNLINK_ARTIFACT,
        place.collection_pk,
        place.artifact_pk,
        aliases=place.aliases,
        version=place.version,
    )
    connection.execute(sa.delete(schema.memberships).where(_memberships.id == place.pk))
    if "latest" in place.aliases:
        for newest in list_memberships(connection, place.collection_pk, limit=1):
            set_alias(connection, place.collection_pk, newest.pk, "latest")


def find_membership(connection: Connection, collection_pk: int, alias: str) -> Membership | None:
    """A place in a collection by alias, by `vN`, or by its version's digest."""
    query = (
        sa.select(schema.memberships)
        .join(schema.aliases, _aliases.membership_pk == _memberships.id)
        .where(_aliases.collection_pk == collection_pk, _aliases.alias == alias)
    )
    row = connection.execute(query).first()
    number = number_in(alias[1:]) if alias[:1] == "v" else None
    if row is None and number is not None:
        row = connection.execute(
            sa.select(schema.memberships).where(
                _memberships.collection_pk == collection_pk,
                _memberships.version == number,
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
