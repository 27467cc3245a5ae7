"""Entities, users, their memberships and keys; the server's own secrets."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.users import ApiKey, Caller, Member, User
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.prepared import Prepared

# Made once: whatever a client or a page asks goes through these.
_BY_DIGEST = Prepared(
    sa.select(schema.users)
    .join(schema.api_keys, schema.api_keys.c.user_pk == schema.users.c.id)
    .where(schema.api_keys.c.digest == sa.bindparam("key_digest"))
)
_BY_NAME = Prepared(sa.select(schema.users).where(schema.users.c.name == sa.bindparam("user_name")))
_ENTITIES = Prepared(
    sa.select(schema.entities.c.name, schema.entities.c.id)
    .join(schema.members, schema.members.c.entity_pk == schema.entities.c.id)
    .where(schema.members.c.user_pk == sa.bindparam("user_key"))
    .order_by(schema.entities.c.id)
)


def find_caller_by_digest(connection: Connection, digest: str) -> Caller | None:
    """The owner of a key, with every entity they belong to."""
    return _caller(connection, _BY_DIGEST.first(connection, {"key_digest": digest}))


def find_caller_by_name(connection: Connection, name: str) -> Caller | None:
    """A user as a caller, by name."""
    return _caller(connection, _BY_NAME.first(connection, {"user_name": name}))


def _caller(connection: Connection, row: Any) -> Caller | None:
    if row is None:
        return None
    entities = _ENTITIES.all(connection, {"user_key": row.id})
    return Caller(row.id, row.name, row.email, row.is_admin, {e.name: e.id for e in entities})


def create_entity(connection: Connection, name: str, kind: str, at: datetime) -> int:
    """Add a user's or a team's entity and return its key."""
    query = sa.insert(schema.entities).values(name=name, kind=kind, created_at=at)
    return schema.new_key(connection.execute(query))


def find_entity(connection: Connection, name: str) -> tuple[int, str] | None:
    """An entity's key and kind, by name."""
    row = connection.execute(
        sa.select(schema.entities).where(schema.entities.c.name == name)
    ).first()
    return (row.id, row.kind) if row else None


def create_user(connection: Connection, name: str, email: str, is_admin: bool, at: datetime) -> int:
    """Add a user and return its key; entity and membership are the caller's business."""
    query = sa.insert(schema.users).values(name=name, email=email, is_admin=is_admin, created_at=at)
    return schema.new_key(connection.execute(query))


def list_users(connection: Connection) -> list[User]:
    """All users, by name."""
    rows = connection.execute(sa.select(schema.users).order_by(schema.users.c.name))
    return [User(r.id, r.name, r.email, r.is_admin, r.created_at) for r in rows]


def delete_user(connection: Connection, name: str) -> bool:
    """Remove a user with keys and memberships; their entity and its projects stay."""
    done = connection.execute(sa.delete(schema.users).where(schema.users.c.name == name))
    return bool(done.rowcount)


def add_member(connection: Connection, entity_pk: int, user_pk: int, role: str) -> None:
    """Let a user into an entity; once is enough."""
    connection.execute(
        insert(connection, schema.members)
        .values(entity_pk=entity_pk, user_pk=user_pk, role=role)
        .on_conflict_do_nothing()
    )


def list_members(connection: Connection, entity_pk: int) -> list[Member]:
    """Who belongs to an entity, oldest user first."""
    own = schema.entities.alias("own")
    rows = connection.execute(
        sa.select(schema.users, schema.members.c.role, own.c.id.label("own_pk"))
        .join(schema.members, schema.members.c.user_pk == schema.users.c.id)
        .outerjoin(own, sa.and_(own.c.name == schema.users.c.name, own.c.kind == "user"))
        .where(schema.members.c.entity_pk == entity_pk)
        .order_by(schema.users.c.id)
    )
    return [Member(r.id, r.name, r.email, r.role, r.own_pk is None) for r in rows]


def remove_member(connection: Connection, entity_pk: int, user_pk: int) -> None:
    """Shut a user out of an entity."""
    members = schema.members.c
    connection.execute(
        sa.delete(schema.members).where(members.entity_pk == entity_pk, members.user_pk == user_pk)
    )


def create_key(
    connection: Connection,
    user_pk: int,
    digest: str,
    begins: str,
    hint: str,
    description: str,
    at: datetime,
) -> int:
    """Add a key by its digest and return its key in the table."""
    query = sa.insert(schema.api_keys).values(
        user_pk=user_pk,
        digest=digest,
        begins=begins,
        hint=hint,
        description=description,
        created_at=at,
    )
    return schema.new_key(connection.execute(query))


def find_key(connection: Connection, digest: str) -> tuple[int, int] | None:
    """A key's number and its owner's, by its digest."""
    keys = schema.api_keys.c
    row = connection.execute(sa.select(keys.id, keys.user_pk).where(keys.digest == digest)).first()
    return (row.id, row.user_pk) if row else None


def list_keys(connection: Connection, user_pk: int) -> list[ApiKey]:
    """A user's keys, oldest first, without secrets."""
    rows = connection.execute(
        sa.select(schema.api_keys)
        .where(schema.api_keys.c.user_pk == user_pk)
        .order_by(schema.api_keys.c.id)
    )
    return [ApiKey(r.id, r.user_pk, r.begins, r.hint, r.description, r.created_at) for r in rows]


def delete_key(connection: Connection, user_pk: int | None, key_pk: int) -> int | None:
    """Revoke one of the user's keys, or of anybody's; returns whose it was, None for no key."""
    keys = schema.api_keys.c
    query = sa.delete(schema.api_keys).where(keys.id == key_pk).returning(keys.user_pk)
    return connection.execute(
        query if user_pk is None else query.where(keys.user_pk == user_pk)
    ).scalar()


def find_secret(connection: Connection, name: str) -> str | None:
    """The secret of that name."""
    query = sa.select(schema.secrets.c.value).where(schema.secrets.c.name == name)
    return connection.execute(query).scalar()


def get_or_create_secret(connection: Connection, name: str, fresh: str) -> str:
    """The secret of that name, made of `fresh` the first time; replicas share it."""
    connection.execute(
        insert(connection, schema.secrets).values(name=name, value=fresh).on_conflict_do_nothing()
    )
    row = connection.execute(
        sa.select(schema.secrets.c.value).where(schema.secrets.c.name == name)
    ).one()
    return str(row.value)


def take_secret(connection: Connection, name: str) -> str | None:
    """Remove a secret and return it: a one-time link works once."""
    row = connection.execute(
        sa.select(schema.secrets.c.value).where(schema.secrets.c.name == name)
    ).first()
    connection.execute(sa.delete(schema.secrets).where(schema.secrets.c.name == name))
    return str(row.value) if row else None
