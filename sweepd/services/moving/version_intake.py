"""Versions of artifacts of another server are taken in: each once, under the number it had there.

A version is known again by an id made of where it comes from, which is kept beside its clients'.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import anyio

from sweepd.domain.artifacts import (
    Artifact,
    ArtifactState,
    CollectionKind,
    Digest,
    DigestAlgorithm,
)
from sweepd.domain.errors import BadInput, Conflict, NotFound
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.artifact_collections import CollectionChange
from sweepd.services.artifacts.artifacts import ArtifactChange, Artifacts
from sweepd.services.artifacts.uploads import ComingFile, NewArtifact
from sweepd.services.core import Core
from sweepd.services.moving.foreign import ForeignCollection, ForeignFile, ForeignVersion, Lineage
from sweepd.services.moving.intake import parts_of
from sweepd.services.moving.wire_values import hex_id
from sweepd.store import artifact_collections, artifacts, memberships
from sweepd.store.database import Connection

_REFERENCE = "wandb-artifact://"


class VersionIntake:
    """Takes versions into one project of an entity."""

    def __init__(
        self,
        core: Core,
        service: Artifacts,
        caller: Caller,
        where: tuple[str, str],
        source: str,
    ) -> None:
        """`where`: entity and project here; `source`: the name of the project there."""
        self._core, self._artifacts, self._caller = core, service, caller
        self._entity, self._project = where
        self._source = source
        self._pks: dict[str, int] = {}  # by what the source calls them
        self._by_hex: dict[str, int] = {}  # and by what references there do

    def find(self, source_id: str) -> int | None:
        """Our key of a version that was taken in; None when there is none."""
        if source_id not in self._pks:
            with self._core.db.read() as connection:
                owner = access.find_project(connection, self._caller, self._entity, self._project)
                found = owner and artifacts.find_by_client_id(
                    connection, self._own_id(source_id), project_pk=owner.pk
                )
            if not found:
                return None
            self._learn(source_id, found.pk)
        return self._pks[source_id]

    def take(self, home: ForeignCollection, version: ForeignVersion) -> bool:
        """Make a version with all its bytes, or bring its words up to date.

        Returns:
            Whether anything was written.

        Raises:
            Conflict: Its collection here has a version of that number already.
        """
        known = self.find(version.source_id)
        here = None if known is None else self._artifacts.get(self._caller, known)
        if here is None and self._was_deleted(home, version.index):
            return False
        if here is None or here.state is not ArtifactState.COMMITTED:
            self._make(home, version)
            return True
        return self._describe(here, version)

    def place_names(self, collection: ForeignCollection) -> None:
        """Give a collection the aliases, links, tags and words it has there."""
        for version in collection.versions:
            pk = self.find(version.source_id)
            if pk is not None and set(self._aliases(pk)) != set(version.aliases):
                change = ArtifactChange(aliases=list(version.aliases))
                self._artifacts.update(self._caller, pk, change)
        for link in collection.links:
            pk = self.find(link.source_id)
            if pk is None:  # of another project
                continue
            self._before(collection, link.index, pk)
            self._artifacts.collections.link(
                self._caller, pk, self._entity, self._project, collection.name, link.aliases
            )
        with self._core.db.read() as connection:
            owner = access.get_project(connection, self._caller, self._entity, self._project)
            found = artifact_collections.find_collection(connection, owner.pk, collection.name)
        if found is None:
            return
        add = [tag for tag in collection.tags if tag not in found.tags]
        if add or (collection.description or "") != (found.description or ""):
            words = CollectionChange(description=collection.description, add_tags=add)
            self._artifacts.collections.change_collection(self._caller, found.pk, words)

    def note_lineage(self, run: Run, lineage: Lineage, made: Mapping[str, str]) -> None:
        """Let a run have logged and used here what it did there, as far as that is here.

        Args:
            made: The run that was the first to log a version, by what the source calls it.
        """
        logged = [(one, pk) for one in lineage.logged if (pk := self.find(one)) is not None]
        used = [pk for one in lineage.used if (pk := self.find(one)) is not None]

        def write(connection: Connection) -> None:
            for source_id, pk in logged:
                if made.get(source_id) == run.run_id:
                    artifacts.update_artifact(connection, pk, {"run_pk": run.pk})
                else:
                    artifacts.record_output(connection, run.pk, pk)
            for pk in used:
                artifacts.record_use(connection, run.pk, pk, None, run.created_at)

        if logged or used:
            self._core.db.write(write)

    def know_as(self, source_id: str, client_id: str) -> None:
        """Let rows that name a version by its client's own id lead to it."""
        pk = self.find(source_id)
        if pk is not None:
            self._core.db.write(lambda c: artifacts.add_client_id(c, pk, client_id))

    def _make(self, home: ForeignCollection, version: ForeignVersion) -> None:
        manifest = version.manifest()
        contents = {path: self._entry(item) for path, item in manifest["contents"].items()}
        uploads = self._artifacts.uploads
        pending = uploads.create(
            self._caller,
            NewArtifact(
                self._entity,
                self._project,
                None,
                home.type_name,
                home.name,
                version.digest,
                description=version.description,
                metadata=version.metadata,
                tags=version.tags,
                client_id=self._own_id(version.source_id),
                history_step=version.history_step,
                ttl_s=version.ttl_s,
                digest_algorithm=DigestAlgorithm(version.digest_algorithm),
            ),
        )
        self._learn(version.source_id, pending.pk)
        if pending.state is ArtifactState.COMMITTED:  # the newest has this content already
            return
        self._fetch(pending, version, contents)
        body = json.dumps({**manifest, "contents": contents}).encode()
        anyio.run(uploads.manifests.put, pending.pk, _one(body), None)
        self._before(home, version.index, pending.pk)
        uploads.commit(self._caller, pending.pk, lambda _: pending.pk)
        times = {"created_at": version.created_at}
        self._core.db.write(lambda c: artifacts.update_artifact(c, pending.pk, times))

    def _learn(self, source_id: str, pk: int) -> None:
        self._pks[source_id] = self._by_hex[hex_id(source_id)] = pk

    def _fetch(
        self, pending: Artifact, version: ForeignVersion, contents: Mapping[str, Any]
    ) -> None:
        coming = [
            ComingFile(pending.pk, path, _digest(item))
            for path, item in contents.items()
            if not item.get("ref")
        ]
        wanted = self._artifacts.uploads.announce_files(self._caller, coming)
        missing = [one for one, is_wanted in zip(coming, wanted, strict=True) if is_wanted]
        files = version.files() if missing else {}
        for one in missing:
            if one.path not in files:
                raise NotFound(f"{self._source}: the bytes of {one.path[:200]!r} are gone there")
            anyio.run(self._put, one, files[one.path])

    async def _put(self, one: ComingFile, file: ForeignFile) -> None:
        await self._artifacts.uploads.put_file(
            one.artifact_pk, one.path, parts_of(file), file.size_bytes, one.digest
        )

    def _entry(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """A manifest's line with our ids in place of the source's."""
        kept = {key: value for key, value in item.items() if key != "birthArtifactID"}
        reference = kept.get("ref") or ""
        if reference.startswith(_REFERENCE):
            owner, slash, path = reference.removeprefix(_REFERENCE).partition("/")
            if (pk := self._by_hex.get(owner)) is not None:
                kept["ref"] = f"{_REFERENCE}{f'Artifact:{pk}'.encode().hex()}{slash}{path}"
        return kept

    def _was_deleted(self, home: ForeignCollection, index: int) -> bool:
        """Whether a version's number was given here, and nothing has it any more.

        Raises:
            Conflict: Something has it that did not come from there.
        """
        with self._core.db.read() as connection:
            owner = access.find_project(connection, self._caller, self._entity, self._project)
            found = owner and artifact_collections.find_collection(connection, owner.pk, home.name)
            if not found or artifact_collections.next_version(connection, found.pk) <= index:
                return False
            places = memberships.list_memberships(connection, found.pk)
        if any(place.version == index for place in places):
            raise Conflict(
                f"{self._entity}/{self._project} has a version {home.name}:v{index} already that "
                f"did not come from {self._source}; import into another project"
            )
        return True

    def _before(self, home: ForeignCollection, index: int, artifact_pk: int) -> None:
        """Let the next number of a collection be the one a version has there."""

        def write(connection: Connection) -> None:
            owner = access.ensure_project(
                connection, self._caller, self._core, self._entity, self._project
            )
            found = artifact_collections.find_collection(connection, owner.pk, home.name)
            if found is None:
                at = self._core.now()
                values = {
                    "project_pk": owner.pk,
                    "kind": CollectionKind.PORTFOLIO,
                    "name": home.name,
                    "type_name": home.type_name,
                    "created_at": at,
                    "updated_at": at,
                }
                found = artifact_collections.create_collection(connection, values)
            if memberships.list_memberships(connection, found.pk, artifact_pk):
                return
            artifact_collections.skip_to(connection, found.pk, index)

        self._core.db.write(write)

    def _describe(self, here: Artifact, version: ForeignVersion) -> bool:
        words = ArtifactChange(
            description=version.description,
            metadata=version.metadata,
            add_tags=[tag for tag in version.tags if tag not in here.tags],
        )
        is_same = (
            (here.description or "") == (version.description or "")
            and here.metadata == version.metadata
            and not words.add_tags
        )
        if not is_same:
            self._artifacts.update(self._caller, here.pk, words)
        return not is_same

    def _aliases(self, pk: int) -> Iterable[str]:
        with self._core.db.read() as connection:
            found = artifacts.get_artifact(connection, pk)
            places = memberships.list_memberships(connection, found.collection_pk, pk)
        return places[0].aliases if places else ()

    def _own_id(self, source_id: str) -> str:
        return hashlib.sha256(f"{self._source}\n{source_id}".encode()).hexdigest()


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _digest(item: Mapping[str, Any]) -> Digest:
    """Of a file in a manifest; only what is not MD5 says so."""
    if not isinstance(item.get("digest"), str):
        raise BadInput(f"a file of a version has no digest there: {item!r:.100}")
    extra = item.get("extra")
    is_xxh128 = isinstance(extra, dict) and extra.get("alg") == "XXH128"
    return Digest(item["digest"], DigestAlgorithm.XXH128 if is_xxh128 else DigestAlgorithm.MD5)
