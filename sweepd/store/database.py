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
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from sweepd.domain.errors import Unavailable
from sweepd.store import migrate

T = TypeVar("T")
Connection = sa.Connection

MAX_WRITES_PER_COMMIT = 512
MAX_OVERFLOW = 16  # PostgreSQL connections beyond the pool
BUSY_TIMEOUT_MS = 15_000
_RETRYABLE = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock detected


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file, as `Database` takes it."""
    return f"sqlite:///{path}"


class Database:
    """The one door to the tables. Safe to use from any thread; `close` may be called twice.

    After `close`, `read` and `write` raise Unavailable.
    """

    def __init__(self, url: str, pool_size: int = 16) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._engine = _sqlite_engine(url, pool_size, read_only=True)
            self._writer: _Writer | None = _Writer(_sqlite_engine(url, 1, read_only=False))
            migrate.upgrade(self._writer.engine, url)
            self._writer.start()
        else:
            self._engine = sa.create_engine(url, pool_size=pool_size, max_overflow=MAX_OVERFLOW)
            self._writer = None
            self._threads = ThreadPoolExecutor(pool_size + MAX_OVERFLOW, "sweepd-write")
            migrate.upgrade(self._engine, url)
        self._closed = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the tables; nothing may be changed through it."""
        self._check_open()
        with self._engine.connect() as connection:
            yield connection

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
            try:
                with self._engine.begin() as connection:
                    return change(connection)
            except sa.exc.OperationalError as error:
                state = getattr(error.orig, "sqlstate", None)
                if state not in _RETRYABLE:
                    raise Unavailable(
                        f"the database cannot take writes now: {error.orig}"
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

    def start(self) -> None:
        self._thread.start()

    def submit(self, change: Callable[[Connection], Any], future: _Waiting) -> None:
        assert threading.current_thread() is not self._thread, "a write inside a write"
        self._jobs.put((change, future))

    def stop(self) -> None:
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
                    except sa.exc.OperationalError:
                        raise
                    except BaseException as error:
                        cursor.execute("ROLLBACK TO one")
                        outcomes.append((future, None, error))
                    cursor.execute("RELEASE one")
        except BaseException as error:
            fault = Unavailable(f"the database cannot take writes now: {error}")
            fault.__cause__ = error
            outcomes = [(future, None, fault) for _change, future in batch]
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


def insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT which knows ON CONFLICT in the dialect at hand."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """As `insert`, for statements that are made once, before there is a connection."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 20 ms of a start on SQLite

    return postgresql.insert(table)
