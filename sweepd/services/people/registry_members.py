"""Who has which role in a registry: users and teams, given by its admins."""

from collections.abc import Sequence

from sweepd.domain.errors import Conflict, NotFound
from sweepd.domain.projects import Project
from sweepd.domain.registries import Role, RoleOf
from sweepd.domain.users import Caller
from sweepd.services import registry_access
from sweepd.services.core import Core
from sweepd.store import registries, users
from sweepd.store.database import Connection


class RegistryMembers:
    """Roles given by name; what nobody was given, `role_in` says."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list_users(self, project: Project) -> list[RoleOf]:
        """The users with a role of their own, by name; access was checked."""
        with self._core.db.read() as connection:
            return registries.list_user_roles(connection, project.pk)

    def list_teams(self, project: Project) -> list[RoleOf]:
        """The teams with a role, by name; access was checked."""
        with self._core.db.read() as connection:
            return registries.list_team_roles(connection, project.pk)

    def set_roles(
        self,
        caller: Caller,
        project_pk: int,
        user_pks: Sequence[int],
        team_pks: Sequence[int],
        role: Role | None,
        only_new: bool = False,
    ) -> None:
        """Give users and teams a role, or take it away.

        Args:
            only_new: Leave those alone that have one.

        Raises:
            NotFound: No such registry, user or team that the caller may see.
            Forbidden: The caller is no admin of it.
            Conflict: A restricted registry would be left without an admin.
        """

        def change(connection: Connection) -> None:
            registries.find_organization(connection, lock=True)
            registry_access.get_registry_by_pk(connection, caller, project_pk, Role.ADMIN)
            self._check_exist(connection, caller, project_pk, user_pks, team_pks)
            has_one = {"users": set[int](), "teams": set[int]()}
            if only_new:
                has_one["users"] = {
                    u.pk for u in registries.list_user_roles(connection, project_pk)
                }
                has_one["teams"] = {
                    t.pk for t in registries.list_team_roles(connection, project_pk)
                }
            for pk in set(user_pks) - has_one["users"]:
                registries.set_user_role(connection, project_pk, pk, role)
            for pk in set(team_pks) - has_one["teams"]:
                registries.set_team_role(connection, project_pk, pk, role)
            check_has_admin(connection, project_pk)

        self._core.db.write(change)

    def _check_exist(
        self,
        connection: Connection,
        caller: Caller,
        project_pk: int,
        user_pks: Sequence[int],
        team_pks: Sequence[int],
    ) -> None:
        known = registries.list_names(connection, user_pks, teams=False)
        if missing := set(user_pks) - set(known):
            raise NotFound(f"no user with the number {min(missing)}; see wandb.Api().user(NAME)")
        here = {team.pk for team in registries.list_team_roles(connection, project_pk)}
        seen = here | set(caller.entities.values())
        teams = registries.list_names(connection, team_pks, teams=True)
        for pk in team_pks:
            if pk not in teams or not (pk in seen or caller.is_admin):
                raise NotFound(
                    f"no team with the number {pk} that you belong to; one of its members adds it"
                )


def check_has_admin(connection: Connection, project_pk: int) -> None:
    """Raise Conflict when a restricted registry has nobody left to look after it."""
    found = registries.find_registry(connection, project_pk)
    if found is None or not found.is_restricted:
        return
    given = [
        *registries.list_user_roles(connection, project_pk),
        *registries.list_team_roles(connection, project_pk),
    ]
    if not any(item.role is Role.ADMIN for item in given):
        raise Conflict(
            f"the restricted registry {found.name!r} would be left without an admin; make somebody "
            "else admin of it first"
        )


def check_is_dispensable(connection: Connection, name: str) -> None:
    """Raise Conflict when a restricted registry would lose its last admin with this user."""
    user = users.find_caller_by_name(connection, name)
    if user is None:
        return
    registries.find_organization(connection, lock=True)
    for project_pk, roles in registries.list_roles(connection, user.user_pk).items():
        if Role.ADMIN in roles:
            registries.set_user_role(connection, project_pk, user.user_pk, None)
            check_has_admin(connection, project_pk)
