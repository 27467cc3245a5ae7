"""Artifacts as their users see them: find, list, use, change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.artifacts import (
    Artifact,
    Entry,
    Membership,
    changed_tags,
)
from sweepd.domain.ids import check_aliases
from sweepd.domain.paging import Page, Start
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.artifact_bytes import ArtifactBytes
from sweepd.services.artifacts.artifact_collections import Collections
from sweepd.services.artifacts.direct_uploads import DirectUploads
from sweepd.services.artifacts.manifest_reading import DEFAULT_LIMITS, ManifestLimits
from sweepd.services.artifacts.removals import Removals
from sweepd.services.artifacts.uploads import ArtifactUploads
from sweepd.services.core import Core
from sweepd.services.paging import MAX_NAMES, read_some, read_wanted
from sweepd.store import (
    artifact_collections,
    artifacts,
    happenings,
    manifests,
    memberships,
    run_listings,
    runs,
)
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


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """How long a version stays; None has it stay as long as its collection says."""

    seconds: int | None


@dataclass(frozen=True, slots=True)
class ArtifactChange:
    """What to make of a version; None leaves a matter as it is."""

    description: str | None = None
    metadata: str | None = None  # a JSON object
    ttl: TimeToLive | None = None
    aliases: Sequence[str] | None = None  # those of its own collection, all of them
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


class Artifacts:
    """What is done with versions; `uploads` takes new ones in, `collections` finds them,
    `bytes` their files' contents, `removals` ends them."""

    def __init__(
        self,
        core: Core,
        blobs: Blobs,
        limits: ManifestLimits = DEFAULT_LIMITS,
        direct: DirectUploads | None = None,
    ) -> None:
        self._core = core
        self.uploads = ArtifactUploads(core, blobs, limits, direct)
        self.collections = Collections(core)
        self.removals = Removals(core, blobs, self.collections)
        self.bytes = ArtifactBytes(core)

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
            newest = memberships.list_memberships(connection, collection.pk)[:1]
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
            memberships.places_of(artifact),
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
            run_listings.using(artifact.pk),
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

    def update(self, caller: Caller, pk: int, change: ArtifactChange) -> Artifact:
        """Change a version's description, metadata or TTL, its tags, and its own aliases."""
        values: dict[str, Any] = {
            name: value
            for name in ("description", "metadata")
            if (value := getattr(change, name)) is not None
        }
        if change.ttl is not None:
            values["ttl_s"] = change.ttl.seconds

        def update(connection: Connection) -> Artifact:
            artifact = access.get_own_artifact(connection, caller, pk)
            tags = changed_tags(artifact.tags, change.add_tags, change.remove_tags)
            happenings.tags_changed(connection, artifact.collection_pk, pk, artifact.tags, tags)
            artifacts.update_artifact(
                connection,
                pk,
                {**values, "tags": json.dumps(tags), "updated_at": self._core.now()},
            )
            if (aliases := change.aliases) is not None:
                check_aliases(aliases)
                for place in memberships.list_memberships(connection, artifact_pk=pk):
                    if place.collection_pk != artifact.collection_pk:
                        continue
                    for alias in set(place.aliases) - set(aliases):
                        memberships.remove_alias(connection, place.pk, alias)
                    for alias in aliases:
                        memberships.set_alias(connection, place.collection_pk, place.pk, alias)
            return access.get_artifact(connection, caller, pk)

        return self._core.db.write(update)
