"""Collections: where versions of artifacts live, are found, and are linked to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.artifacts import (
    Alias,
    Artifact,
    Collection,
    CollectionKind,
    Membership,
    changed_tags,
)
from sweepd.domain.errors import BadInput, Conflict, NotFound
from sweepd.domain.ids import check_aliases, check_collection_name
from sweepd.domain.paging import BEGINNING, Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.registries import Role
from sweepd.domain.users import Caller
from sweepd.services import access, registry_access
from sweepd.services.core import Core
from sweepd.services.filters import artifacts as artifact_filters
from sweepd.services.paging import read_page, read_wanted
from sweepd.store import artifact_collections, artifacts, happenings, memberships, registries
from sweepd.store.database import Connection

NO_COLLECTION = "no such collection; it may have been deleted"


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """What to make of a collection; None leaves a matter as it is."""

    name: str | None = None
    description: str | None = None
    type_name: str | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


class Collections:
    """What clients and people do with the collections of a project."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def collection(self, pk: int) -> Collection:
        """A collection by our key; access was checked."""
        with self._core.db.read() as connection:
            found = artifact_collections.find_collection_by_pk(connection, pk)
        if found is None:
            raise NotFound(NO_COLLECTION)
        return found

    def get_collection(self, caller: Caller, pk: int) -> Collection:
        """A collection by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_collection(connection, caller, pk)

    def role(self, caller: Caller, collection: Collection) -> Role | None:
        """What the caller may do with a collection, to which a linked version may lead; or None."""
        if collection.entity in caller.entities:
            return Role.ADMIN
        with self._core.db.read() as connection:
            return access.find_role(connection, caller, collection)

    def find_collection(self, project: Project, name: str) -> Collection | None:
        """A collection by its name."""
        with self._core.db.read() as connection:
            return artifact_collections.find_collection(connection, project.pk, name)

    def page_collections(
        self,
        project: Project,
        type_name: str | None = None,
        filters: str | None = None,
        order: str | None = None,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Collection]:
        """A page of a project's collections, newest first unless told otherwise.

        Args:
            filters: JSON text of a filter over `artifact_filters.COLLECTION_FIELDS`.
            order: One of these fields, `-` before it for descending.

        Raises:
            BadInput: Neither can be read so.
        """
        wanted = artifact_filters.read_collections(filters, order)
        listing = artifact_collections.in_projects([project.pk], type_name, wanted.by)
        return read_wanted(self._core, listing, start, first, wanted.test)

    def list_collections(self, project: Project) -> list[Collection]:
        """A project's collections, newest first."""
        return self.page_collections(project).values

    def page_types(self, project: Project, start: Start, first: int | None) -> Page[str]:
        """A page of the types of a project's artifacts, by name."""
        return read_page(self._core, artifact_collections.types_in(project.pk), start, first)

    def has_type(self, project: Project, name: str) -> bool:
        """Whether a project has collections of a type."""
        return bool(self.page_collections(project, name, first=1).items)

    def page_versions(
        self,
        collection: Collection,
        filters: str | None = None,
        order: str | None = None,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[tuple[Membership, Artifact]]:
        """A page of a collection's versions, newest first unless told otherwise.

        Args:
            filters: JSON text of a filter over `artifact_filters.VERSION_FIELDS`.
            order: One of these fields, `-` before it for descending.

        Raises:
            BadInput: Neither can be read so.
        """
        wanted = artifact_filters.read_versions(filters, order)
        listing = memberships.versions_in(wanted.by, collection_pk=collection.pk)
        return read_wanted(self._core, listing, start, first, wanted.test)

    def list_versions(self, collection: Collection) -> list[tuple[Membership, Artifact]]:
        """A collection's versions, newest first."""
        return self.page_versions(collection).values

    def find_newest(self, collection: Collection) -> Artifact | None:
        """The version with the highest number."""
        with self._core.db.read() as connection:
            places = memberships.list_memberships(connection, collection.pk, limit=1)
            return artifacts.find_artifact(connection, places[0].artifact_pk) if places else None

    def find_membership(self, project: Project, name: str) -> Membership | None:
        """A version by `collection`, `collection:alias`, `collection:vN` or `collection:digest`."""
        base, _, alias = name.partition(":")
        with self._core.db.read() as connection:
            collection = artifact_collections.find_collection(connection, project.pk, base)
            if collection is None:
                return None
            return memberships.find_membership(connection, collection.pk, alias or "latest")

    def find_in(self, collection: Collection, alias: str) -> Membership | None:
        """A version of a collection by alias or `vN`."""
        with self._core.db.read() as connection:
            return memberships.find_membership(connection, collection.pk, alias)

    def page_aliases(self, collection: Collection, start: Start, first: int | None) -> Page[str]:
        """A page of a collection's aliases, by name."""
        return read_page(self._core, memberships.aliases_in(collection.pk), start, first)

    def link(
        self,
        caller: Caller,
        pk: int,
        entity: str | None,
        project: str | None,
        name: str,
        aliases: Sequence[str],
    ) -> Membership:
        """Put a version into a portfolio, made when missing, under a number of its own there."""
        check_collection_name(name)
        check_aliases(aliases)

        def link(connection: Connection) -> Membership:
            artifact = access.get_own_artifact(connection, caller, pk)
            home = artifact_collections.get_collection_by_pk(connection, artifact.collection_pk)
            owner = self._target(connection, caller, entity, project, home.type_name)
            at = self._core.now()
            target = artifact_collections.create_collection(
                connection,
                {
                    "project_pk": owner.pk,
                    "kind": CollectionKind.PORTFOLIO,
                    "name": name,
                    "type_name": home.type_name,
                    "created_at": at,
                    "updated_at": at,
                },
            )
            if target.type_name != home.type_name or target.kind is CollectionKind.SEQUENCE:
                raise BadInput(
                    f"{name!r} is a {target.kind} of type {target.type_name!r}; a {home.type_name} "
                    "is linked to a portfolio of its own type"
                )
            place = memberships.add_membership(connection, target.pk, pk, at)
            for alias in dict.fromkeys(["latest", *aliases]):
                memberships.set_alias(connection, target.pk, place, alias)
            return memberships.list_memberships(connection, target.pk, pk)[0]

        return self._core.db.write(link)

    def set_aliases(self, caller: Caller, pk: int, names: Sequence[Alias], add: bool) -> None:
        """Give a version aliases in collections it is in, or take them away.

        Raises:
            BadInput: The version is not in such a collection, or the alias cannot be taken.
            Forbidden: The collection is in a registry where the caller's role is not enough.
        """
        check_aliases([name.alias for name in names] if add else [])

        def change(connection: Connection) -> None:
            artifact = access.get_artifact(connection, caller, pk)
            places = access.list_places(connection, caller, artifact)
            for name in names:
                place = _place_of(name, places)
                access.get_collection(connection, caller, place.collection_pk, Role.MEMBER)
                if add:
                    memberships.set_alias(connection, place.collection_pk, place.pk, name.alias)
                else:
                    memberships.remove_alias(connection, place.pk, name.alias)

        self._core.db.write(change)

    def _target(
        self,
        connection: Connection,
        caller: Caller,
        entity: str | None,
        project: str | None,
        type_name: str,
    ) -> Project:
        """The project to link into: made when missing, or a registry that takes the type."""
        name = entity or caller.default_entity
        organization = registries.find_organization(connection)
        if organization is None or name != organization.name:
            return access.ensure_project(connection, caller, self._core, entity, project)
        found = registry_access.get_registry(
            connection, caller, name, project or "", Role.MEMBER, keep=True
        )
        if not found.takes(type_name):
            raise BadInput(
                f"the registry {found.name!r} takes artifacts of type "
                f"{', '.join(found.type_names)}, not {type_name!r}; an admin of it may add a type"
            )
        return found.project

    def unlink(self, caller: Caller, pk: int, portfolio_pk: int) -> None:
        """Take a version out of a portfolio."""

        def unlink(connection: Connection) -> None:
            access.get_collection(connection, caller, portfolio_pk, Role.MEMBER)
            access.get_artifact(connection, caller, pk)
            for place in memberships.list_memberships(connection, portfolio_pk, pk):
                memberships.delete_membership(connection, place)

        self._core.db.write(unlink)

    def change_collection(self, caller: Caller, pk: int, change: CollectionChange) -> Collection:
        """Rename, describe, retype or tag a collection."""
        values: dict[str, Any] = {
            name: value
            for name in ("name", "description", "type_name")
            if (value := getattr(change, name)) is not None
        }
        if change.name is not None:
            check_collection_name(change.name)

        def write(connection: Connection) -> Collection:
            before = access.get_collection(connection, caller, pk, Role.MEMBER)
            name = change.name
            if change.type_name is not None and before.entity not in caller.entities:
                raise BadInput("a collection of a registry keeps its type; link into another one")
            if name not in (None, before.name) and artifact_collections.find_collection(
                connection, before.project_pk, name or ""
            ):
                raise Conflict(f"this project has a collection {name!r}; choose another name")
            tags = changed_tags(before.tags, change.add_tags, change.remove_tags)
            happenings.tags_changed(connection, pk, None, before.tags, tags)
            return artifact_collections.change_collection(
                connection,
                pk,
                {**values, "tags": json.dumps(tags), "updated_at": self._core.now()},
            )

        return self._core.db.write(write)


def _place_of(name: Alias, places: Sequence[tuple[Collection, Membership]]) -> Membership:
    for found, place in places:
        if name.is_in(found):
            return place
    raise BadInput(f"this version is not in a collection named {name.collection!r}")
