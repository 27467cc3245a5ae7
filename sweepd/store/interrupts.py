"""Reads end with the request they are for.

SQLite asks now and then, while a statement runs, whether to go on. PostgreSQL is told by somebody
else to stop: by a thread here, which sleeps while nothing runs.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from sweepd.domain import patience
from sweepd.domain.before import is_writing
from sweepd.domain.patience import Patience

log = logging.getLogger(__name__)

STEPS = 50_000  # of SQLite's machine between two questions: some milliseconds
LOOK_S = 0.2
CANCEL_S = 5.0  # for PostgreSQL to take a request to cancel


def end_reads(engine: sa.Engine) -> None:
    """Begin no statement, and on SQLite go on with none, for a request that is over."""

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _before(*_: Any) -> None:
        if not is_writing():  # a change that was begun is finished
            patience.glance()

    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.set_progress_handler(patience.is_over, STEPS)


class _Read:
    def __init__(self, request: Patience, cancel: Callable[[], None]) -> None:
        self.request, self.cancel = request, cancel
        self.lock = threading.Lock()
        self.is_over = self.was_cancelled = False


class Canceller:
    """Cancels PostgreSQL's statements for requests that are over."""

    def __init__(self) -> None:
        self._reads: set[_Read] = set()
        self._changed = threading.Condition()
        self._is_closed = self._is_asleep = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, connection: sa.Connection) -> Iterator[None]:
        """Cancel what runs on this connection when the request it is for is over."""
        if patience.current() is patience.ENDLESS:
            yield
            return
        driver: Any = connection.connection.driver_connection
        read = _Read(patience.current(), lambda: driver.cancel_safe(timeout=CANCEL_S))
        with self._changed:
            self._reads.add(read)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sweepd-cancel")
                self._thread.daemon = True
                self._thread.start()
            if self._is_asleep:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._reads.discard(read)
            with read.lock:  # no request to cancel is on its way from here on
                read.is_over = True
            if read.was_cancelled:  # it may come late, and must meet nobody else's statement
                connection.invalidate()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            time.sleep(LOOK_S)
            with self._changed:
                while not self._reads and not self._is_closed:
                    self._is_asleep = True
                    self._changed.wait()
                self._is_asleep = False
                if self._is_closed:
                    return
                over = [read for read in self._reads if read.request.end is not None]
            for read in over:
                self._cancel(read)

    def _cancel(self, read: _Read) -> None:
        with read.lock:
            if read.is_over:
                return
            read.was_cancelled = True
            try:
                read.cancel()
            except Exception as error:  # PostgreSQL is away: the read fails by itself
                log.info("a read could not be cancelled: %s", error)
