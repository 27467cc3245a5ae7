"""The thread that does all writing on SQLite: many waiting writes go with one commit."""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from sweepd.domain.before import writing
from sweepd.domain.errors import Unavailable
from sweepd.store.faults import as_bad_input, is_passing, reason

log = logging.getLogger(__name__)

MAX_WRITES_PER_COMMIT = 512

Waiting = Future[Any] | asyncio.Future[Any]
Job = tuple[Callable[[sa.Connection], Any], Waiting]
Outcome = tuple[Waiting, Any, BaseException | None]


class SqliteWriter:
    """Runs changes one after the other. One that fails is undone alone."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._connection: sa.Connection | None = None  # of the thread
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sweepd-writer", daemon=True)
        self._lock = threading.Lock()
        self._is_stopping = self._is_failing = False

    def start(self) -> None:
        """Begin to take changes."""
        self._thread.start()

    def submit(self, change: Callable[[sa.Connection], Any], future: Waiting) -> None:
        """Do a change soon, and hand its result to `future` once it is durable.

        Raises:
            Unavailable: The thread has been told to stop.
        """
        assert threading.current_thread() is not self._thread, "a write inside a write"
        with self._lock:
            if self._is_stopping:  # nobody would ever take it
                raise Unavailable("the server is stopping; try again")
            self._jobs.put((change, future))

    def stop(self) -> None:
        """Finish the changes already taken."""
        with self._lock:
            self._is_stopping = True
            self._jobs.put(None)
        self._thread.join()
        self.engine.dispose()

    def _work(self) -> None:
        with writing():
            self._work_on()

    def _work_on(self) -> None:
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
                tell(self._commit_together(batch))
        self._let_go()

    def _commit_together(self, batch: list[Job]) -> list[Outcome]:
        try:
            try:
                outcomes = self._commit(batch, _change_all)
            except _Halfway:
                outcomes = self._commit(batch, _change_each)
        except BaseException as error:
            self._let_go()
            fault = Unavailable(f"the database cannot take writes now: {reason(error)}")
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

    def _commit(
        self, batch: list[Job], change: Callable[[sa.Connection, list[Job]], list[Outcome]]
    ) -> list[Outcome]:
        if self._connection is None:
            self._connection = self.engine.connect()
        with self._connection.begin():
            return change(self._connection, batch)

    def _let_go(self) -> None:
        """Close the connection, in whatever state it is; the next commit has another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()


class _Halfway(Exception):
    """A change failed after it had written."""


def _change_all(connection: sa.Connection, batch: list[Job]) -> list[Outcome]:
    """Each change of a batch, as long as none has to be undone: almost always none has.

    Raises:
        _Halfway: One has. All are to be undone, and done again with savepoints.
    """
    driver: Any = connection.connection.driver_connection
    outcomes: list[Outcome] = []
    for change, future in batch:
        n_before = driver.total_changes
        try:
            outcomes.append((future, change(connection), None))
        except BaseException as error:
            if is_passing(error):
                raise  # of the disk, not of this write
            if driver.total_changes != n_before or not driver.in_transaction:
                raise _Halfway from error
            outcomes.append((future, None, as_bad_input(error) or error))
    return outcomes


def _change_each(connection: sa.Connection, batch: list[Job]) -> list[Outcome]:
    """Each change of a batch, in a savepoint of its own."""
    # Spelt out: a savepoint through SQLAlchemy costs more than many a change.
    cursor = connection.connection.cursor()
    outcomes: list[Outcome] = []
    for change, future in batch:
        cursor.execute("SAVEPOINT one")
        try:
            outcomes.append((future, change(connection), None))
        except BaseException as error:
            if is_passing(error):
                raise
            cursor.execute("ROLLBACK TO one")
            outcomes.append((future, None, as_bad_input(error) or error))
        cursor.execute("RELEASE one")
    return outcomes


def tell(outcomes: Sequence[Outcome]) -> None:
    """Hand each outcome to whoever waits for it; a loop is woken once for all of its own."""
    of_loops: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome[0], asyncio.Future):
            of_loops.setdefault(outcome[0].get_loop(), []).append(outcome)
        else:
            _settle([outcome])
    for loop, own in of_loops.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited on it
            loop.call_soon_threadsafe(_settle, own)


def _settle(outcomes: list[Outcome]) -> None:
    for future, result, failure in outcomes:
        if future.done():
            continue  # its client has gone
        if failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(result)
