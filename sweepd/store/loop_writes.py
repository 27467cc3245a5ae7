"""Short writes on SQLite that the event loop makes itself, and the writing thread commits.

A statement gives the interpreter away and waits for it again. With the loop at work in another
thread, each of a post's statements was a switch of threads or two, as dear as the statement. So
what every client sends all the time is made on the loop, all that waits in one transaction, and
only the commit, which waits for the disk, is the thread's. See
docs/decisions/0406-short-writes-on-the-event-loop.md.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Unavailable
from sweepd.store.sqlite_writer import Job, Outcome, SqliteWriter, settle

MOST = 64  # writes of one transaction: some milliseconds in which the loop does nothing else
SLOW_S = 0.05  # for one, which is much: the disk is slow, or the machine has other work
REST_S = 1.0  # after that, for which the thread makes them


class LoopWrites:
    """Short changes of one event loop. For that loop only."""

    def __init__(self, writer: SqliteWriter, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._writer = writer
        self._context = Context()  # of none of the requests
        self._due: list[Job] = []
        self._n_seen = 0  # of them, a turn of the loop before
        self._is_committing = False
        self._rests_until = 0.0

    def submit(self, change: Callable[[sa.Connection], Any], future: asyncio.Future[Any]) -> None:
        """Make a change soon, and hand its result to `future` once it is durable."""
        if not self._due and not self._is_committing:
            self.loop.call_soon(self._look, context=self._context)
        self._due.append((change, future))

    def _look(self) -> None:
        """Make what is due, once a turn of the loop brings no more."""
        n_due = len(self._due)
        if self._n_seen < n_due < MOST:
            self._n_seen = n_due
            self.loop.call_soon(self._look, context=self._context)
            return
        self._n_seen = 0
        began = self.loop.time()
        batch = self._due[:MOST]
        longer = None if began < self._rests_until else self._writer.make(batch, self._tell)
        if longer is None:
            batch = longer = self._due
        else:
            self._is_committing = True
        self._due = self._due[len(batch) :]
        for job in longer:
            self._submit(job)
        now = self.loop.time()
        if now - began > SLOW_S:
            self._rests_until = now + REST_S

    def _submit(self, job: Job) -> None:
        change, future = job
        try:
            self._writer.submit(change, future)
        except Unavailable as error:
            if not future.done():
                future.set_exception(error)

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited on it
            self.loop.call_soon_threadsafe(self._committed, outcomes, context=self._context)

    def _committed(self, outcomes: Sequence[Outcome]) -> None:
        self._is_committing = False
        settle(outcomes)
        if self._due:
            self._look()
