"""Registries: made, changed, removed. Who may do what in them is `registry_members.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from sweepd.domain.errors import BadInput, Conflict, Forbidden
from sweepd.domain.ids import check_entity_name
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.registries import (
    PREFIX,
    Organization,
    Registry,
    Role,
    check_registry_name,
    check_type_name,
)
from sweepd.domain.users import Caller
from sweepd.services import registry_access
from sweepd.services.core import Core
from sweepd.services.paging import page_sorted
from sweepd.services.people.registry_members import RegistryMembers, check_has_admin
from sweepd.services.people.registry_search import RegistrySearch
from sweepd.store import registries, users
from sweepd.store.database import Connection
from sweepd.store.paging import check_key

DEFAULT_NAME = "organization"
FIRST = ("model", "dataset")  # there from the beginning, each for artifacts of its own name


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """What to make of a registry; None leaves a matter as it is."""

    description: str | None = None
    is_restricted: bool | None = None
    takes_all_types: bool | None = None
    type_names: Sequence[str] = ()  # to add to those that are taken


class Registries(RegistrySearch):
    """The organisation's registries; `members` is who has which role in them."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.members = RegistryMembers(core)

    def prepare(self, name: str) -> None:
        """Make the organisation and its first registries, or give it another name.

        Args:
            name: Empty leaves the name, or takes the first free one when there is none yet.

        Raises:
            BadInput: It cannot be a name.
            Conflict: A user or a team bears it.
        """
        with self._core.db.read() as connection:
            known = registries.find_organization(connection)
        if known is not None and name in ("", known.name):
            return

        def prepare(connection: Connection) -> None:
            found = registries.find_organization(connection)
            if found is not None and name in ("", found.name):
                return  # another server of this database was first
            wanted = check_entity_name(name) if name else _free_name(connection)
            if users.find_entity(connection, wanted) is not None:
                return self._check_ours(connection, wanted)
            if found is not None:
                return registries.rename_organization(connection, found.pk, wanted)
            at = self._core.now()
            pk = registries.create_organization(connection, wanted, at)
            if pk is None:
                return self._check_ours(connection, wanted)
            for kind in FIRST:
                values = {"is_restricted": False, "takes_all_types": False, "type_names": [kind]}
                registries.create_registry(connection, pk, PREFIX + kind, values, at)

        self._core.db.write(prepare)

    def _check_ours(self, connection: Connection, name: str) -> None:
        """That a name is taken by the organisation: another server of this database was first."""
        found = registries.find_organization(connection)
        if found is None or found.name != name:
            raise Conflict(
                f"{name!r} is a user or a team; give the setting `organization` another name"
            )

    def organization(self) -> Organization:
        """The server's organisation."""
        with self._core.db.read() as connection:
            return registries.get_organization(connection)

    def get(self, project: Project) -> Registry:
        """The registry that a project is; access was checked."""
        with self._core.db.read() as connection:
            found = registries.find_registry(connection, project.pk)
        if found is None:
            raise BadInput(f"{project.entity}/{project.name} is no registry")
        return found

    def is_seen(self, caller: Caller, project_pk: int) -> bool:
        """Whether a project is a registry that the caller sees."""
        with self._core.db.read() as connection:
            found = registries.find_registry(connection, project_pk)
            return (
                found is not None and registry_access.role_of(connection, caller, found) is not None
            )

    def role(self, caller: Caller, registry: Registry) -> Role | None:
        """What the caller may do in a registry."""
        with self._core.db.read() as connection:
            return registry_access.role_of(connection, caller, registry)

    def page_types(self, project: Project, start: Start, first: int | None) -> Page[str]:
        """A page of the types declared for a registry, or used in it, by name."""
        with self._core.db.read() as connection:
            found = registries.find_registry(connection, project.pk)
            used = registries.list_used_types(connection, project.pk)
        names = sorted({*(found.type_names if found else ()), *used})
        return page_sorted(
            [((name,), name) for name in names],
            start,
            first,
            lambda key: check_key(key, (str,)),
            (False,),
        )

    def upsert(self, caller: Caller, name: str, change: RegistryChange) -> tuple[Project, bool]:
        """Make a registry, whose admin the caller is then, or change one; and whether it was made.

        Raises:
            BadInput: The name is none of a registry's project, or a type cannot be one.
            Forbidden: It is there, and the caller is no admin of it.
        """
        check_registry_name(name)
        types = [check_type_name(kind) for kind in change.type_names]

        def upsert(connection: Connection) -> tuple[Project, bool]:
            organization = registries.get_organization(connection, lock=True)
            found = registries.find_registry_by_name(connection, organization.name, name)
            at = self._core.now()
            if found is None:
                takes_all = change.takes_all_types
                values = {
                    "description": change.description or "",
                    "is_restricted": bool(change.is_restricted),
                    "takes_all_types": not types if takes_all is None else takes_all,
                    "type_names": list(dict.fromkeys(types)),
                }
                pk = registries.create_registry(connection, organization.pk, name, values, at)
                if pk is None:
                    raise Conflict(f"the name {name!r} was taken a moment ago; choose another")
                registries.set_user_role(connection, pk, caller.user_pk, Role.ADMIN)
            else:
                pk = found.project.pk
                if registry_access.role_of(connection, caller, found) is None:
                    raise Forbidden(f"the name {name!r} is taken; choose another")
                self._change(connection, caller, found, change, types)
            return registries.get_registry(connection, pk).project, found is None

        return self._core.db.write(upsert)

    def _change(
        self,
        connection: Connection,
        caller: Caller,
        found: Registry,
        change: RegistryChange,
        types: Sequence[str],
    ) -> None:
        registry_access.check_role(
            found, registry_access.role_of(connection, caller, found), Role.ADMIN
        )
        pk = found.project.pk
        values: dict[str, object] = {"updated_at": self._core.now()}
        if change.description is not None:
            values["description"] = change.description
        if change.is_restricted is not None:
            values["is_restricted"] = change.is_restricted
        kept = list(found.type_names)
        if change.takes_all_types is not None:
            values["takes_all_types"] = change.takes_all_types
            if found.takes_all_types and not change.takes_all_types:
                kept += registries.list_used_types(connection, pk)
        values["type_names"] = list(dict.fromkeys([*kept, *types]))
        registries.update_registry(connection, pk, values)
        check_has_admin(connection, pk)

    def rename(self, caller: Caller, old: str, new: str) -> Project:
        """Give a registry another name; links to its versions move with it.

        Raises:
            NotFound, Forbidden: No such registry; the caller is no admin of it.
            Conflict: The name is taken.
        """
        check_registry_name(new)

        def rename(connection: Connection) -> Project:
            organization = registries.get_organization(connection, lock=True)
            entity = organization.name
            found = registry_access.get_registry(connection, caller, entity, old, Role.ADMIN)
            other = registries.find_registry_by_name(connection, entity, new)
            if other is not None and other.project.pk != found.project.pk:
                raise Conflict(f"the organisation has a registry {new!r}; choose another name")
            values = {"name": new, "updated_at": self._core.now()}
            registries.update_registry(connection, found.project.pk, values)
            return registries.get_registry(connection, found.project.pk).project

        return self._core.db.write(rename)

    def delete(self, caller: Caller, project_pk: int) -> None:
        """Remove a registry with its collections; the versions stay where they were logged.

        Raises:
            NotFound, Forbidden: No such registry; the caller is no admin of it.
        """

        def delete(connection: Connection) -> None:
            registries.find_organization(connection, lock=True)
            found = registry_access.get_registry_by_pk(connection, caller, project_pk, Role.ADMIN)
            registries.delete_registry(connection, found.project.pk)

        self._core.db.write(delete)


def _free_name(connection: Connection) -> str:
    names = (DEFAULT_NAME if n == 1 else f"{DEFAULT_NAME}-{n}" for n in count(1))
    return next(name for name in names if users.find_entity(connection, name) is None)
