"""Connections and transactions, the same for SQLite and PostgreSQL.

`write` returns only when its transaction is durable. On SQLite one thread does all writing and
commits many waiting writes together (one fsync), each in a savepoint of its own, so that one
failing write takes nothing else with it. On PostgreSQL each write is a short transaction, run
again when the server asks for that.

`write_async` is for what every client sends all the time: it needs no thread while it waits, and
the event loop is woken once for all writes of a commit.
"""

import asyncio
import contextlib
import logging
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from sweepd.domain.errors import BadInput, Unavailable
from sweepd.store import migrate

T = TypeVar("T")
Connection = sa.Connection

log = logging.getLogger(__name__)

MAX_WRITES_PER_COMMIT = 512
MAX_OVERFLOW = 16  # PostgreSQL connections beyond the pool
BUSY_TIMEOUT_MS = 15_000
POOL_TIMEOUT_S = 15.0
_RETRYABLE = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock detected
_TAKEN = "23505"  # PostgreSQL: another transaction has just made a row of the same name
_READ_ONLY = "25006"  # PostgreSQL: a replica, or out of room
_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH,
}  # fmt: skip


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file, as `Database` takes it."""
    return f"sqlite:///{path}"


class Database:
    """The one door to the tables. Safe to use from any thread; `close` may be called twice.

    After `close`, `read` and `write` raise Unavailable.

    Raises:
        Unavailable: It cannot be opened now (disk full, read-only, server gone).
        BadInput: What is there is no database of ours.
    """

    def __init__(self, url: str, pool_size: int = 16) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._closed = False
        self._writer: _Writer | None = None
        if self.is_sqlite:
            self._engine = _sqlite_engine(url, pool_size, read_only=True)
            self._writer = _Writer(_sqlite_engine(url, 1, read_only=False))
            _open(self._writer.engine, url)
            self._writer.start()
        else:
            self._engine = sa.create_engine(
                url, pool_size=pool_size, max_overflow=MAX_OVERFLOW, pool_timeout=POOL_TIMEOUT_S,
                pool_pre_ping=True,  # a restart of the server is nobody's failed request
            )  # fmt: skip
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
            if not _is_passing(error):
                raise
            raise Unavailable(f"the database cannot be read now: {_reason(error)}") from error

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction and return its result once that is durable.

        `change` may run more than once, so it must not act outside the database.

        Raises:
            Unavailable: The database cannot take writes now (disk full, locked, gone).
        """
        self._check_open()
        if self._writer is not None:
            future: Future[T] = Future()
            self._writer.submit(change, future)
            return future.result()
        return self._write_postgresql(change)

    async def write_async(self, change: Callable[[Connection], T]) -> T:
        """As `write`, from the event loop, which is free meanwhile."""
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
                    result = change(connection)
                    is_committing = True
                    transaction.commit()
                    return result
            except sa.exc.SQLAlchemyError as error:
                state = getattr(_cause(error), "sqlstate", None)
                if state == _TAKEN and attempt == 0:
                    continue  # looked before the other was done; now it finds what is there
                if not _is_passing(error):
                    raise
                is_refused = state in _RETRYABLE
                is_cut = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
                # Cut while committing it may have been done: the client's request tells.
                if not is_refused and not (is_cut and not is_committing):
                    raise Unavailable(
                        f"the database cannot take writes now: {_reason(error)}"
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
        if _is_passing(error):
            raise Unavailable(f"{shown} cannot be opened: {_reason(error)}") from error
        if isinstance(error, sa.exc.DatabaseError):
            raise BadInput(
                f"{shown} is not a database sweepd can read: {_reason(error)}; restore a backup "
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


_Waiting = Future[Any] | asyncio.Future[Any]
_Job = tuple[Callable[[Connection], Any], _Waiting]
_Outcome = tuple[_Waiting, Any, BaseException | None]


class _Writer:
    """The thread that does all writing on SQLite."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sweepd-writer", daemon=True)
        self._lock = threading.Lock()
        self._is_stopping = self._is_failing = False

    def start(self) -> None:
        self._thread.start()

    def submit(self, change: Callable[[Connection], Any], future: _Waiting) -> None:
        assert threading.current_thread() is not self._thread, "a write inside a write"
        with self._lock:
            if self._is_stopping:  # nobody would ever take it
                raise Unavailable("the server is stopping; try again")
            self._jobs.put((change, future))

    def stop(self) -> None:
        with self._lock:
            self._is_stopping = True
            self._jobs.put(None)
        self._thread.join()
        self.engine.dispose()

    def _work(self) -> None:
        stopping = False
        while not stopping:
            job = self._jobs.get()
            batch = []
            while job is not None:
                batch.append(job)
                if len(batch) >= MAX_WRITES_PER_COMMIT:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            stopping = job is None
            if batch:
                _tell(self._commit_together(batch))

    def _commit_together(self, batch: list[_Job]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            with self.engine.begin() as connection:
                # Spelt out: a savepoint through SQLAlchemy costs more than many a change.
                cursor = connection.connection.cursor()
                for change, future in batch:
                    cursor.execute("SAVEPOINT one")
                    try:
                        outcomes.append((future, change(connection), None))
                    except BaseException as error:
                        if _is_passing(error):
                            raise  # of the disk, not of this write
                        cursor.execute("ROLLBACK TO one")
                        outcomes.append((future, None, error))
                    cursor.execute("RELEASE one")
        except BaseException as error:
            fault = Unavailable(f"the database cannot take writes now: {_reason(error)}")
            fault.__cause__ = error
            outcomes = [(future, None, fault) for _change, future in batch]
            if not self._is_failing:
                log.error("%s; clients are told to try again", fault)
            self._is_failing = True
        else:
            if self._is_failing:
                log.warning("the database takes writes again")
            self._is_failing = False
        return outcomes


def _tell(outcomes: list[_Outcome]) -> None:
    """Hand each outcome to whoever waits for it; a loop is woken once for all of its own."""
    of_loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome[0], asyncio.Future):
            of_loops.setdefault(outcome[0].get_loop(), []).append(outcome)
        else:
            _settle([outcome])
    for loop, own in of_loops.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited on it
            loop.call_soon_threadsafe(_settle, own)


def _settle(outcomes: list[_Outcome]) -> None:
    for future, result, failure in outcomes:
        if future.done():
            continue  # its client has gone
        if failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(result)


def _is_passing(error: BaseException) -> bool:
    """Whether an error is of the disk, the database server or its connections: it may pass."""
    if isinstance(error, sa.exc.TimeoutError):  # every connection is in use
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return (code & 0xFF) in _PASSING_SQLITE
    state = getattr(error.orig, "sqlstate", None) or ""
    is_lost = error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    return is_lost or state in _RETRYABLE or state == _READ_ONLY


def _cause(error: BaseException) -> object:
    return getattr(error, "orig", None) or error


def _reason(error: BaseException) -> str:
    """What the database said, in one line."""
    return " ".join(str(_cause(error)).split())


def insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT which knows ON CONFLICT in the dialect at hand."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """As `insert`, for statements that are made once, before there is a connection."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 20 ms of a start on SQLite

    return postgresql.insert(table)
