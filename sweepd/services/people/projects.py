"""Projects, and what is grouped below them."""

from sweepd.domain.errors import NotFound
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.store import projects
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
