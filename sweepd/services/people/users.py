"""People, teams and API keys. Keys are stored hashed and shown once."""

import hashlib
import secrets
import threading
import time
from datetime import datetime

from sweepd.domain.errors import Conflict, NotFound, NotSignedIn
from sweepd.domain.ids import check_entity_name, check_key, new_key
from sweepd.domain.users import ApiKey, Caller, User
from sweepd.services.core import Core
from sweepd.services.people.registry_members import check_is_dispensable
from sweepd.store import sessions, users
from sweepd.store.database import Connection

CACHE_S = 2.0  # how long a revoked key may go on working in this process


def digest_key(key: str) -> str:
    """What is stored of a key. Keys are long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


SHOWN = 10  # characters of a key's beginning that are kept to know it by


def store_key(
    connection: Connection, user_pk: int, secret: str, description: str, at: datetime
) -> int:
    """Keep a key by its digest and what it is known by; its number."""
    begins = secret[: min(SHOWN, len(secret) // 4)]
    return users.create_key(
        connection, user_pk, digest_key(secret), begins, secret[-4:], description, at
    )


class Users:
    """Sign-in, and everything about users, teams and keys."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._cache: dict[str, tuple[float, Caller]] = {}
        self._lock = threading.Lock()

    def sign_in(self, key: str) -> Caller:
        """Who owns this key.

        Raises:
            NotSignedIn: Nobody does. Never cached, so a key just made works at once.
        """
        digest = digest_key(key)
        known = self.cached(digest)
        if known is not None:
            return known
        with self._core.db.read() as connection:
            caller = users.find_caller_by_digest(connection, digest)
        if caller is None:
            self._cache.pop(digest, None)
            raise NotSignedIn(
                "this API key belongs to nobody here; run `sweepd login` on the server's machine, "
                "or ask its administrator for `sweepd users add YOUR_NAME`"
            )
        with self._lock:
            if len(self._cache) > 10_000:
                self._cache.clear()
            self._cache[digest] = (time.monotonic(), caller)
        return caller

    def cached(self, digest: str) -> Caller | None:
        """The owner of a key seen a moment ago, by its digest, without a look at the database."""
        cached = self._cache.get(digest)
        fresh = cached is not None and time.monotonic() - cached[0] < CACHE_S
        return cached[1] if cached is not None and fresh else None

    def get_caller(self, name: str) -> Caller:
        """A user as a caller, by name, as a session cookie says it.

        Raises:
            NotSignedIn: The user is gone.
        """
        with self._core.db.read() as connection:
            caller = users.find_caller_by_name(connection, name)
        if caller is None:
            raise NotSignedIn(f"there is no user {name!r} any more")
        return caller

    def forget(self) -> None:
        """Look everybody up afresh: somebody's entities changed."""
        self._cache.clear()

    def add_user(
        self,
        name: str,
        key: str | None = None,
        is_admin: bool = False,
        email: str = "",
        has_key: bool = True,
    ) -> str:
        """Add a user with an entity of the same name, and return their key, shown only now.

        Args:
            has_key: False for a user who gets one later; the key returned is then none of theirs.

        Raises:
            BadInput: The name or key has a form the client would refuse.
            Conflict: The name or key is taken.
        """
        check_entity_name(name)
        secret = check_key(key) if key else new_key()

        def add(connection: Connection) -> None:
            if users.find_caller_by_name(connection, name) is not None:
                raise Conflict(
                    f"there is already a user {name!r}; add a key with `sweepd keys add`"
                )
            found = users.find_entity(connection, name)
            if found is not None and found[1] != "user":
                raise Conflict(f"{name!r} is {_kind_of(found)}; choose another name")
            at = self._core.now()
            user_pk = users.create_user(connection, name, email, is_admin, at)
            entity = found[0] if found else users.create_entity(connection, name, "user", at)
            users.add_member(connection, entity, user_pk, "owner")
            if has_key:
                self._store_key(connection, user_pk, secret, "first key")

        self._core.db.write(add)
        return secret

    def add_key(self, name: str, key: str | None = None, description: str = "") -> str:
        """Give a user one more key and return it, shown only now.

        Raises:
            NotFound: No such user.
            Conflict: The key is taken.
        """
        secret = check_key(key) if key else new_key()

        def add(connection: Connection) -> None:
            caller = users.find_caller_by_name(connection, name)
            if caller is None:
                raise NotFound(f"no user {name!r}; see `sweepd users list`")
            self._store_key(connection, caller.user_pk, secret, description)

        self._core.db.write(add)
        return secret

    def _store_key(
        self, connection: Connection, user_pk: int, secret: str, description: str
    ) -> int:
        if users.find_caller_by_digest(connection, digest_key(secret)) is not None:
            raise Conflict("this key is already in use; choose another")
        return store_key(connection, user_pk, secret, description, self._core.now())

    def create_own_key(self, caller: Caller, description: str) -> tuple[int, str]:
        """A new key for the caller: its number and its secret, shown only now."""
        secret = new_key()
        number = self._core.db.write(
            lambda c: self._store_key(c, caller.user_pk, secret, description)
        )
        return number, secret

    def list_keys(self, caller: Caller) -> list[ApiKey]:
        """A user's keys, without secrets."""
        with self._core.db.read() as connection:
            return users.list_keys(connection, caller.user_pk)

    def delete_key(self, caller: Caller, key_pk: int, session: str = "") -> None:
        """Revoke one of the caller's keys; an administrator revokes anybody's.

        With it end the sessions it began, and those that no key began.

        Args:
            session: The token of the session that asks, which goes on unless the key began it.

        Raises:
            NotFound: There is none such.
        """
        wanted = None if caller.is_admin else caller.user_pk

        def delete(connection: Connection) -> None:
            owner = users.delete_key(connection, wanted, key_pk)
            if owner is None:
                raise NotFound(f"you have no key number {key_pk}")
            sessions.end_keyless(connection, owner, session and digest_key(session))

        self._core.db.write(delete)
        self._cache.clear()

    def list_users(self) -> list[User]:
        """Everybody, by name."""
        with self._core.db.read() as connection:
            return users.list_users(connection)

    def search(self, caller: Caller, text: str) -> list[Caller]:
        """Users by name or mail address, by name: those the caller shares an entity with.

        Administrators see all, and find them by any part of either.
        """
        if not text and not caller.is_admin:
            return [caller]

        def is_meant(user: User) -> bool:
            if caller.is_admin:
                return text in user.name or text in user.email
            return text in (user.name, user.email)

        with self._core.db.read() as connection:
            named = [user.name for user in users.list_users(connection) if is_meant(user)]
            found = [users.find_caller_by_name(connection, name) for name in named]
        return [
            user
            for user in found
            if user is not None and (caller.is_admin or user.entities.keys() & caller.entities)
        ]

    def remove_user(self, name: str) -> None:
        """Remove a user and their keys; their projects stay.

        Raises:
            NotFound: No such user.
            Conflict: They are the last admin of a restricted registry.
        """

        def remove(connection: Connection) -> bool:
            check_is_dispensable(connection, name)
            return users.delete_user(connection, name)

        if not self._core.db.write(remove):
            raise NotFound(f"no user {name!r}; see `sweepd users list`")
        self._cache.clear()

    def add_team(self, name: str, member_names: list[str]) -> None:
        """Make a team's entity, or add members to it.

        Raises:
            Conflict: The name is a user's.
            NotFound: A member does not exist.
        """
        check_entity_name(name)

        def add(connection: Connection) -> None:
            found = users.find_entity(connection, name)
            if found is not None and found[1] != "team":
                raise Conflict(f"{name!r} is {_kind_of(found)}; choose another name")
            at = self._core.now()
            entity = found[0] if found else users.create_entity(connection, name, "team", at)
            for member in member_names:
                caller = users.find_caller_by_name(connection, member)
                if caller is None:
                    raise NotFound(f"no user {member!r}; see `sweepd users list`")
                users.add_member(connection, entity, caller.user_pk, "member")

        self._core.db.write(add)
        self._cache.clear()

    def remove_member(self, team: str, name: str) -> None:
        """Take a user out of a team; what they made stays.

        Raises:
            NotFound: No such team, or no such user in it.
        """

        def remove(connection: Connection) -> bool:
            found = users.find_entity(connection, team)
            caller = users.find_caller_by_name(connection, name)
            if found is None or found[1] != "team" or caller is None:
                return False
            is_member = team in caller.entities
            users.remove_member(connection, found[0], caller.user_pk)
            return is_member

        if not self._core.db.write(remove):
            raise NotFound(f"there is no {name!r} in a team {team!r}")
        self._cache.clear()

    def secret(self, name: str) -> str:
        """A secret of the server itself, made the first time and shared by its replicas."""
        fresh = secrets.token_urlsafe(32)
        return self._core.db.write(lambda c: users.get_or_create_secret(c, name, fresh))


def _kind_of(entity: tuple[int, str]) -> str:
    return f"the {entity[1]}" if entity[1] == "organization" else f"a {entity[1]}"
