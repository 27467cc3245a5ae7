"""Versions of artifacts, the runs that logged and used them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import Artifact, ArtifactState, DigestAlgorithm
from sweepd.domain.errors import Gone
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by

_artifacts = schema.artifacts.c
MAX_VALUES = 500  # in one list of a query


def create_artifact(connection: Connection, values: dict[str, Any]) -> Artifact:
    """Insert a pending version."""
    inserted = connection.execute(sa.insert(schema.artifacts).values(**values))
    return get_artifact(connection, schema.new_key(inserted))


def update_artifact(connection: Connection, pk: int, values: dict[str, Any]) -> None:
    """Change columns of a version by name."""
    connection.execute(sa.update(schema.artifacts).where(_artifacts.id == pk).values(**values))


def change_artifact(connection: Connection, pk: int, values: dict[str, Any]) -> Artifact:
    """As `update_artifact`; the version as it is then."""
    update_artifact(connection, pk, values)
    return get_artifact(connection, pk)


def find_artifact(connection: Connection, pk: int, lock: bool = False) -> Artifact | None:
    """A version by our key, deleted ones left out."""
    query = sa.select(schema.artifacts).where(
        _artifacts.id == pk, _artifacts.state != ArtifactState.DELETED
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _artifact(row) if row else None


def get_artifact(connection: Connection, pk: int) -> Artifact:
    """As `find_artifact`, of a version that must be there.

    Raises:
        Gone: It is not.
    """
    if (artifact := find_artifact(connection, pk)) is None:
        raise Gone("this artifact was deleted")
    return artifact


def find_by_client_id(
    connection: Connection,
    client_id: str,
    project_pk: int | None = None,
    entity_pk: int | None = None,
) -> Artifact | None:
    """A version of a project or of an entity, by an id that a client made up for it."""
    others = sa.select(schema.client_ids.c.artifact_pk)
    query = sa.select(schema.artifacts).where(
        sa.or_(
            _artifacts.client_id == client_id,
            _artifacts.id.in_(others.where(schema.client_ids.c.client_id == client_id)),
        ),
        _artifacts.state != ArtifactState.DELETED,
    )
    if project_pk is not None:
        query = query.where(_artifacts.project_pk == project_pk)
    if entity_pk is not None:
        query = query.join(schema.projects).where(schema.projects.c.entity_pk == entity_pk)
    row = connection.execute(query.order_by(_artifacts.id.desc()).limit(1)).first()
    return _artifact(row) if row else None


def add_client_id(connection: Connection, artifact_pk: int, client_id: str) -> None:
    """Know a version by one more id of a client's making; again changes nothing."""
    query = insert(connection, schema.client_ids).values(
        client_id=client_id, artifact_pk=artifact_pk
    )
    connection.execute(query.on_conflict_do_nothing())


def find_artifacts(connection: Connection, pks: Sequence[int]) -> dict[int, Artifact]:
    """Versions by our keys, deleted ones left out."""
    found: dict[int, Artifact] = {}
    for first in range(0, len(pks), MAX_VALUES):
        query = sa.select(schema.artifacts).where(
            _artifacts.id.in_(pks[first : first + MAX_VALUES]),
            _artifacts.state != ArtifactState.DELETED,
        )
        found |= {row.id: _artifact(row) for row in connection.execute(query)}
    return found


def list_entities(connection: Connection, pk: int) -> set[str]:
    """Names of the entities in whose collections a version is: its own, and those of its links."""
    query = (
        sa.select(schema.entities.c.name)
        .join(schema.projects, schema.projects.c.entity_pk == schema.entities.c.id)
        .join(schema.collections, schema.collections.c.project_pk == schema.projects.c.id)
        .join(schema.memberships, schema.memberships.c.collection_pk == schema.collections.c.id)
        .where(schema.memberships.c.artifact_pk == pk)
    )
    return set(connection.execute(query).scalars())


def find_distributed(
    connection: Connection, collection_pk: int, distributed_id: str
) -> Artifact | None:
    """The version several writers build together under one id."""
    query = sa.select(schema.artifacts).where(
        _artifacts.collection_pk == collection_pk,
        _artifacts.distributed_id == distributed_id,
        _artifacts.state == ArtifactState.PENDING,
    )
    row = connection.execute(query.order_by(_artifacts.id).limit(1)).first()
    return _artifact(row) if row else None


def is_distributed(connection: Connection, pk: int) -> bool:
    """Whether several writers build a version together."""
    query = sa.select(_artifacts.distributed_id).where(_artifacts.id == pk)
    return connection.execute(query).scalar() is not None


def list_expired(connection: Connection, at: datetime) -> list[Artifact]:
    """The committed versions whose TTL has passed, oldest first."""
    query = sa.select(schema.artifacts).where(
        _artifacts.ttl_s > 0, _artifacts.state == ArtifactState.COMMITTED
    )
    found = [_artifact(row) for row in connection.execute(query.order_by(_artifacts.id))]
    return [item for item in found if (at - item.created_at).total_seconds() >= (item.ttl_s or 0)]


def list_pending(connection: Connection, before: datetime) -> list[Artifact]:
    """The versions begun before then and not committed, oldest first."""
    query = sa.select(schema.artifacts).where(
        _artifacts.state == ArtifactState.PENDING, _artifacts.updated_at < before
    )
    return [_artifact(row) for row in connection.execute(query.order_by(_artifacts.id))]


def count_versions(connection: Connection) -> int:
    """How many versions there are, deleted ones left out."""
    query = sa.select(sa.func.count()).select_from(schema.artifacts)
    return int(
        connection.execute(query.where(_artifacts.state != ArtifactState.DELETED)).scalar_one()
    )


def find_same(
    connection: Connection, collection_pk: int, digest: str, algorithm: DigestAlgorithm
) -> Artifact | None:
    """The newest version of a sequence that has a content."""
    query = sa.select(schema.artifacts).where(
        _artifacts.collection_pk == collection_pk,
        _artifacts.digest == digest,
        _artifacts.digest_algorithm == algorithm,
        _artifacts.state == ArtifactState.COMMITTED,
    )
    row = connection.execute(query.order_by(_artifacts.version.desc()).limit(1)).first()
    return _artifact(row) if row else None


def record_output(connection: Connection, run_pk: int, artifact_pk: int) -> None:
    """Note that a run logged what another had logged before; once is enough."""
    connection.execute(
        insert(connection, schema.outputs)
        .values(run_pk=run_pk, artifact_pk=artifact_pk)
        .on_conflict_do_nothing()
    )


def logged_by(run_pk: int, first: bool = False) -> Listing[Artifact]:
    """The versions a run logged, oldest first; those it was the first to log only, if wanted."""
    is_own = _artifacts.run_pk == run_pk
    again = sa.select(schema.outputs.c.artifact_pk).where(schema.outputs.c.run_pk == run_pk)
    query = sa.select(schema.artifacts).where(
        is_own if first else is_own | _artifacts.id.in_(again),
        _artifacts.state == ArtifactState.COMMITTED,
    )
    return Listing(query, (SortKey(_artifacts.id),), _read)


def used_by(run_pk: int) -> Listing[Artifact]:
    """The versions a run used, in the order it did."""
    query = (
        sa.select(schema.artifacts)
        .join(schema.uses, schema.uses.c.artifact_pk == _artifacts.id)
        .where(schema.uses.c.run_pk == run_pk, _artifacts.state == ArtifactState.COMMITTED)
    )
    return Listing(query, (*sort_by(schema.uses.c.created_at), SortKey(_artifacts.id)), _read)


def _read(_: Connection, rows: Sequence[sa.Row[Any]]) -> list[Artifact]:
    return [_artifact(row) for row in rows]


def list_logged(connection: Connection, run_pk: int, first: bool = False) -> list[Artifact]:
    """The versions a run logged, oldest first; those it was the first to log only, if wanted."""
    return logged_by(run_pk, first).all(connection)


def list_used(connection: Connection, run_pk: int) -> list[Artifact]:
    """The versions a run used, in the order it did."""
    return used_by(run_pk).all(connection)


def record_use(
    connection: Connection, run_pk: int, artifact_pk: int, used_as: str | None, at: datetime
) -> None:
    """Note that a run used a version; once is enough."""
    connection.execute(
        insert(connection, schema.uses)
        .values(run_pk=run_pk, artifact_pk=artifact_pk, used_as=used_as, created_at=at)
        .on_conflict_do_nothing()
    )


def pending_aliases(connection: Connection, pk: int) -> str:
    """The aliases asked for before the commit, as JSON text."""
    query = sa.select(_artifacts.pending_aliases).where(_artifacts.id == pk)
    return str(connection.execute(query).scalar())


def _artifact(row: sa.Row[Any]) -> Artifact:
    return Artifact(
        pk=row.id,
        project_pk=row.project_pk,
        collection_pk=row.collection_pk,
        client_id=row.client_id,
        digest=row.digest,
        state=ArtifactState(row.state),
        version=row.version,
        description=row.description,
        metadata=row.metadata,
        tags=tuple(json.loads(row.tags)),
        size_bytes=row.size_bytes,
        n_files=row.n_files,
        run_pk=row.run_pk,
        history_step=row.history_step,
        ttl_s=row.ttl_s,
        manifest_blob=row.manifest_blob,
        base_pk=row.base_artifact_pk,
        commit_hash=row.commit_hash,
        created_at=row.created_at,
        updated_at=row.updated_at,
        digest_algorithm=DigestAlgorithm(row.digest_algorithm),
    )
