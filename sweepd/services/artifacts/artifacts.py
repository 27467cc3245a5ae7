"""Artifacts as their users see them: find, list, use, alias, link, change, delete."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sweepd.domain.artifacts import (
    Artifact,
    ArtifactState,
    Collection,
    CollectionKind,
    Digest,
    DigestAlgorithm,
    Entry,
    Membership,
)
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import check_alias
from sweepd.domain.paging import Page, Start
from sweepd.domain.registries import Role
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.artifact_collections import Collections
from sweepd.services.artifacts.manifest_reading import DEFAULT_LIMITS, ManifestLimits
from sweepd.services.artifacts.uploads import ArtifactUploads
from sweepd.services.core import Core
from sweepd.services.files.blob_records import FEW, BlobRecords
from sweepd.services.paging import MAX_NAMES, read_some, read_wanted
from sweepd.store import artifact_collections, artifacts, manifests, run_files, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.paging import Listing


@dataclass(frozen=True, slots=True)
class RunArtifact:
    """A version a run logged or used, named as people do."""

    entity: str
    project: str
    type_name: str
    collection: str
    version: int
    artifact: Artifact


class Artifacts:
    """What is done with versions; `uploads` takes new ones in, `collections` finds them."""

    def __init__(self, core: Core, blobs: Blobs, limits: ManifestLimits = DEFAULT_LIMITS) -> None:
        self._core = core
        self._blob_records = BlobRecords(core, blobs)
        self.uploads = ArtifactUploads(core, blobs, limits)
        self.collections = Collections(core)

    def get(self, caller: Caller, pk: int) -> Artifact:
        """A version by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_artifact(connection, caller, pk)

    def find_by_client_id(self, caller: Caller, client_id: str) -> int | None:
        """Our key of the version a client id names; of a collection's id, its newest version."""
        with self._core.db.read() as connection:
            for entity_pk in caller.entities.values():
                found = artifacts.find_by_client_id(connection, client_id, entity_pk=entity_pk)
                if found is not None:
                    return found.pk
            collection = artifact_collections.find_by_client_id(connection, client_id)
            if collection is None or collection.entity not in caller.entities:
                return None
            newest = artifact_collections.list_memberships(connection, collection.pk)[:1]
            return newest[0].artifact_pk if newest else None

    def memberships(self, caller: Caller, artifact: Artifact) -> list[Membership]:
        """Every place of a version that the caller sees, its own collection's first."""
        with self._core.db.read() as connection:
            return [place for _, place in access.list_places(connection, caller, artifact)]

    def page_places(
        self, caller: Caller, artifact: Artifact, start: Start, first: int | None
    ) -> Page[Membership]:
        """A page of `memberships`."""
        return read_some(
            self._core,
            artifact_collections.places_of(artifact),
            start,
            first,
            lambda c, place: (
                place if access.may_see_collection(c, caller, place.collection_pk) else None
            ),
        )

    def page_entries(
        self, artifact: Artifact, names: Sequence[str] | None, start: Start, first: int | None
    ) -> Page[Entry]:
        """A page of a version's manifest by path; of the paths named only."""
        wanted = set(names or ())
        is_short = len(wanted) <= MAX_NAMES
        listing = manifests.entries_of(artifact.pk, list(wanted) if is_short else ())
        test = None if is_short else lambda entry: entry.path in wanted
        return read_wanted(self._core, listing, start, first, test)

    def entries(self, artifact: Artifact, names: Sequence[str] | None = None) -> list[Entry]:
        """A version's manifest by path, references included."""
        with self._core.db.read() as connection:
            return manifests.list_entries(connection, artifact.pk, names)

    def find_bytes(self, caller: Caller, digest: str, pk: int) -> str:
        """The blob of a version's file, by its digest in hexadecimal.

        Raises:
            NotFound: No such version that the caller may see has such a file.
        """
        wanted = _read_digests(digest)
        with self._core.db.read() as connection:
            access.get_artifact(connection, caller, pk)
            return _the_one(manifests.find_blobs(connection, wanted, artifact_pk=pk))

    def find_project_bytes(self, caller: Caller, digest: str, entity: str, project: str) -> str:
        """The blob of a file of any version in a project's artifact_collections.

        Raises:
            NotFound: None that the caller may see has such a file.
        """
        wanted = _read_digests(digest)
        with self._core.db.read() as connection:
            owner = access.get_project(connection, caller, entity, project)
            return _the_one(manifests.find_blobs(connection, wanted, linked_to=owner.pk))

    def logged_by(self, caller: Caller, run: Run) -> list[RunArtifact]:
        """What a run logged, oldest first."""
        with self._core.db.read() as connection:
            return self._named(connection, caller, artifacts.list_logged(connection, run.pk))

    def page_logged(
        self, caller: Caller, run: Run, start: Start, first: int | None
    ) -> Page[Artifact]:
        """A page of `logged_by`."""
        return self._page_seen(caller, artifacts.logged_by(run.pk), start, first)

    def page_used(
        self, caller: Caller, run: Run, start: Start, first: int | None
    ) -> Page[Artifact]:
        """A page of `used_by`."""
        return self._page_seen(caller, artifacts.used_by(run.pk), start, first)

    def _page_seen(
        self, caller: Caller, listing: Listing[Artifact], start: Start, first: int | None
    ) -> Page[Artifact]:
        def keep(connection: Connection, found: Artifact) -> Artifact | None:
            return found if access.may_see(connection, caller, found) else None

        return read_some(self._core, listing, start, first, keep)

    def named(self, caller: Caller, found: Sequence[Artifact]) -> list[RunArtifact]:
        """Versions under the names the caller knows them by; those they cannot see left out."""
        with self._core.db.read() as connection:
            return self._named(connection, caller, found)

    def used_by(self, caller: Caller, run: Run) -> list[RunArtifact]:
        """What a run used and the caller sees, in the order it did."""
        with self._core.db.read() as connection:
            return self._named(connection, caller, artifacts.list_used(connection, run.pk))

    def _named(
        self, connection: Connection, caller: Caller, found: Sequence[Artifact]
    ) -> list[RunArtifact]:
        named = []
        for artifact in found:
            home = artifact_collections.find_collection_by_pk(connection, artifact.collection_pk)
            version = artifact.version or 0
            if home is None or home.entity not in caller.entities:  # by a registry, if at all
                places = access.list_places(connection, caller, artifact)
                home, version = (places[0][0], places[0][1].version) if places else (None, 0)
            if home is not None:
                named.append(
                    RunArtifact(
                        home.entity, home.project, home.type_name, home.name, version, artifact
                    )
                )
        return named

    def output_artifacts(self, run: Run, first: bool = False) -> list[Artifact]:
        """What a run logged; what it was the first to log only, if wanted."""
        with self._core.db.read() as connection:
            return artifacts.list_logged(connection, run.pk, first)

    def producer(self, caller: Caller, artifact: Artifact) -> Run | None:
        """The run that logged a version; None when it was deleted or is not the caller's."""
        found = self._visible_runs(caller, [artifact.run_pk] if artifact.run_pk else [])
        return found[0] if found else None

    def consumers(self, caller: Caller, artifact: Artifact) -> list[Run]:
        """The runs that used a version, as far as the caller may see them."""
        return self.page_consumers(caller, artifact, Start(), None).values

    def page_consumers(
        self, caller: Caller, artifact: Artifact, start: Start, first: int | None
    ) -> Page[Run]:
        """A page of `consumers`."""
        return read_wanted(
            self._core,
            runs.using(artifact.pk),
            start,
            first,
            lambda run: run.entity in caller.entities,
        )

    def _visible_runs(self, caller: Caller, pks: Sequence[int]) -> list[Run]:
        with self._core.db.read() as connection:
            found = runs.list_runs_by_pk(connection, pks, deleted=False)
        return [run for run in found if run.entity in caller.entities]

    def use(self, caller: Caller, run: Run, pk: int, used_as: str | None) -> Artifact:
        """Note that a run uses a version."""

        def use(connection: Connection) -> Artifact:
            artifact = access.get_artifact(connection, caller, pk)
            artifacts.record_use(connection, run.pk, artifact.pk, used_as, self._core.now())
            return artifact

        return self._core.db.write(use)

    def update(
        self,
        caller: Caller,
        pk: int,
        values: dict[str, Any],
        add: Sequence[str],
        remove: Sequence[str],
        aliases: Sequence[str] | None = None,
    ) -> Artifact:
        """Change a version's description, metadata or TTL, its tags, and its own aliases."""

        def update(connection: Connection) -> Artifact:
            artifact = access.get_own_artifact(connection, caller, pk)
            tags = [tag for tag in dict.fromkeys([*artifact.tags, *add]) if tag not in remove]
            artifacts.update_artifact(
                connection,
                pk,
                {**values, "tags": json.dumps(tags), "updated_at": self._core.now()},
            )
            if aliases is not None:
                for place in artifact_collections.list_memberships(connection, artifact_pk=pk):
                    if place.collection_pk != artifact.collection_pk:
                        continue
                    for alias in set(place.aliases) - set(aliases):
                        artifact_collections.remove_alias(connection, place.pk, alias)
                    for alias in map(check_alias, aliases):
                        artifact_collections.set_alias(
                            connection, place.collection_pk, place.pk, alias
                        )
            return access.get_artifact(connection, caller, pk)

        return self._core.db.write(update)

    def delete(self, caller: Caller, pk: int, delete_aliases: bool) -> Artifact:
        """Remove a version; bytes nothing else refers to go too.

        Raises:
            BadInput: It still has aliases and `delete_aliases` is not set.
        """

        def delete(connection: Connection) -> tuple[Artifact, list[str]]:
            artifact = access.get_own_artifact(connection, caller, pk)
            places = artifact_collections.list_memberships(connection, artifact_pk=pk)
            held = sorted({alias for place in places for alias in place.aliases})
            if held and not delete_aliases:
                raise BadInput(
                    f"this version still has aliases ({', '.join(held)}); delete it with "
                    "delete_aliases=True"
                )
            return artifact, _remove(connection, artifact)

        artifact, unused = self._core.db.write(delete)
        self._blob_records.discard(unused)
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
                places = artifact_collections.list_memberships(connection, artifact_pk=pk)
                if fresh is None or len(places) > 1 or not test(fresh):
                    return None
                return _remove(connection, fresh)

            unused = self._core.db.write(remove)
            if unused is not None:
                self._blob_records.discard(unused)
                removed.append(artifact)
        return removed

    def delete_collection(self, caller: Caller, pk: int) -> Collection:
        """Remove a collection: of a sequence every version, of a portfolio only the links."""
        with self._core.db.read() as connection:
            collection = access.get_collection(connection, caller, pk, Role.MEMBER)
        if collection.kind is CollectionKind.SEQUENCE:
            for _, artifact in self.collections.list_versions(collection):
                self.delete(caller, artifact.pk, delete_aliases=True)
        self._core.db.write(lambda c: artifact_collections.delete_collection(c, pk))
        return collection


def _read_digests(text: str) -> list[Digest]:
    """What a digest in an address may be: it does not say its algorithm."""
    try:
        value = base64.b64encode(bytes.fromhex(text)).decode()
    except ValueError as error:
        raise BadInput(f"expected a digest in hexadecimal, got {text[:80]!r}") from error
    return [Digest(value, algorithm) for algorithm in DigestAlgorithm]


def _the_one(found: dict[Digest, str]) -> str:
    if not found:
        raise NotFound("no artifact here has such a file; it may have been deleted")
    return next(iter(found.values()))


def is_expired(artifact: Artifact, at: datetime) -> bool:
    """Whether a version's time to live, counted from its creation, has passed."""
    ttl_s = artifact.ttl_s or 0
    return ttl_s > 0 and artifact.created_at + timedelta(seconds=ttl_s) <= at


def _remove(connection: Connection, artifact: Artifact) -> list[str]:
    """Take a version out of every collection; returns the bytes nothing refers to any more."""
    for place in artifact_collections.list_memberships(connection, artifact_pk=artifact.pk):
        artifact_collections.delete_membership(connection, place)
    names = manifests.list_blobs(connection, artifact.pk)
    names += [artifact.manifest_blob] if artifact.manifest_blob else []
    manifests.replace_entries(connection, artifact.pk, [])
    gone = {"state": ArtifactState.DELETED, "manifest_blob": None}
    artifacts.update_artifact(connection, artifact.pk, gone)
    return run_files.forget_unused_blobs(connection, names)
