"""Lines of manifests, and the bytes they stand for."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import ArtifactState, Digest, DigestAlgorithm, Entry
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey

_artifacts = schema.artifacts.c
_entries = schema.entries.c
MAX_VALUES = 500  # in one list of a query


def upsert_entries(connection: Connection, artifact_pk: int, found: Sequence[Entry]) -> None:
    """Add lines to a manifest, or replace those of the same path."""
    if not found:
        return
    query = insert(connection, schema.entries)
    columns = ("digest", "algorithm", "size_bytes", "ref", "blob", "birth_artifact_pk")
    connection.execute(
        query.on_conflict_do_update(
            index_elements=["artifact_pk", "path"],
            set_={name: query.excluded[name] for name in columns},
        ),
        [_entry_row(artifact_pk, entry) for entry in found],
    )


def _entry_row(artifact_pk: int, entry: Entry) -> dict[str, Any]:
    return {
        "artifact_pk": artifact_pk,
        "path": entry.path,
        "digest": entry.digest,
        "algorithm": entry.algorithm,
        "size_bytes": entry.size_bytes,
        "ref": entry.ref,
        "blob": entry.blob,
        "birth_artifact_pk": entry.birth_artifact_pk,
    }


def entries_of(artifact_pk: int, names: Sequence[str] = ()) -> Listing[Entry]:
    """A version's manifest by path; the paths named only, if any are."""
    query = sa.select(schema.entries).where(_entries.artifact_pk == artifact_pk)
    if names:
        query = query.where(_entries.path.in_(names))
    return Listing(query, (SortKey(_entries.path),), lambda _, rows: [_entry(row) for row in rows])


def list_entries(
    connection: Connection, artifact_pk: int, names: Sequence[str] | None = None
) -> list[Entry]:
    """A version's manifest by path; of the paths named only."""
    if names is None:
        return entries_of(artifact_pk).all(connection)
    if len(names) > MAX_VALUES:
        wanted = set(names)
        every = list_entries(connection, artifact_pk)
        return [entry for entry in every if entry.path in wanted]
    return entries_of(artifact_pk, names).all(connection) if names else []


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        row.path,
        row.digest,
        row.size_bytes,
        row.ref,
        row.blob,
        row.birth_artifact_pk,
        DigestAlgorithm(row.algorithm),
    )


def count_entries(connection: Connection, artifact_pk: int) -> int:
    """How many lines a manifest has."""
    query = sa.select(sa.func.count()).where(_entries.artifact_pk == artifact_pk)
    return int(connection.execute(query).scalar_one())


def delete_entries(connection: Connection, artifact_pk: int, paths: Sequence[str]) -> None:
    """Take lines out of a manifest; at most MAX_VALUES."""
    connection.execute(
        sa.delete(schema.entries).where(
            _entries.artifact_pk == artifact_pk, _entries.path.in_(paths)
        )
    )


def first_entries(connection: Connection, artifact_pk: int, n: int) -> list[tuple[str, str | None]]:
    """Some lines of a manifest, as (path, bytes)."""
    query = sa.select(_entries.path, _entries.blob).where(_entries.artifact_pk == artifact_pk)
    rows = connection.execute(query.order_by(_entries.path).limit(n))
    return [(str(row.path), row.blob) for row in rows]


def list_left(connection: Connection) -> list[int]:
    """Deleted versions whose manifest still has lines."""
    has_lines = sa.exists().where(_entries.artifact_pk == _artifacts.id)
    query = sa.select(_artifacts.id).where(_artifacts.state == ArtifactState.DELETED, has_lines)
    return list(connection.execute(query).scalars())


def find_blobs(
    connection: Connection,
    digests: Sequence[Digest],
    *,
    project_pk: int | None = None,
    linked_to: int | None = None,
    artifact_pk: int | None = None,
) -> dict[Digest, str]:
    """Bytes of these digests that artifacts hold.

    Args:
        project_pk: Look at those born in this project, pending ones too.
        linked_to: Look at those in the collections of this project.
        artifact_pk: Look at this one; also at bytes whose digest was said and never taken.
    """
    found: dict[Digest, str] = {}
    of_algorithm = sa.case(
        (_entries.algorithm == DigestAlgorithm.XXH128, schema.blobs.c.xxh128),
        else_=schema.blobs.c.md5,
    )
    is_said = (schema.blobs.c.md5 == "") & sa.literal(artifact_pk is not None)
    for first in range(0, len(digests), MAX_VALUES):
        some = set(digests[first : first + MAX_VALUES])
        query = (
            sa.select(_entries.digest, _entries.algorithm, schema.blobs.c.hash)
            .join(schema.blobs, _entries.blob == schema.blobs.c.hash)
            .join(schema.artifacts, _artifacts.id == _entries.artifact_pk)
            .where(
                _entries.digest.in_([digest.value for digest in some]),
                (of_algorithm == _entries.digest) | is_said,
            )
            .distinct()
        )
        if project_pk is not None:
            query = query.where(_artifacts.project_pk == project_pk)
        if artifact_pk is not None:
            query = query.where(_artifacts.id == artifact_pk)
        if linked_to is not None:
            places = sa.select(schema.memberships.c.artifact_pk).join(schema.collections)
            places = places.where(schema.collections.c.project_pk == linked_to)
            query = query.where(_artifacts.id.in_(places))
        rows = connection.execute(query)
        known = {Digest(row.digest, DigestAlgorithm(row.algorithm)): row.hash for row in rows}
        found |= {digest: blob for digest, blob in known.items() if digest in some}
    return found
