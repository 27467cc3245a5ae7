"""The thread that commits all writes on SQLite: many that wait go with one commit.

It makes them, too, but for short ones of an event loop, which that loop makes itself while the
thread has nothing to do (`loop_writes.py`).
"""

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import sqlalchemy as sa

from sweepd.domain.before import is_writing, writing
from sweepd.domain.errors import Unavailable
from sweepd.store import sharing, sqlite
from sweepd.store.faults import as_bad_input, is_passing, reason
from sweepd.store.outcomes import Job, Outcome, Tell, Waiting, tell

log = logging.getLogger(__name__)

MAX_WRITES_PER_COMMIT = 512


class _Word(Enum):
    """What the thread is told beside jobs."""

    LOOK = "something is made and waits for its commit"
    STOP = "nothing more will come"


@dataclass(frozen=True)
class _Made:
    """Changes that are made and wait for their commit."""

    transaction: sa.Transaction
    outcomes: Sequence[Outcome]
    tell: Tell


class SqliteWriter:
    """Runs changes one after the other. One that fails is undone alone."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._connection: sa.Connection | None = None
        self._in_use = threading.Lock()  # the connection, and:
        self._made: _Made | None = None  # in a transaction that the thread ends
        self._jobs: queue.SimpleQueue[Job | _Word] = queue.SimpleQueue()
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
        assert not is_writing(), "a write inside a write"
        with self._lock:
            if self._is_stopping:  # nobody would ever take it
                raise Unavailable("the server is stopping; try again")
            self._jobs.put((change, future))

    def make(self, batch: Sequence[Job], most_s: float, tell: Tell) -> list[Job] | None:
        """Make changes at once, in the calling thread; another one commits them.

        Args:
            most_s: Seconds after which no other change is begun.
            tell: Called by that thread, once they are durable or failed, unless it is left to the
                caller to submit all of them.

        Returns:
            Those that are to be submitted, for they take long (`sharing.in_a_thread`) or were not
            begun. None, with nothing changed, when all are: another write is being made, or one of
            these failed.
        """
        if not self._in_use.acquire(blocking=False):
            return None
        try:
            if self._made is not None or self._is_stopping:
                return None
            longer = self._make(batch, most_s, tell)
        except Exception:  # the thread will meet it again, and say it
            self._undo()
            return None
        finally:
            self._in_use.release()
        self._jobs.put(_Word.LOOK)
        return longer

    def _make(self, batch: Sequence[Job], most_s: float, tell: Tell) -> list[Job]:
        if self._connection is None:
            self._connection = self.engine.connect()
        sqlite.set_waiting(self._connection, waits=False)
        transaction = self._connection.begin()
        with writing(), sharing.on_loop(self._connection):
            outcomes = _change_all(self._connection, batch, most_s)
        told, longer = [], [*batch[len(outcomes) :]]
        for job, outcome in zip(batch, outcomes, strict=False):
            if isinstance(outcome[2], sharing.Alone):
                longer.append(job)
            else:
                told.append(outcome)
        self._made = _Made(transaction, told, tell)
        return longer

    def _undo(self) -> None:
        """Give up what is not committed."""
        try:
            if self._connection is not None:
                self._connection.rollback()
        except Exception:
            self._let_go()

    def stop(self) -> None:
        """Finish the changes already taken."""
        with self._lock:
            self._is_stopping = True
            self._jobs.put(_Word.STOP)
        self._thread.join()
        self.engine.dispose()

    def _work(self) -> None:
        with writing():
            self._work_on()
            self._end([])  # it came with the end
        self._let_go()

    def _work_on(self) -> None:
        stopping = False
        while not stopping:
            batch: list[Job] = []
            job = self._jobs.get()
            while True:
                if isinstance(job, _Word):
                    stopping |= job is _Word.STOP
                else:
                    batch.append(job)
                if len(batch) >= MAX_WRITES_PER_COMMIT:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            self._end(batch)

    def _end(self, batch: Sequence[Job]) -> None:
        """Commit what was made elsewhere, if anything was, then make and commit a batch."""
        with self._in_use:
            told = self._end_made()
            if batch:
                told()
                outcomes = self._commit_together(batch)
                told = partial(tell, outcomes)
        told()  # who hears of it may want the connection

    def _end_made(self) -> Callable[[], None]:
        made, self._made = self._made, None
        if made is None:
            return lambda: None
        outcomes, transaction = made.outcomes, made.transaction

        def commit() -> Sequence[Outcome]:
            transaction.commit()
            return outcomes

        return partial(made.tell, self._ended([future for future, _, _ in outcomes], commit))

    def _commit_together(self, batch: Sequence[Job]) -> Sequence[Outcome]:
        def commit() -> Sequence[Outcome]:
            try:
                return self._commit(batch, _change_all)
            except _Halfway:
                return self._commit(batch, _change_each)

        return self._ended([future for _, future in batch], commit)

    def _ended(
        self, waiting: Sequence[Waiting], commit: Callable[[], Sequence[Outcome]]
    ) -> Sequence[Outcome]:
        """What those who wait for a commit are told."""
        try:
            outcomes = commit()
        except BaseException as error:
            self._let_go()
            fault = Unavailable(f"the database cannot take writes now: {reason(error)}")
            fault.__cause__ = error
            if not self._is_failing:
                log.error("%s; clients are told to try again", fault)
            self._is_failing = True
            return [(future, None, fault) for future in waiting]
        if self._is_failing:
            log.warning("the database takes writes again")
        self._is_failing = False
        return outcomes

    def _commit(
        self,
        batch: Sequence[Job],
        change: Callable[[sa.Connection, Sequence[Job]], list[Outcome]],
    ) -> list[Outcome]:
        if self._connection is None:
            self._connection = self.engine.connect()
        sqlite.set_waiting(self._connection, waits=True)
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


def _change_all(
    connection: sa.Connection, batch: Sequence[Job], most_s: float = math.inf
) -> list[Outcome]:
    """Each change of a batch, as long as none has to be undone: almost always none has.

    Args:
        most_s: Seconds after which the rest is left.

    Raises:
        _Halfway: One has. All are to be undone, and done again with savepoints.
    """
    driver: Any = connection.connection.driver_connection
    outcomes: list[Outcome] = []
    end = time.monotonic() + most_s
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
        if time.monotonic() > end:
            break
    return outcomes


def _change_each(connection: sa.Connection, batch: Sequence[Job]) -> list[Outcome]:
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
