"""Artifacts as their users see them: find, list, use, alias, link, change, delete."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.artifacts import (
    Artifact,
    ArtifactState,
    Collection,
    CollectionKind,
    Entry,
    Membership,
)
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import check_collection_name
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifact_uploads import ArtifactUploads, get_artifact
from sweepd.services.blob_keeping import BlobKeeping
from sweepd.services.core import Core
from sweepd.store import artifacts, collections, run_files, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection


@dataclass(frozen=True, slots=True)
class RunArtifact:
    """A version a run logged or used, named as people do."""

    type_name: str
    collection: str
    version: int
    artifact: Artifact


class Artifacts:
    """What clients and people do with artifacts; `uploads` takes new versions in."""

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self._core = core
        self._keeping = BlobKeeping(core, blobs)
        self.uploads = ArtifactUploads(core, blobs)

    def get(self, caller: Caller, pk: int) -> Artifact:
        """A version by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return get_artifact(connection, caller, pk)

    def find_by_client_id(self, caller: Caller, client_id: str) -> int | None:
        """Our key of the version a client id names; of a collection's id, its newest version."""
        with self._core.db.read() as connection:
            for project in access.list_projects(connection, caller):
                found = artifacts.find_by_client_id(connection, project.pk, client_id)
                if found is not None:
                    return found.pk
            collection = collections.find_by_client_id(connection, client_id)
            if collection is None or collection.entity not in caller.entities:
                return None
            newest = collections.list_memberships(connection, collection.pk)[:1]
            return newest[0].artifact_pk if newest else None

    def collection(self, pk: int) -> Collection:
        """A collection by our key; the caller has passed the walls."""
        with self._core.db.read() as connection:
            found = collections.find_collection_by_pk(connection, pk)
        if found is None:
            raise NotFound("this collection was deleted")
        return found

    def get_collection(self, caller: Caller, pk: int) -> Collection:
        """A collection by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        found = self.collection(pk)
        if found.entity not in caller.entities:
            raise NotFound("no such collection")
        return found

    def find_collection(self, project: Project, name: str) -> Collection | None:
        """A collection by its name."""
        with self._core.db.read() as connection:
            return collections.find_collection(connection, project.pk, name)

    def list_collections(self, project: Project, type_name: str | None = None) -> list[Collection]:
        """A project's collections, last changed first."""
        with self._core.db.read() as connection:
            return collections.list_collections(connection, project.pk, type_name)

    def list_types(self, project: Project) -> list[str]:
        """The types of a project's artifacts, by name."""
        return sorted({found.type_name for found in self.list_collections(project)})

    def list_versions(self, collection: Collection) -> list[tuple[Membership, Artifact]]:
        """A collection's versions, newest first."""
        with self._core.db.read() as connection:
            places = collections.list_memberships(connection, collection.pk)
            pairs = [(p, artifacts.find_artifact(connection, p.artifact_pk)) for p in places]
        return [(place, found) for place, found in pairs if found is not None]

    def find_membership(self, project: Project, name: str) -> Membership | None:
        """A version by `collection`, `collection:alias` or `collection:vN`."""
        base, _, alias = name.partition(":")
        with self._core.db.read() as connection:
            collection = collections.find_collection(connection, project.pk, base)
            if collection is None:
                return None
            return collections.find_membership(connection, collection.pk, alias or "latest")

    def find_in(self, collection: Collection, alias: str) -> Membership | None:
        """A version of a collection by alias or `vN`."""
        with self._core.db.read() as connection:
            return collections.find_membership(connection, collection.pk, alias)

    def memberships(self, artifact: Artifact) -> list[Membership]:
        """Every place a version has, its own collection's first."""
        with self._core.db.read() as connection:
            return collections.list_memberships(connection, artifact_pk=artifact.pk)[::-1]

    def aliases(self, collection: Collection) -> Sequence[str]:
        """Every alias of a collection."""
        with self._core.db.read() as connection:
            return collections.list_aliases(connection, collection.pk)

    def tags(self, item: Artifact | Collection) -> list[str]:
        """Tags of a version or a collection."""
        with self._core.db.read() as connection:
            store = artifacts if isinstance(item, Artifact) else collections
            return list(json.loads(store.tags_of(connection, item.pk)))

    def entries(self, artifact: Artifact, names: Sequence[str] | None = None) -> list[Entry]:
        """A version's manifest by path, references included."""
        with self._core.db.read() as connection:
            return artifacts.list_entries(connection, artifact.pk, names)

    def logged_by(self, run: Run) -> list[RunArtifact]:
        """What a run logged, oldest first."""
        with self._core.db.read() as connection:
            return self._named(connection, artifacts.list_logged(connection, run.pk))

    def used_by(self, run: Run) -> list[RunArtifact]:
        """What a run used, in the order it did."""
        with self._core.db.read() as connection:
            return self._named(connection, artifacts.list_used(connection, run.pk))

    def _named(self, connection: Connection, found: Sequence[Artifact]) -> list[RunArtifact]:
        named = []
        for artifact in found:
            home = collections.find_collection_by_pk(connection, artifact.collection_pk)
            if home is not None:
                version = artifact.version or 0
                named.append(RunArtifact(home.type_name, home.name, version, artifact))
        return named

    def output_artifacts(self, run: Run) -> list[Artifact]:
        """What a run logged, without names."""
        return [item.artifact for item in self.logged_by(run)]

    def producer(self, artifact: Artifact) -> Run | None:
        """The run that logged a version."""
        if artifact.run_pk is None:
            return None
        with self._core.db.read() as connection:
            return runs.find_run_by_pk(connection, artifact.run_pk)

    def consumers(self, artifact: Artifact) -> list[Run]:
        """The runs that used a version."""
        with self._core.db.read() as connection:
            keys = artifacts.list_users(connection, artifact.pk)
            found = [runs.find_run_by_pk(connection, key) for key in keys]
        return [run for run in found if run is not None]

    def use(self, caller: Caller, run: Run, pk: int, used_as: str | None) -> Artifact:
        """Note that a run uses a version."""

        def use(connection: Connection) -> Artifact:
            artifact = get_artifact(connection, caller, pk)
            artifacts.record_use(connection, run.pk, artifact.pk, used_as, self._core.now())
            return artifact

        return self._core.db.write(use)

    def update(
        self, caller: Caller, pk: int, values: dict[str, Any], add: Sequence[str],
        remove: Sequence[str], aliases: Sequence[str] | None = None,
    ) -> Artifact:  # fmt: skip
        """Change a version's description, metadata or TTL, its tags, and its own aliases."""

        def update(connection: Connection) -> Artifact:
            artifact = get_artifact(connection, caller, pk)
            tags = list(json.loads(artifacts.tags_of(connection, pk)))
            tags = [tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove]
            artifacts.update_artifact(
                connection,
                pk,
                {**values, "tags": json.dumps(tags), "updated_at": self._core.now()},
            )
            if aliases is not None:
                for place in collections.list_memberships(connection, artifact_pk=pk):
                    if place.collection_pk != artifact.collection_pk:
                        continue
                    for alias in set(place.aliases) - set(aliases):
                        collections.remove_alias(connection, place.pk, alias)
                    for alias in aliases:
                        collections.set_alias(connection, place.collection_pk, place.pk, alias)
            return get_artifact(connection, caller, pk)

        return self._core.db.write(update)

    def set_aliases(
        self, caller: Caller, pk: int, names: Sequence[tuple[str, str]], add: bool
    ) -> None:
        """Give a version aliases in collections it is in, or take them away.

        Args:
            names: (collection, alias).

        Raises:
            BadInput: The version is not in such a collection, or the alias looks like `v3`.
        """

        def change(connection: Connection) -> None:
            get_artifact(connection, caller, pk)
            places = {
                found.name: place
                for place in collections.list_memberships(connection, artifact_pk=pk)
                if (found := collections.find_collection_by_pk(connection, place.collection_pk))
            }
            for collection, alias in names:
                if collection not in places:
                    raise BadInput(f"this version is not in a collection named {collection!r}")
                if add and alias[:1] == "v" and alias[1:].isdigit():
                    raise BadInput(f"{alias!r} is a version's own number; choose another alias")
                place = places[collection]
                if add:
                    collections.set_alias(connection, place.collection_pk, place.pk, alias)
                else:
                    collections.remove_alias(connection, place.pk, alias)

        self._core.db.write(change)

    def link(self, caller: Caller, pk: int, entity: str | None, project: str | None, name: str,
             aliases: Sequence[str]) -> Membership:  # fmt: skip
        """Put a version into a portfolio, made when missing, under a number of its own there."""
        check_collection_name(name)

        def link(connection: Connection) -> Membership:
            artifact = get_artifact(connection, caller, pk)
            owner = access.ensure_project(connection, caller, self._core, entity, project)
            home = collections.find_collection_by_pk(connection, artifact.collection_pk)
            assert home is not None
            at = self._core.now()
            target = collections.create_collection(
                connection,
                {
                    "project_id": owner.pk, "kind": CollectionKind.PORTFOLIO, "name": name,
                    "type_name": home.type_name, "created_at": at, "updated_at": at,
                },
            )  # fmt: skip
            if target.type_name != home.type_name or target.kind is CollectionKind.SEQUENCE:
                raise BadInput(
                    f"{name!r} is a {target.kind} of type {target.type_name!r}; a {home.type_name} "
                    "is linked to a portfolio of its own type"
                )
            place = collections.add_membership(connection, target.pk, pk, at)
            for alias in dict.fromkeys(["latest", *aliases]):
                collections.set_alias(connection, target.pk, place, alias)
            return next(
                found
                for found in collections.list_memberships(connection, target.pk)
                if found.pk == place
            )

        return self._core.db.write(link)

    def unlink(self, caller: Caller, pk: int, portfolio_pk: int) -> None:
        """Take a version out of a portfolio."""

        self.get_collection(caller, portfolio_pk)

        def unlink(connection: Connection) -> None:
            get_artifact(connection, caller, pk)
            for place in collections.list_memberships(connection, portfolio_pk, pk):
                collections.delete_membership(connection, place.pk)

        self._core.db.write(unlink)

    def delete(self, caller: Caller, pk: int, delete_aliases: bool) -> Artifact:
        """Remove a version; bytes nothing else refers to go too.

        Raises:
            BadInput: It still has aliases and `delete_aliases` is not set.
        """

        def delete(connection: Connection) -> tuple[Artifact, list[str]]:
            artifact = get_artifact(connection, caller, pk)
            places = collections.list_memberships(connection, artifact_pk=pk)
            held = sorted({alias for place in places for alias in place.aliases})
            if held and not delete_aliases:
                raise BadInput(
                    f"this version still has aliases ({', '.join(held)}); delete it with "
                    "delete_aliases=True"
                )
            for place in places:
                collections.delete_membership(connection, place.pk)
            names = [entry.blob for entry in artifacts.list_entries(connection, pk) if entry.blob]
            names += [artifact.manifest_blob] if artifact.manifest_blob else []
            artifacts.replace_entries(connection, pk, [])
            gone = {"state": ArtifactState.DELETED, "manifest_blob": None}
            artifacts.update_artifact(connection, pk, gone)
            return artifact, run_files.forget_unused_blobs(connection, names)

        artifact, unused = self._core.db.write(delete)
        self._keeping.discard(unused)
        return artifact

    def change_collection(
        self, caller: Caller, pk: int, values: dict[str, Any], add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> Collection:  # fmt: skip
        """Rename, describe, retype or tag a collection."""
        if values.get("name") is not None:
            check_collection_name(values["name"])

        def change(connection: Connection) -> None:
            tags = list(json.loads(collections.tags_of(connection, pk)))
            tags = [tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove]
            collections.update_collection(
                connection,
                pk,
                {**values, "tags": json.dumps(tags), "updated_at": self._core.now()},
            )

        self.get_collection(caller, pk)
        self._core.db.write(change)
        return self.collection(pk)

    def delete_collection(self, caller: Caller, pk: int) -> Collection:
        """Remove a collection: of a sequence every version, of a portfolio only the links."""
        collection = self.get_collection(caller, pk)
        if collection.kind is CollectionKind.SEQUENCE:
            for _, artifact in self.list_versions(collection):
                self.delete(caller, artifact.pk, delete_aliases=True)
        self._core.db.write(lambda c: collections.delete_collection(c, pk))
        return collection
