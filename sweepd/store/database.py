"""Connections and transactions, the same for SQLite and PostgreSQL.

`write` returns only when its transaction is durable. On SQLite one thread does all writing and
commits many waiting writes together (one fsync), each in a savepoint of its own, so that one
failing write takes nothing else with it. On PostgreSQL each write is a short transaction, run
again when the server asks for that.

`write_async` is for what every client sends all the time: it needs no thread while it waits, and
the event loop is woken once for all writes of a commit.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from sweepd.domain.before import WorkFirst, writing
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.store import migrate
from sweepd.store.faults import RETRYABLE, as_bad_input, cause, is_damaged, is_passing, reason
from sweepd.store.sqlite_writer import SqliteWriter

T = TypeVar("T")
Connection = sa.Connection

MAX_OVERFLOW = 16  # PostgreSQL connections beyond the pool
BUSY_TIMEOUT_MS = 15_000
POOL_TIMEOUT_S = 15.0
MAX_WORKS = 64  # things one write may ask for
_ALWAYS_MORE = "this needs more computed than is kept at once; try again"
_TAKEN = "23505"  # PostgreSQL: another transaction has just made a row of the same name


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file, as `Database` takes it."""
    return f"sqlite:///{path}"


class Database:
    """The only way to the tables. Safe to use from any thread; `close` may be called twice.

    After `close`, `read` and `write` raise Unavailable.

    Raises:
        Unavailable: It cannot be opened now (disk full, read-only, server gone).
        BadInput: What is there is no database of ours.
    """

    def __init__(self, url: str, pool_size: int = 16) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._closed = False
        self._before = ThreadPoolExecutor(4, "sweepd-before")
        self._writer: SqliteWriter | None = None
        if self.is_sqlite:
            self._engine = _sqlite_engine(url, pool_size, read_only=True)
            self._writer = SqliteWriter(_sqlite_engine(url, 1, read_only=False))
            _open(self._writer.engine, url)
            self._writer.start()
        else:
            self._engine = sa.create_engine(
                url,
                pool_size=pool_size,
                max_overflow=MAX_OVERFLOW,
                pool_timeout=POOL_TIMEOUT_S,
                pool_pre_ping=True,  # a restart of the server is nobody's failed request
            )
            self._threads = ThreadPoolExecutor(pool_size + MAX_OVERFLOW, "sweepd-write")
            _open(self._engine, url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the tables; nothing may be changed through it.

        Raises:
            Unavailable: The database cannot be read now (locked, gone, all connections in use).
        """
        self._check_open()
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            if is_damaged(error):
                raise Unavailable(
                    f"the database is damaged ({reason(error)}): stop the server and restore a "
                    "backup (`sweepd restore`)"
                ) from error
            if not is_passing(error):
                if (told := as_bad_input(error)) is not None:
                    raise told from error
                raise
            raise Unavailable(f"the database cannot be read now: {reason(error)}") from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise (as_bad_input(error) or error) from error

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction and return its result once that is durable.

        `change` may run more than once, so it must not act outside the database. What it raises
        `WorkFirst` for is done here, between two tries.

        Raises:
            Unavailable: The database cannot take writes now (disk full, locked, gone).
        """
        for _ in range(MAX_WORKS):
            try:
                return self._write(change)
            except WorkFirst as first:
                work = first.work
            work()
        raise Unavailable(_ALWAYS_MORE)

    def _write(self, change: Callable[[Connection], T]) -> T:
        self._check_open()
        if self._writer is not None:
            future: Future[T] = Future()
            self._writer.submit(change, future)
            return future.result()
        return self._write_postgresql(change)

    async def write_async(self, change: Callable[[Connection], T]) -> T:
        """As `write`, from the event loop, which is free meanwhile."""
        for _ in range(MAX_WORKS):
            try:
                return await self._write_async(change)
            except WorkFirst as first:
                work = first.work
            await asyncio.get_running_loop().run_in_executor(self._before, work)
        raise Unavailable(_ALWAYS_MORE)

    async def _write_async(self, change: Callable[[Connection], T]) -> T:
        self._check_open()
        loop = asyncio.get_running_loop()
        if self._writer is not None:
            future: asyncio.Future[T] = loop.create_future()
            self._writer.submit(change, future)
            return await future
        return await loop.run_in_executor(self._threads, self._write_postgresql, change)

    def _write_postgresql(self, change: Callable[[Connection], T]) -> T:
        for attempt in range(8):
            is_committing = False
            try:
                with self._engine.connect() as connection:
                    transaction = connection.begin()
                    with writing():
                        result = change(connection)
                    is_committing = True
                    transaction.commit()
                    return result
            except (OverflowError, UnicodeEncodeError) as error:
                raise (as_bad_input(error) or error) from error
            except sa.exc.SQLAlchemyError as error:
                state = getattr(cause(error), "sqlstate", None)
                if state == _TAKEN and attempt == 0:
                    continue  # looked before the other was done; now it finds what is there
                if not is_passing(error):
                    if (told := as_bad_input(error)) is not None:
                        raise told from error
                    raise
                is_refused = state in RETRYABLE
                is_cut = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
                # Cut while committing it may have been done: the client's request tells.
                if not is_refused and not (is_cut and not is_committing):
                    raise Unavailable(
                        f"the database cannot take writes now: {reason(error)}"
                    ) from error
                time.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise Unavailable("the database stayed busy; try again")

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the server is stopping; try again")

    def close(self) -> None:
        """Finish the writes already accepted and let go of every connection."""
        if self._closed:
            return
        self._closed = True
        self._before.shutdown(wait=False, cancel_futures=True)
        if self._writer is not None:
            self._writer.stop()
        else:
            self._threads.shutdown()
        self._engine.dispose()


def _open(engine: sa.Engine, url: str) -> None:
    try:
        migrate.upgrade(engine, url)
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        shown = engine.url.render_as_string()  # without its password
        if is_passing(error):
            raise Unavailable(f"{shown} cannot be opened: {reason(error)}") from error
        if isinstance(error, sa.exc.DatabaseError):
            raise BadInput(
                f"{shown} is not a database sweepd can read: {reason(error)}; restore a backup "
                "into a new folder (`sweepd restore`)"
            ) from error
        raise


def _sqlite_engine(url: str, pool_size: int, read_only: bool) -> sa.Engine:
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
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT which knows ON CONFLICT in the dialect at hand."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """As `insert`, for statements that are made once, before there is a connection."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 20 ms of a start on SQLite

    return postgresql.insert(table)
