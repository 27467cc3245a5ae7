"""Who is signed in: a row for each browser, and links that sign in once.

What ends a session: signing out, its time, the removal of the key it began with or of its user.
One that a link began has no key of its own: revoking any key of the user ends it.
"""

import secrets
from datetime import timedelta

from sweepd.domain.errors import NotFound, NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.people.users import digest_key
from sweepd.store import sessions, users
from sweepd.store.database import Connection

SESSION_LASTS_S = 30 * 24 * 3600.0
LINK_LASTS_S = 3600.0


class Sessions:
    """Begins, finds and ends sessions. Tokens are random and stored as their digests."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def begin(self, key: str, replaces: str = "") -> str:
        """A session of the owner of a key; returns its token.

        Args:
            replaces: The token of the browser's session until now, which ends.

        Raises:
            NotSignedIn: Nobody has this key.
        """

        def find(connection: Connection) -> tuple[int, int]:
            found = users.find_key(connection, digest_key(key))
            if found is None:
                raise NotSignedIn("this API key belongs to nobody here; check it and try again")
            return found

        def add(connection: Connection) -> str:
            key_pk, user_pk = find(connection)
            return self._add(connection, user_pk, key_pk, replaces)

        with self._core.db.read() as connection:
            find(connection)  # a stranger's guesses cost no write
        return self._core.db.write(add)

    def begin_by_link(self, link: str, replaces: str = "") -> str:
        """A session of the user whom a one-time link signs in; returns its token.

        Raises:
            NotSignedIn: The link was used or has expired, its user is gone, or it was never made.
        """

        def add(connection: Connection) -> str | None:
            user_pk = sessions.take_link(connection, digest_key(link), self._core.now())
            # Not raised here: that would put the link back.
            return None if user_pk is None else self._add(connection, user_pk, None, replaces)

        with self._core.db.read() as connection:
            is_there = sessions.has_link(connection, digest_key(link))
        token = self._core.db.write(add) if is_there else None
        if token is None:
            raise NotSignedIn(
                "this sign-in link was already used, or is older than an hour; sign in with an API "
                "key, or make a new link with `sweepd login --link` on the server's machine"
            )
        return token

    def _add(self, connection: Connection, user_pk: int, key_pk: int | None, replaces: str) -> str:
        token, at = secrets.token_urlsafe(32), self._core.now()
        sessions.forget_expired(connection, at)
        sessions.end_session(connection, digest_key(replaces))
        expires_at = at + timedelta(seconds=SESSION_LASTS_S)
        sessions.create_session(connection, digest_key(token), user_pk, key_pk, at, expires_at)
        return token

    def find(self, token: str) -> Caller:
        """Whose session this is.

        Raises:
            NotSignedIn: It has ended, or never was.
        """
        with self._core.db.read() as connection:
            name = sessions.find_session_user(connection, digest_key(token), self._core.now())
            caller = users.find_caller_by_name(connection, name) if name is not None else None
        if caller is None:
            raise NotSignedIn("your session has ended; sign in again")
        return caller

    def end(self, token: str) -> None:
        """End a session; one that has ended is fine."""
        self._core.db.write(lambda c: sessions.end_session(c, digest_key(token)))

    def end_all(self, name: str, keep: str = "") -> int:
        """End every session and link of a user, but for the session `keep`; returns how many.

        Raises:
            NotFound: No such user.
        """

        def end(connection: Connection) -> int:
            caller = users.find_caller_by_name(connection, name)
            if caller is None:
                raise NotFound(f"no user {name!r}; see `sweepd users list`")
            return sessions.end_sessions(connection, caller.user_pk, keep and digest_key(keep))

        return self._core.db.write(end)

    def create_link(self, name: str) -> str:
        """A token which signs a user in once, within an hour: `/authorize?token=…`.

        Raises:
            NotFound: No such user.
        """
        link, at = secrets.token_urlsafe(24), self._core.now()

        def add(connection: Connection) -> None:
            caller = users.find_caller_by_name(connection, name)
            if caller is None:
                raise NotFound(f"no user {name!r}; see `sweepd users list`")
            expires_at = at + timedelta(seconds=LINK_LASTS_S)
            sessions.create_link(connection, digest_key(link), caller.user_pk, at, expires_at)

        self._core.db.write(add)
        return link
