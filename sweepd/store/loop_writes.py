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
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Unavailable
from sweepd.store.loop_batches import LoopBatches
from sweepd.store.outcomes import Job, Outcome, settle
from sweepd.store.sqlite_writer import SqliteWriter

MOST = 64  # writes of one transaction: some milliseconds in which the loop does nothing else
SLOW_S = 0.05  # after which the thread makes the rest: the disk is slow, or they are not so short
REST_S = 1.0  # after that, for which it makes all of them


class LoopWrites:
    """Short changes of one event loop. For that loop only."""

    def __init__(self, writer: SqliteWriter, loop: asyncio.AbstractEventLoop) -> None:
        self._writer, self._loop = writer, loop
        self._batches = LoopBatches(loop, MOST, self._make)
        self._rests_until = 0.0

    def submit(self, change: Callable[[sa.Connection], Any], future: asyncio.Future[Any]) -> None:
        """Make a change soon, and hand its result to `future` once it is durable."""
        self._batches.add((change, future))

    def _make(self, batch: list[Job]) -> None:
        began = self._loop.time()
        longer = None
        if began >= self._rests_until:
            longer = self._writer.make(batch, SLOW_S, self._tell)
        if longer is None:
            longer = batch
        else:
            self._batches.hold()  # until these are committed
        for job in longer:
            self._submit(job)
        now = self._loop.time()
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
            self._loop.call_soon_threadsafe(self._committed, outcomes)

    def _committed(self, outcomes: Sequence[Outcome]) -> None:
        settle(outcomes)
        self._batches.release()
