"""Versions and collections go: on request, by their time to live, or never finished."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sweepd.domain import patience
from sweepd.domain.artifacts import Artifact, ArtifactState, Collection, CollectionKind
from sweepd.domain.errors import BadInput
from sweepd.domain.registries import Role
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.artifact_collections import Collections
from sweepd.services.core import Core
from sweepd.services.files.blob_records import FEW, BlobRecords
from sweepd.store import artifact_collections, artifacts, manifests, memberships, run_files
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection

BATCH = 100  # lines of a manifest removed in one write, each with the bytes that only it held


class Removals:
    """Removes versions with the bytes nothing else refers to."""

    def __init__(self, core: Core, blobs: Blobs, collections: Collections) -> None:
        self._core = core
        self._blob_records = BlobRecords(core, blobs)
        self._collections = collections

    def delete(self, caller: Caller, pk: int, delete_aliases: bool) -> Artifact:
        """Remove a version; bytes nothing else refers to go too.

        Raises:
            BadInput: It still has aliases and `delete_aliases` is not set.
        """

        def delete(connection: Connection) -> tuple[Artifact, list[str]]:
            artifact = access.get_own_artifact(connection, caller, pk)
            places = memberships.list_memberships(connection, artifact_pk=pk)
            held = sorted({alias for place in places for alias in place.aliases})
            if held and not delete_aliases:
                raise BadInput(
                    f"this version still has aliases ({', '.join(held)}); delete it with "
                    "delete_aliases=True"
                )
            return artifact, _remove(connection, artifact)

        artifact, unused = self._core.db.write(delete)
        self._blob_records.discard(unused)
        self._drop_lines(pk)
        return artifact

    def expire(self, share: float) -> list[Artifact]:
        """Remove the versions whose TTL has passed, aliases and all; returns them.

        A version that someone linked into a portfolio stays: it is in use by name.

        Args:
            share: Of all versions, how many may go now: a clock set wrong must not cost them all.
        """
        at = self._core.now()
        with self._core.db.read() as connection:
            due = artifacts.list_expired(connection, at)
        return self._remove_if(due, share, lambda found: is_expired(found, at))

    def drop_abandoned(self, before: datetime, share: float) -> list[Artifact]:
        """Remove the versions begun before then and never committed; as `expire`."""
        with self._core.db.read() as connection:
            begun = artifacts.list_pending(connection, before)
        return self._remove_if(begun, share, lambda found: found.state is ArtifactState.PENDING)

    def _remove_if(
        self, found: Sequence[Artifact], share: float, test: Callable[[Artifact], bool]
    ) -> list[Artifact]:
        if not found:
            return []
        with self._core.db.read() as connection:
            most = max(FEW, int(share * artifacts.count_versions(connection)))
        removed: list[Artifact] = []
        for artifact in found:
            if len(removed) >= most:
                break

            def remove(connection: Connection, pk: int = artifact.pk) -> list[str] | None:
                fresh = artifacts.find_artifact(connection, pk, lock=True)
                places = memberships.list_memberships(connection, artifact_pk=pk)
                if fresh is None or len(places) > 1 or not test(fresh):
                    return None
                return _remove(connection, fresh)

            unused = self._core.db.write(remove)
            if unused is not None:
                self._blob_records.discard(unused)
                self._drop_lines(artifact.pk)
                removed.append(artifact)
        return removed

    def drop_left(self) -> None:
        """Go on with removals that the end of a server cut short."""
        with self._core.db.read() as connection:
            left = manifests.list_left(connection)
        for pk in left:
            self._drop_lines(pk)

    def _drop_lines(self, pk: int) -> None:
        """Remove a deleted version's lines, some at a time: others' writes come between."""

        def drop(connection: Connection) -> list[str] | None:
            some = manifests.first_entries(connection, pk, BATCH)
            manifests.delete_entries(connection, pk, [path for path, _ in some])
            names = {blob for _, blob in some if blob is not None}
            return run_files.forget_unused_blobs(connection, names) if some else None

        with patience.uncounted():
            while (unused := self._core.db.write(drop)) is not None:
                self._blob_records.discard(unused)

    def delete_collection(self, caller: Caller, pk: int) -> Collection:
        """Remove a collection: of a sequence every version, of a portfolio only the links."""
        with self._core.db.read() as connection:
            collection = access.get_collection(connection, caller, pk, Role.MEMBER)
        if collection.kind is CollectionKind.SEQUENCE:
            for _, artifact in self._collections.list_versions(collection):
                self.delete(caller, artifact.pk, delete_aliases=True)
        self._core.db.write(lambda c: artifact_collections.delete_collection(c, pk))
        return collection


def is_expired(artifact: Artifact, at: datetime) -> bool:
    """Whether a version's time to live, counted from its creation, has passed."""
    ttl_s = artifact.ttl_s or 0
    return ttl_s > 0 and artifact.created_at + timedelta(seconds=ttl_s) <= at


def _remove(connection: Connection, artifact: Artifact) -> list[str]:
    """Take a version out of every collection; returns the bytes nothing refers to any more. Its
    lines are left: see `_drop_lines`."""
    for place in memberships.list_memberships(connection, artifact_pk=artifact.pk):
        memberships.delete_membership(connection, place)
    names = [artifact.manifest_blob] if artifact.manifest_blob else []
    gone = {"state": ArtifactState.DELETED, "manifest_blob": None}
    artifacts.update_artifact(connection, artifact.pk, gone)
    return run_files.forget_unused_blobs(connection, names)
