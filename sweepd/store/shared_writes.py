"""Short writes on PostgreSQL that share a transaction, as all do on SQLite.

A transaction costs its beginning, its commit (one wait for the disk) and a connection's coming and
going, several times what a post of a line changes. So posts that wait are written by one thread,
together. When one of them fails, or meets a row that somebody else holds, none is
kept: each is then written alone, with all the patience that a write has.

Statements are planned once, and by what their tables held then: those of an empty table are read
from end to end. So they are planned anew after 2, 4, 8 and so on transactions; once there are
statistics, PostgreSQL does it by itself.

What takes a sweep's row (hand-outs, ends of runs) has a thread and a transaction of its own, so
that nobody else waits for that row.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.before import WorkFirst, writing
from sweepd.domain.errors import SweepdError, Unavailable
from sweepd.store import pipelined
from sweepd.store.faults import UNSTORABLE, reason
from sweepd.store.loop_batches import LoopBatches, OfLoop
from sweepd.store.outcomes import Job, Outcome, Waiting, settle, tell
from sweepd.store.prepared import Question, read_ahead
from sweepd.store.sharing import Alone

log = logging.getLogger(__name__)
MOST = 64  # writes of one transaction, whose rows are held to its end
LOCK_MS = 200  # for a row that another transaction holds; less than a deadlock's second
IDLE_S = 60.0  # after which the connection is given back, with what it has planned
_STOPPING = "the server is stopping; try again"

_Short = tuple[Job, Sequence[Question]]


class SharedWrites:
    """Runs changes one after the other, in a thread, and commits what waits together.

    Args:
        alone: Writes one change in a transaction of its own, in a thread of its own.
    """

    def __init__(self, engine: sa.Engine, alone: Callable[[Job], object], name: str) -> None:
        self._engine, self._alone = engine, alone
        self._jobs: queue.SimpleQueue[list[_Short] | None] = queue.SimpleQueue()
        self._batches = OfLoop(lambda loop: LoopBatches(loop, MOST, self._submit_all))
        self._n_batches = 0  # of the connection
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._lock, self._is_stopping = threading.Lock(), False
        self._thread.start()

    def submit(
        self,
        change: Callable[[sa.Connection], Any],
        future: Waiting,
        first: Sequence[Question],
    ) -> None:
        """Do a change soon, and hand its result to `future` once it is durable.

        Args:
            first: What it reads first, in this order: each found by these values and no others.

        Raises:
            Unavailable: The thread has been told to stop.
        """
        if not self._put([((change, future), first)]):
            raise Unavailable(_STOPPING)

    def submit_soon(
        self,
        change: Callable[[sa.Connection], Any],
        future: asyncio.Future[Any],
        first: Sequence[Question],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """As `submit`, from an event loop, with what else comes in the same turns of it."""
        batches = self._batches.of(loop)
        if batches is None:
            self.submit(change, future, first)
        else:
            batches.add(((change, future), first))

    def _submit_all(self, batch: list[_Short]) -> None:
        if not self._put(batch):
            settle([(future, None, Unavailable(_STOPPING)) for (_, future), _ in batch])

    def _put(self, batch: list[_Short]) -> bool:
        with self._lock:
            if not self._is_stopping:  # else nobody would ever take it
                self._jobs.put(batch)
            return not self._is_stopping

    def stop(self) -> None:
        """Finish the changes already taken."""
        with self._lock:
            self._is_stopping = True
            self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        connection: sa.Connection | None = None
        is_stopping = False
        with writing():
            while not is_stopping:
                try:
                    job = self._jobs.get(timeout=None if connection is None else IDLE_S)
                except queue.Empty:
                    _let_go(connection)
                    connection = None
                    continue
                batch: list[_Short] = []
                while job is not None:
                    batch += job
                    if len(batch) >= MOST:
                        break
                    try:
                        job = self._jobs.get_nowait()
                    except queue.Empty:
                        break
                is_stopping = job is None
                if batch:
                    connection = self._write(connection, batch)
        _let_go(connection)

    def _write(self, connection: sa.Connection | None, batch: list[_Short]) -> sa.Connection | None:
        """Write a batch; the connection for the next one."""
        outcomes: list[Outcome] = []
        longer: list[Job] = []
        is_committing = False
        try:
            if connection is None:
                connection = self._engine.connect()
                connection.exec_driver_sql(f"SET lock_timeout = {LOCK_MS}")
                # All are look-ups by keys: no plan gets better by knowing the values.
                connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
                connection.commit()
                self._n_batches = 0
            self._n_batches += 1
            if self._n_batches.bit_count() == 1:  # a power of two: tables may have grown since
                connection.exec_driver_sql("DISCARD PLANS")
                connection.commit()
            sending = pipelined.begin(connection)
            with connection.begin():
                asked = [first for _, questions in batch for first in questions]
                if len(asked) > 1 or any(question.then for question in asked):
                    read_ahead(connection, sending, asked)
                for job, _ in batch:
                    sending.next()
                    try:
                        outcomes.append(_outcome(connection, sending, job))
                    except Alone:
                        longer.append(job)
                is_committing = True
                sending.commit()
        except BaseException as error:
            is_lost = connection is None or _is_lost(connection)
            _let_go(connection)
            if is_committing and is_lost:  # it may be done: the clients' next requests tell
                fault = Unavailable(f"the database cannot take writes now: {reason(error)}")
                fault.__cause__ = error
                tell([(future, None, fault) for (_, future), _ in batch])
                return None
            if not _is_usual(error):  # alone they may all go well, and nobody would hear of it
                log.error("%d writes together failed; each goes alone", len(batch), exc_info=error)
            for job, _ in batch:
                self._alone(job)
            return None
        tell(outcomes)
        for job in longer:
            self._alone(job)
        return connection


def _outcome(connection: sa.Connection, sending: pipelined.Pipelined, job: Job) -> Outcome:
    """Do one change of a batch.

    Raises:
        Exception: It cannot be told alone: something is to be undone, or the database failed.
    """
    change, future = job
    n_before = sending.n_changes
    try:
        return future, change(connection), None
    except (SweepdError, WorkFirst) as error:
        if sending.n_changes != n_before:
            raise
        return future, None, error
    except Alone as error:
        if sending.n_changes != n_before:
            raise RuntimeError("a write was to be alone after it had begun") from error
        raise


def _is_usual(error: BaseException) -> bool:
    """Whether an error is of what was sent or of the database, not of how we share."""
    import psycopg

    usual = (SweepdError, WorkFirst, *UNSTORABLE, sa.exc.SQLAlchemyError, psycopg.Error)
    return isinstance(error, usual)


def _is_lost(connection: sa.Connection) -> bool:
    """Whether nobody can say any more what has become of its transaction."""
    try:
        driver: Any = connection.connection.driver_connection
        return connection.invalidated or bool(driver.closed)
    except sa.exc.SQLAlchemyError:
        return True


def _let_go(connection: sa.Connection | None) -> None:
    """Give a connection back, as it was; one that cannot be made so is closed for good."""
    if connection is None:
        return
    try:
        pipelined.end(connection)
        if connection.in_transaction():
            connection.rollback()
        connection.exec_driver_sql("RESET lock_timeout")
        connection.exec_driver_sql("RESET plan_cache_mode")
        connection.commit()
    except Exception:
        with contextlib.suppress(Exception):
            connection.invalidate()
    with contextlib.suppress(Exception):
        connection.close()
