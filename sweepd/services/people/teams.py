"""Teams as their members see them: who belongs, who may change that, and service accounts."""

import re
from itertools import count

from sweepd.domain.errors import Conflict, Forbidden, NotFound
from sweepd.domain.ids import check_entity_name, new_key
from sweepd.domain.users import Caller, Member
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.people.registry_members import check_is_dispensable
from sweepd.services.people.users import Users, store_key
from sweepd.store import users
from sweepd.store.database import Connection


class Teams:
    """What people do with teams through the client; `sweepd teams` does it on the machine."""

    def __init__(self, core: Core, people: Users) -> None:
        self._core = core
        self._people = people

    def list_members(self, caller: Caller, entity: str) -> list[Member]:
        """Who belongs to an entity, in the order they came.

        Raises:
            NotFound: The caller does not belong to it.
        """
        pk = access.entity_pk(caller, entity)
        with self._core.db.read() as connection:
            return users.list_members(connection, pk)

    def create(self, caller: Caller, name: str, admin_name: str | None = None) -> None:
        """Make a team; the caller belongs to it, and a named user looks after it.

        Raises:
            Forbidden: The caller is no administrator.
            Conflict: The name is taken.
            NotFound: No such user.
        """
        if not caller.is_admin:
            raise Forbidden("only an administrator makes teams; ask one for `sweepd teams add`")
        check_entity_name(name)

        def create(connection: Connection) -> None:
            taken = users.find_entity(connection, name) or users.find_caller_by_name(
                connection, name
            )
            if taken is not None:
                raise Conflict(f"the name {name!r} is taken; choose another")
            pk = users.create_entity(connection, name, "team", self._core.now())
            owner = self._user(connection, admin_name) if admin_name else caller
            users.add_member(connection, pk, owner.user_pk, "owner")
            users.add_member(connection, pk, caller.user_pk, "owner")

        self._core.db.write(create)
        self._people.forget()

    def invite(self, caller: Caller, team: str, name_or_email: str, is_admin: bool) -> Member:
        """Let a user into a team at once; nothing is sent to them.

        Raises:
            NotFound: No such team of the caller's, or no such user.
            Forbidden: The caller does not look after the team.
            Conflict: They belong to it already.
        """

        def invite(connection: Connection) -> Member:
            pk = self._owned(connection, caller, team)
            user = self._user(connection, name_or_email)
            if any(m.user_pk == user.user_pk for m in users.list_members(connection, pk)):
                raise Conflict(f"{user.name} belongs to {team} already")
            users.add_member(connection, pk, user.user_pk, "owner" if is_admin else "member")
            return _member(connection, pk, user.user_pk)

        member = self._core.db.write(invite)
        self._people.forget()
        return member

    def remove(self, caller: Caller, team: str, user_pk: int) -> None:
        """Shut somebody out of a team; a service account goes altogether.

        Raises:
            NotFound: No such team of the caller's, or they are not in it.
            Forbidden: The caller does not look after the team.
        """

        def remove(connection: Connection) -> None:
            pk = self._owned(connection, caller, team)
            found = [m for m in users.list_members(connection, pk) if m.user_pk == user_pk]
            if not found:
                raise NotFound(f"nobody of that id belongs to {team}")
            if found[0].is_service:
                check_is_dispensable(connection, found[0].name)
                users.delete_user(connection, found[0].name)
            else:
                users.remove_member(connection, pk, user_pk)

        self._core.db.write(remove)
        self._people.forget()

    def create_service_account(self, caller: Caller, team: str, description: str) -> Member:
        """A user for machines: it belongs to the team alone, and that is its default entity.

        Its key is told once, by `take_fresh_key`.

        Raises:
            NotFound: No such team of the caller's.
            Forbidden: The caller does not look after the team.
        """
        secret = new_key()

        def create(connection: Connection) -> Member:
            pk = self._owned(connection, caller, team)
            at = self._core.now()
            name = self._free_name(connection, team, description)
            user_pk = users.create_user(connection, name, "", False, at)
            users.add_member(connection, pk, user_pk, "member")
            store_key(connection, user_pk, secret, description, at)
            users.get_or_create_secret(connection, f"fresh-key:{user_pk}", secret)
            return _member(connection, pk, user_pk)

        return self._core.db.write(create)

    def take_fresh_key(self, caller: Caller, team: str, member: Member) -> str | None:
        """The key of a service account just made, to who looks after the team, and only once."""
        if not member.is_service:
            return None

        def take(connection: Connection) -> str | None:
            if not self._looks_after(connection, caller, team):
                return None
            return users.take_secret(connection, f"fresh-key:{member.user_pk}")

        return self._core.db.write(take)

    def _owned(self, connection: Connection, caller: Caller, team: str) -> int:
        pk = access.entity_pk(caller, team)
        found = users.find_entity(connection, team)
        if found is None or found[1] != "team":
            raise NotFound(f"{team!r} is no team; a user's own entity has no members")
        if not self._looks_after(connection, caller, team):
            raise Forbidden(f"only who looks after {team} may change who belongs to it")
        return pk

    def _looks_after(self, connection: Connection, caller: Caller, team: str) -> bool:
        members = users.list_members(connection, access.entity_pk(caller, team))
        return caller.is_admin or any(
            m.user_pk == caller.user_pk and m.role == "owner" for m in members
        )

    def _user(self, connection: Connection, name_or_email: str) -> Caller:
        found = users.find_caller_by_name(connection, name_or_email)
        if found is None:
            named = [u for u in users.list_users(connection) if u.email == name_or_email]
            found = users.find_caller_by_name(connection, named[0].name) if named else None
        if found is None:
            raise NotFound(f"no user {name_or_email!r}; see `sweepd users list`")
        return found

    def _free_name(self, connection: Connection, team: str, description: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", description.lower()).strip("-")
        name = f"{team}-{stem or 'service'}"[:56]
        names = (name if n == 0 else f"{name}-{n}" for n in count())
        return next(
            n
            for n in names
            if users.find_caller_by_name(connection, n) is None
            and users.find_entity(connection, n) is None
        )


def _member(connection: Connection, entity_pk: int, user_pk: int) -> Member:
    return next(m for m in users.list_members(connection, entity_pk) if m.user_pk == user_pk)
