"""Whole databases: a consistent copy of one that is in use, and from one kind into the other."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from sweepd.domain.errors import BadInput
from sweepd.store import migrate, schema, sessions
from sweepd.store.database import Connection
from sweepd.store.faults import reason
from sweepd.store.sqlite import sqlite_url

BATCH_ROWS = 500


def snapshot(url: str, path: Path) -> None:
    """Copy a database, as it is at one moment, into a new SQLite file; it may be in use."""
    if url.startswith("sqlite"):
        source = sqlite3.connect(sa.engine.make_url(url).database or "")
        target = sqlite3.connect(path)
        try:
            try:
                source.backup(target)
            except sqlite3.DatabaseError as error:
                raise BadInput(
                    f"the database cannot be copied: {error}; restore the last backup"
                ) from error
            target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        finally:
            source.close()
            target.close()
        return
    copy(url, sqlite_url(path))


def copy(source_url: str, target_url: str) -> dict[str, int]:
    """Copy every row of one database into another, made when missing; all rows or none.

    Returns:
        Rows by table.

    Raises:
        BadInput: The target holds rows already.
    """
    source, target = sa.create_engine(source_url), sa.create_engine(target_url)
    counts: dict[str, int] = {}
    try:
        migrate.upgrade(target, target_url)
        with source.connect() as reading, target.begin() as writing:
            if source.dialect.name == "postgresql":
                reading.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            _check_empty(writing, target_url)
            for table in schema.metadata.sorted_tables:
                counts[table.name] = 0
                for rows in _batches(reading, table):
                    writing.execute(sa.insert(table), rows)
                    counts[table.name] += len(rows)
                _set_next_key(reading, writing, table)
    finally:
        source.dispose()
        target.dispose()
    return counts


def _check_empty(connection: Connection, url: str) -> None:
    for table in schema.metadata.sorted_tables:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise BadInput(
                f"{sa.engine.make_url(url).render_as_string()} holds rows in {table.name!r}; name "
                "an empty database, so that nothing is overwritten"
            )


def _batches(connection: Connection, table: sa.Table) -> Iterator[list[dict[str, object]]]:
    result = connection.execute(sa.select(table).execution_options(yield_per=BATCH_ROWS))
    for rows in result.mappings().partitions(BATCH_ROWS):
        yield [dict(row) for row in rows]


def _set_next_key(reading: Connection, writing: Connection, table: sa.Table) -> None:
    """A key is never used twice, also not one whose row was deleted before the copy."""
    if "id" not in table.c or not isinstance(table.c.id.type, sa.BigInteger):
        return
    last = reading.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
    if reading.dialect.name == "sqlite":
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        last = max(last, reading.execute(query, {"name": table.name}).scalar() or 0)
    else:
        query = sa.text("SELECT last_value FROM pg_sequences WHERE sequencename = :name")
        name = f"{table.name}_id_seq"
        last = max(last, reading.execute(query, {"name": name}).scalar() or 0)
    if not last:
        return
    if writing.dialect.name == "sqlite":
        writing.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :n"), {"n": table.name})
        writing.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:n, :last)"),
            {"n": table.name, "last": last},
        )
    else:
        writing.execute(
            sa.text("SELECT setval(pg_get_serial_sequence(:n, 'id'), :last)"),
            {"n": table.name, "last": last},
        )


def check(path: Path) -> None:
    """Refuse an SQLite file that is damaged, or that a newer sweepd wrote; bring it up to date.

    Raises:
        BadInput: It is no whole database of ours.
        NewerDatabase: A newer sweepd wrote it.
    """
    engine = sa.create_engine(sqlite_url(path))
    try:
        with engine.connect() as connection:
            found = connection.execute(sa.text("PRAGMA integrity_check")).scalar()
        if found != "ok" or migrate.current(engine) is None:
            raise BadInput(f"{path.name} is not a whole sweepd database: {found}")
        migrate.upgrade(engine, sqlite_url(path))
        with engine.begin() as connection:  # who signed out since must not be signed in again
            sessions.forget_all(connection)
    except (sa.exc.DatabaseError, UnicodeError) as error:  # it quotes the bytes it finds
        told = (
            "it holds bytes that are no text" if isinstance(error, UnicodeError) else reason(error)
        )
        raise BadInput(f"{path.name} is not a whole sweepd database: {told}") from error
    finally:
        engine.dispose()
