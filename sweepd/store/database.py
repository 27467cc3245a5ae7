"""Connections and transactions, the same for SQLite and PostgreSQL.

`write` returns only when its transaction is durable. On SQLite one thread does all writing and
commits many waiting writes together (one fsync); what fails is undone by itself, so that one
failing write takes nothing else with it. On PostgreSQL each write is a short transaction, run
again when the server asks for that; short ones share one (`shared_writes.py`).

`write_async` is for what every client sends all the time: it needs no thread while it waits, and
the event loop is woken once for all writes of a commit.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

from sweepd.domain import patience
from sweepd.domain.before import WorkFirst
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.store import migrate, postgresql, sqlite
from sweepd.store.faults import as_bad_input, is_damaged, is_passing, reason
from sweepd.store.interrupts import Canceller, end_reads
from sweepd.store.loop_batches import OfLoop
from sweepd.store.loop_writes import LoopWrites
from sweepd.store.outcomes import Job, Outcome, tell
from sweepd.store.prepared import Question
from sweepd.store.shared_writes import SharedWrites
from sweepd.store.sqlite_writer import SqliteWriter

T = TypeVar("T")
First = Callable[[], Sequence[Question]]
Connection = sa.Connection

N_CONNECTIONS = 30  # to PostgreSQL
BEFORE_THREADS, BEFORE_EACH = 16, 2  # for what writes need done first; of them one person's
MAX_WORKS = 64  # things one write may ask for
_ALWAYS_MORE = "this needs more computed than is kept at once; try again"


class Database:
    """The only way to the tables. Safe to use from any thread; `close` may be called twice.

    After `close`, `read` and `write` raise Unavailable.

    Args:
        n_connections: How many this process opens to PostgreSQL at most, with those of `News`.

    Raises:
        Unavailable: It cannot be opened now (disk full, read-only, server gone).
        BadInput: What is there is no database of ours.
    """

    def __init__(
        self, url: str, n_connections: int = N_CONNECTIONS, reads_only: bool = False
    ) -> None:
        """Open it, and bring its tables up to date.

        Args:
            n_connections: How many PostgreSQL may be asked for.
            reads_only: Another process has done so, and does all writing.
        """
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._closed = False
        self._before = ThreadPoolExecutor(BEFORE_THREADS, "sweepd-before")
        self._before_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._writer: SqliteWriter | None = None
        self._loop_writes: OfLoop[LoopWrites] | None = None
        self._shared: dict[bool, SharedWrites] = {}  # by whether they take a sweep's row
        self._canceller: Canceller | None = None
        if self.is_sqlite:
            self._engine = sqlite.open_engine(url, sqlite.N_READERS, read_only=True)
            if not reads_only:
                self._writer = SqliteWriter(sqlite.open_engine(url, 1, read_only=False))
                _open(self._writer.engine, url)
                self._writer.start()
                self._loop_writes = OfLoop(partial(LoopWrites, self._writer))
        else:
            if n_connections < postgresql.LEAST:
                raise BadInput(
                    f"database_connections should be at least {postgresql.LEAST}, got "
                    f"{n_connections}"
                )
            most = n_connections - postgresql.N_NEWS
            self._engine = postgresql.pooled(url, most)
            self._threads = ThreadPoolExecutor(most, "sweepd-write")
            for takes_sweep, name in ((False, "sweepd-write"), (True, "sweepd-hand-out")):
                self._shared[takes_sweep] = SharedWrites(self._engine, self._write_alone, name)
            if not reads_only:
                _open(self._engine, url)
            self._canceller = Canceller()
        end_reads(self._engine)
        self._reading = self._engine  # on SQLite every transaction sees one state of the tables
        if not self.is_sqlite:
            self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One state of the tables, however many statements; nothing may be changed through it.

        What is read for a request ends with it (`domain/patience.py`), wherever it is.

        Raises:
            Unavailable: The database cannot be read now (locked, gone, all connections in use).
            TooLarge: The request takes too long, or nobody waits for its answer.
        """
        self._check_open()
        try:
            with self._reading.connect() as connection, self._watching(connection):
                yield connection
                if not self.is_sqlite:  # psycopg would prepare anew what was rolled back
                    connection.commit()
        except sa.exc.SQLAlchemyError as error:
            if (end := patience.current().end) is not None:
                raise patience.too_large(end) from error
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

    def ask(self) -> None:
        """Whether the database answers.

        Raises:
            Unavailable: It does not.
        """
        with self.read() as connection:
            connection.execute(sa.select(1))

    def _watching(self, connection: Connection) -> AbstractContextManager[None]:
        return self._canceller.watching(connection) if self._canceller else nullcontext()

    def write(self, change: Callable[[Connection], T], first: First | None = None) -> T:
        """Run `change` in a transaction and return its result once that is durable.

        `change` may run more than once, so it must not act outside the database. What it raises
        `WorkFirst` for is done here, between two tries.

        Args:
            first: As `write_async` says.

        Raises:
            Unavailable: The database cannot take writes now (disk full, locked, gone).
        """
        for _ in range(MAX_WORKS):
            try:
                return self._write(change, first)
            except WorkFirst as wanted:
                work = wanted.work
            work()
        raise Unavailable(_ALWAYS_MORE)

    def _write(self, change: Callable[[Connection], T], first: First | None) -> T:
        self._check_open()
        if self._writer is None and first is None:
            return postgresql.write(self._engine, change)
        future: Future[T] = Future()
        if self._writer is not None:
            self._writer.submit(change, future)
        elif first is not None:
            self._shared[False].submit(change, future, first())
        return future.result()

    async def write_async(
        self,
        change: Callable[[Connection], T],
        first: First | None = None,
        takes_sweep: bool = False,
    ) -> T:
        """As `write`, from the event loop, which is free meanwhile.

        Args:
            first: Gives what it reads first, of a short change that shares a transaction with
                others on PostgreSQL, too, and on SQLite is made on the loop itself; where it gives
                nothing it is still such a change.
            takes_sweep: It is not of one run or agent only, but takes a sweep's row for which
                others wait.
        """
        for _ in range(MAX_WORKS):
            try:
                return await self._soon(change, first, takes_sweep)
            except WorkFirst as wanted:
                work = wanted.work
            await self._do_before(work)
        raise Unavailable(_ALWAYS_MORE)

    async def _do_before(self, work: Callable[[], object]) -> None:
        """In a thread, as work for the same request; of one person's, two at once."""
        user = patience.current().user
        turn = self._before_of.get(user)
        if turn is None:
            turn = self._before_of[user] = asyncio.Semaphore(BEFORE_EACH)
        async with turn:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._before, copy_context().run, work)

    def _soon(
        self, change: Callable[[Connection], T], first: First | None, takes_sweep: bool
    ) -> asyncio.Future[T]:
        self._check_open()
        loop = asyncio.get_running_loop()
        if self._writer is None and first is None:
            return loop.run_in_executor(self._threads, postgresql.write, self._engine, change)
        future: asyncio.Future[T] = loop.create_future()
        if self._writer is not None:
            is_short = first is not None and not takes_sweep
            on_loop = self._loop_writes.of(loop) if is_short and self._loop_writes else None
            (on_loop or self._writer).submit(change, future)
        elif first is not None:
            self._shared[takes_sweep].submit_soon(change, future, first(), loop)
        return future

    def _write_alone(self, job: Job) -> None:
        """In a thread of the pool; who waits is told there."""
        change, future = job

        def write() -> None:
            try:
                outcome: Outcome = future, postgresql.write(self._engine, change), None
            except BaseException as error:
                outcome = future, None, error
            tell([outcome])

        self._threads.submit(write)

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
        elif self._canceller is not None:
            for shared in self._shared.values():
                shared.stop()
            self._threads.shutdown()
            self._canceller.close()
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


def insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT which knows ON CONFLICT in the dialect at hand."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """As `insert`, for statements that are made once, before there is a connection."""
    if dialect == "sqlite":
        return insert_on_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as insert_there  # 20 ms of a start on SQLite

    return insert_there(table)
