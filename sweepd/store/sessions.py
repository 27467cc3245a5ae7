"""Sessions of browsers, and the one-time links that begin some of them; tokens only as digests."""

from datetime import datetime

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared

_sessions, _links = schema.sessions.c, schema.sign_in_links.c
_USER = Prepared(  # made once: whatever a page asks goes through it
    sa.select(schema.users.c.name)
    .join(schema.sessions, _sessions.user_pk == schema.users.c.id)
    .where(
        _sessions.digest == sa.bindparam("token_digest"), _sessions.expires_at > sa.bindparam("at")
    )
)


def create_session(
    connection: Connection,
    digest: str,
    user_pk: int,
    key_pk: int | None,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Add a session.

    Args:
        key_pk: The key it began with, whose removal ends it; None for a link.
    """
    connection.execute(
        sa.insert(schema.sessions).values(
            digest=digest, user_pk=user_pk, key_pk=key_pk, created_at=at, expires_at=expires_at
        )
    )


def find_session_user(connection: Connection, digest: str, at: datetime) -> str | None:
    """The name of the user whose session this is, while it lasts."""
    row = _USER.first(connection, {"token_digest": digest, "at": at})
    return None if row is None else str(row.name)


def end_session(connection: Connection, digest: str) -> None:
    """Remove a session; none such is fine."""
    connection.execute(sa.delete(schema.sessions).where(_sessions.digest == digest))


def end_sessions(connection: Connection, user_pk: int, keep: str = "") -> int:
    """Remove every session and link of a user, but for the session `keep`; returns how many."""
    query = sa.delete(schema.sessions).where(_sessions.user_pk == user_pk, _sessions.digest != keep)
    links = sa.delete(schema.sign_in_links).where(_links.user_pk == user_pk)
    return connection.execute(query).rowcount + connection.execute(links).rowcount


def end_keyless(connection: Connection, user_pk: int, keep: str = "") -> None:
    """Remove the sessions that no key began, and the links that would begin such."""
    connection.execute(
        sa.delete(schema.sessions).where(
            _sessions.user_pk == user_pk, _sessions.key_pk.is_(None), _sessions.digest != keep
        )
    )
    connection.execute(sa.delete(schema.sign_in_links).where(_links.user_pk == user_pk))


def create_link(
    connection: Connection, digest: str, user_pk: int, at: datetime, expires_at: datetime
) -> None:
    """Add a one-time link."""
    connection.execute(
        sa.insert(schema.sign_in_links).values(
            digest=digest, user_pk=user_pk, created_at=at, expires_at=expires_at
        )
    )


def has_link(connection: Connection, digest: str) -> bool:
    """Whether there is such a link, expired or not."""
    query = sa.select(_links.digest).where(_links.digest == digest)
    return connection.execute(query).first() is not None


def take_link(connection: Connection, digest: str, at: datetime) -> int | None:
    """Remove a link and return its user's key, if it has not expired: it works once."""
    query = (
        sa.delete(schema.sign_in_links)
        .where(_links.digest == digest)
        .returning(_links.user_pk, _links.expires_at)
    )
    row = connection.execute(query).first()
    return int(row.user_pk) if row is not None and row.expires_at > at else None


def forget_expired(connection: Connection, at: datetime) -> None:
    """Remove the sessions and links whose time has passed."""
    connection.execute(sa.delete(schema.sessions).where(_sessions.expires_at <= at))
    connection.execute(sa.delete(schema.sign_in_links).where(_links.expires_at <= at))


def forget_all(connection: Connection) -> None:
    """Remove every session and link, as in a copy that goes on elsewhere."""
    connection.execute(sa.delete(schema.sessions))
    connection.execute(sa.delete(schema.sign_in_links))
