"""From a first word of a new version to its commit: create, upload, commit.

Every step may be sent again: a client id names one version, a committed one stays as it is.
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import anyio.to_thread

from sweepd.domain.artifacts import (
    Artifact,
    ArtifactState,
    CollectionKind,
    Digest,
    DigestAlgorithm,
    Entry,
)
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import check_aliases, check_collection_name, check_file_path
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.commits import commit
from sweepd.services.artifacts.direct_uploads import DirectUploads
from sweepd.services.artifacts.manifest_reading import DEFAULT_LIMITS, ManifestLimits
from sweepd.services.artifacts.manifests import Manifests, check_pending
from sweepd.services.artifacts.placing import BATCH
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords
from sweepd.services.files.large_files import LargeFiles
from sweepd.store import artifact_collections, artifacts, manifests, memberships, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """What a client says of a version it is about to upload."""

    entity: str
    project: str
    run_id: str | None
    type_name: str
    name: str
    digest: str
    description: str | None = None
    metadata: str | None = None
    aliases: Sequence[str] = ()
    tags: Sequence[str] = ()
    client_id: str | None = None
    sequence_client_id: str | None = None
    history_step: int | None = None
    ttl_s: int | None = None
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.MD5
    distributed_id: str | None = None  # several writers who give the same build one version


class ComingFile(NamedTuple):
    """A file that is announced."""

    artifact_pk: int  # of its version
    path: str  # within it
    digest: Digest  # what its bytes must have


class ArtifactUploads:
    """Takes new versions in."""

    def __init__(
        self,
        core: Core,
        blobs: Blobs,
        limits: ManifestLimits = DEFAULT_LIMITS,
        direct: DirectUploads | None = None,
    ) -> None:
        self._core = core
        self.direct = direct or DirectUploads(core, blobs)
        self._blobs = blobs
        self._blob_records = BlobRecords(core, blobs)
        self.manifests = Manifests(core, blobs, limits)
        self.large_files = LargeFiles(core, blobs, self.put_file)

    def create(self, caller: Caller, new: NewArtifact) -> Artifact:
        """A pending version; or the committed one, when the newest has the same content.

        Raises:
            NotFound: The caller does not belong to the entity.
            BadInput: The name or an alias cannot be taken, the name belongs to another type, or the
                metadata is no JSON.
        """
        check_collection_name(new.name)
        check_aliases(new.aliases)
        if new.metadata is not None:
            try:
                json.loads(new.metadata)
            except ValueError as error:
                raise BadInput(f"metadata should be JSON; got {new.metadata!r:.80}") from error

        def create(connection: Connection) -> Artifact:
            owner = access.ensure_project(
                connection, caller, self._core, new.entity, new.project, begins=not new.run_id
            )
            at = self._core.now()
            if new.client_id is not None:
                known = artifacts.find_by_client_id(connection, new.client_id, project_pk=owner.pk)
                if known is not None:
                    return known
            collection = artifact_collections.create_collection(
                connection,
                {
                    "project_pk": owner.pk,
                    "kind": CollectionKind.SEQUENCE,
                    "name": new.name,
                    "type_name": new.type_name,
                    "client_id": new.sequence_client_id,
                    "created_at": at,
                    "updated_at": at,
                },
            )
            if collection.type_name != new.type_name:
                raise BadInput(
                    f"artifact {new.name!r} is of type {collection.type_name!r}, not "
                    f"{new.type_name!r}; choose another name"
                )
            if new.distributed_id is not None:
                shared = artifacts.find_distributed(connection, collection.pk, new.distributed_id)
                if shared is not None:
                    return _known_as(connection, shared, new.client_id)
            run = runs.find_run(connection, owner.pk, new.run_id) if new.run_id else None
            same = _find_same(connection, collection.pk, new)
            if same is not None:
                again = _log_again(connection, same, new, run)
                return _known_as(connection, again, new.client_id)
            return artifacts.create_artifact(
                connection,
                {
                    "project_pk": owner.pk,
                    "collection_pk": collection.pk,
                    "client_id": new.client_id,
                    "digest": new.digest,
                    "digest_algorithm": new.digest_algorithm,
                    "state": ArtifactState.PENDING,
                    "description": new.description,
                    "metadata": new.metadata or "{}",
                    "tags": json.dumps(list(new.tags)),
                    "pending_aliases": json.dumps(list(new.aliases)),
                    "run_pk": run.pk if run else None,
                    "history_step": new.history_step,
                    "ttl_s": new.ttl_s,
                    "distributed_id": new.distributed_id,
                    "commit_hash": secrets.token_hex(10),
                    "created_at": at,
                    "updated_at": at,
                },
            )

        return self._core.db.write(create)

    def announce_files(self, caller: Caller, files: Sequence[ComingFile]) -> list[bool]:
        """Note files that are about to come; True where the bytes must be sent.

        Bytes that another artifact of the same project holds need not be: never those of another
        project, since knowing a hash is not knowing a file.
        """
        for _, path, _ in files:
            check_file_path(path)

        def announce(connection: Connection, some: Sequence[ComingFile]) -> list[bool]:
            known: dict[tuple[int, Digest], str] = {}
            files_of: dict[int, list[tuple[str, Digest]]] = {}
            for pk, path, digest in some:
                files_of.setdefault(pk, []).append((path, digest))
            for artifact_pk, own in files_of.items():
                artifact = check_pending(access.get_own_artifact(connection, caller, artifact_pk))
                held = manifests.find_blobs(
                    connection, list({digest for _, digest in own}), project_pk=artifact.project_pk
                )
                known |= {(artifact_pk, digest): blob for digest, blob in held.items()}
                lines = [
                    Entry(path, one.value, 0, None, held.get(one), artifact_pk, one.algorithm)
                    for path, one in dict(own).items()
                ]
                manifests.upsert_entries(connection, artifact_pk, lines)
            return [(pk, digest) not in known for pk, _, digest in some]

        wanted: list[bool] = []
        for first in range(0, len(files), BATCH):  # others' writes come between
            wanted += self._core.db.write(partial(announce, some=files[first : first + BATCH]))
        return wanted

    async def put_file(
        self,
        artifact_pk: int,
        path: str,
        body: AsyncIterator[bytes],
        max_bytes: int,
        digest: Digest | None,
    ) -> None:
        """Store the bytes of a file announced before; constant memory.

        Raises:
            BadInput: They are not the bytes announced; nothing is kept.
        """
        blob = await self._blobs.put(body, max_bytes, digest, path)
        digest = digest or Digest(blob.md5)

        def keep(connection: Connection) -> None:
            check_pending(artifacts.find_artifact(connection, artifact_pk, lock=True))
            self._blob_records.record(connection, blob)
            entry = Entry(
                path, digest.value, blob.size_bytes, None, blob.hash, artifact_pk, digest.algorithm
            )
            manifests.upsert_entries(connection, artifact_pk, [entry])

        await anyio.to_thread.run_sync(self._core.db.write, keep)

    def commit(
        self, caller: Caller, artifact_pk: int, read_artifact_id: Callable[[str], int]
    ) -> Artifact:
        """Give a version its number and aliases; once it is committed, nothing changes.

        Args:
            read_artifact_id: Our key from an artifact's id in the manifest.

        Raises:
            BadInput: The manifest is missing or not one, or names files whose bytes never came.
        """
        return commit(
            self._core, self.manifests, caller, artifact_pk, read_artifact_id, self.direct
        )


def _known_as(connection: Connection, artifact: Artifact, client_id: str | None) -> Artifact:
    """Rows and references name the version by the id its client gave it, also when it was here."""
    if client_id is not None:
        artifacts.add_client_id(connection, artifact.pk, client_id)
    return artifact


def _find_same(connection: Connection, collection_pk: int, new: NewArtifact) -> Artifact | None:
    """The version that has this content already: the newest, or any for a client without bytes.

    Without an id of its own the client has nothing to upload: it speaks of a version it found.
    """
    same = artifacts.find_same(connection, collection_pk, new.digest, new.digest_algorithm)
    if same is None or new.distributed_id is not None:
        return None
    newest = memberships.list_memberships(connection, collection_pk, limit=1)
    is_newest = bool(newest) and newest[0].artifact_pk == same.pk
    return same if is_newest or new.client_id is None else None


def _log_again(
    connection: Connection, same: Artifact, new: NewArtifact, run: Run | None
) -> Artifact:
    """Give a version the names asked for now, and record the run that logged it again."""
    [place] = memberships.list_memberships(connection, same.collection_pk, same.pk)
    for alias in new.aliases:
        memberships.set_alias(connection, same.collection_pk, place.pk, alias)
    tags = list(dict.fromkeys([*same.tags, *new.tags]))
    if tags != list(same.tags):
        artifacts.update_artifact(connection, same.pk, {"tags": json.dumps(tags)})
    if run is not None and run.pk != same.run_pk:
        artifacts.record_output(connection, run.pk, same.pk)
    return replace(same, tags=tuple(tags))
