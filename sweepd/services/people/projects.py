"""Projects, and what is grouped below them."""

from itertools import count

from sweepd.domain.errors import Conflict, NotFound
from sweepd.domain.ids import check_project_name
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import DeletedProject, Project
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.store import deleted_projects, projects
from sweepd.store.database import Connection


class Projects:
    """What people do with projects."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, caller: Caller, entity: str | None, project: str | None) -> Project:
        """A project by its path.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_project(connection, caller, entity, project)

    def find(self, caller: Caller, entity: str | None, project: str | None) -> Project | None:
        """As `get`, but None when there is none."""
        try:
            return self.get(caller, entity, project)
        except NotFound:
            return None

    def ensure(
        self, caller: Caller, entity: str | None, project: str | None, description: str | None
    ) -> tuple[Project, bool]:
        """The project of that name, made when missing; and whether it was made.

        Raises:
            NotFound: The caller does not belong to the entity.
            BadInput: The name cannot be part of an address.
        """

        def ensure(connection: Connection) -> tuple[Project, bool]:
            old = access.find_project(connection, caller, entity, project)
            found = access.ensure_project(connection, caller, self._core, entity, project)
            if description is not None:
                projects.describe_project(connection, found.pk, description)
                found = access.get_project(connection, caller, entity, project)
            return found, old is None

        return self._core.db.write(ensure)

    def rename(self, caller: Caller, pk: int, name: str) -> Project:
        """Give a project another name. The old one leads to it still: addresses, and what runs and
        agents under way say.

        Raises:
            NotFound: None that the caller may see.
            BadInput: The name cannot be part of an address.
            Conflict: The name is taken, or leads to another project, which was called so.
        """
        check_project_name(name)

        def rename(connection: Connection) -> Project:
            project = self._own(connection, caller, pk)
            taken = projects.find_project(connection, project.entity_pk, name)
            if taken is not None and taken.pk != project.pk:
                why = "exists" if taken.name == name else f"leads to {taken.name}, once called so"
                raise Conflict(f"{project.entity}/{name} {why}; choose another name")
            if name != project.name:
                projects.rename_project(connection, project, name)
            return self._own(connection, caller, pk)

        return self._core.db.write(rename)

    def delete(self, caller: Caller, pk: int) -> None:
        """Hide a project with everything in it; its name is free. `undelete` brings it back.

        Raises:
            NotFound: None that the caller may see.
            Conflict: Versions of its artifacts are linked into other projects or registries.
        """

        def delete(connection: Connection) -> None:
            project = self._own(connection, caller, pk)
            if linking := deleted_projects.list_linking(connection, pk):
                raise Conflict(
                    f"artifacts of {project.name} are linked to {', '.join(linking[:5])}"
                    f"{' and others' if linking[5:] else ''}, where they would be missed; "
                    "unlink them there first"
                )
            deleted_projects.delete_project(connection, project, caller.name, self._core.now())

        self._core.db.write(delete)

    def undelete(self, caller: Caller, pk: int) -> Project:
        """Bring a deleted project back; when another has its name by now, as `name-2`, `name-3` …

        Raises:
            NotFound: None that the caller may see.
        """

        def undelete(connection: Connection) -> Project:
            found = deleted_projects.find_deleted(connection, pk)
            if found is None or found.entity not in caller.entities:
                raise NotFound("no such deleted project; its time may be up")
            names = (found.name if n == 1 else f"{found.name[:120]}-{n}" for n in count(1))
            free = next(
                name
                for name in names
                if projects.find_project(connection, found.entity_pk, name) is None
            )
            deleted_projects.undelete_project(connection, found, free)
            return self._own(connection, caller, pk)

        return self._core.db.write(undelete)

    def list_deleted(
        self, caller: Caller, entity: str | None = None, limit: int = 500
    ) -> list[DeletedProject]:
        """The deleted projects of one entity, or of all the caller's, last deleted first.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        pks = [access.entity_pk(caller, entity)] if entity else list(caller.entities.values())
        with self._core.db.read() as connection:
            return deleted_projects.list_deleted(connection, pks, limit)

    def _own(self, connection: Connection, caller: Caller, pk: int) -> Project:
        found = projects.find_project_by_pk(connection, pk)
        if found is None or found.entity not in caller.entities:
            raise NotFound("no such project; it may have been deleted")
        return found

    def count_bytes(self, caller: Caller, entity: str) -> int:
        """Bytes that an entity's files and artifacts take.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        pk = access.entity_pk(caller, entity)
        with self._core.db.read() as connection:
            return projects.count_bytes(connection, pk)

    def page(self, caller: Caller, entity: str, start: Start, first: int | None) -> Page[Project]:
        """A page of the projects of an entity, newest first.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        listing = projects.of_entity(access.entity_pk(caller, entity))
        return read_page(self._core, listing, start, first)

    def list_all(self, caller: Caller, entity: str | None = None) -> list[Project]:
        """The projects of one entity, or of all the caller's, newest first.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        pks = [access.entity_pk(caller, entity)] if entity else list(caller.entities.values())
        with self._core.db.read() as connection:
            return projects.list_projects(connection, pks)
