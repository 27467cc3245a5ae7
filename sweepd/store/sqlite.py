"""How an SQLite file is opened."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

N_READERS = 16
BUSY_TIMEOUT_MS = 15_000
_WAITS = "sweepd.waits"


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file, as `Database` takes it."""
    return f"sqlite:///{path}"


def open_engine(url: str, pool_size: int, read_only: bool) -> sa.Engine:
    """Connections to a file: what is committed is on the disk, no reader waits for the writer."""
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=pool_size,
        max_overflow=64,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA cache_size=-8000")  # 8 MB for each connection
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        statement = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        try:
            driver.execute(statement)
        except sqlite3.Error as error:
            dialect = connection.dialect
            kind = sqlite3.Error
            raise sa.exc.DBAPIError.instance(statement, (), error, kind, dialect=dialect) from error

    return engine


def set_waiting(connection: sa.Connection, waits: bool) -> None:
    """Say whether it waits, from now on, where another process is writing, or fails at once."""
    if connection.info.get(_WAITS, True) is not waits:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS if waits else 0}").close()
        connection.info[_WAITS] = waits
