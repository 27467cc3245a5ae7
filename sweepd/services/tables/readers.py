"""The processes that read: begun when they are wanted, ended when nobody has asked for minutes, and
begun again when one is lost."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from sweepd.domain.errors import SweepdError
from sweepd.services.tables.reader import Reader
from sweepd.services.tables.reads import Places

log = logging.getLogger(__name__)
REST_S = 2.0  # after the start, before anything is read that nobody asked for
START_S = 60.0
RETRY_S = 60.0  # after a begin that failed
IDLE_S = 300.0  # for which nobody has asked before the processes end


class Readers:
    """As many as were asked for, or none. Safe to use from any thread.

    Args:
        places: Where they find what they read.
        on_start: Called in a thread of its own a while after `start`, before anybody is waited for.
        on_begin: Called each time the processes have begun, or have not.
    """

    def __init__(
        self,
        places: Places,
        n_processes: int,
        on_start: Callable[[], None],
        on_begin: Callable[[], None],
        idle_s: float = IDLE_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._places = places
        self._n_processes = n_processes
        self._on_start, self._on_begin = on_start, on_begin
        self._idle_s, self.retry_s = idle_s, retry_s
        self._readers: list[Reader] = []
        self._lock = threading.Lock()
        self._wanted, self._ready = threading.Event(), threading.Event()
        self._stopping = threading.Event()
        self._is_started = False
        self._asked_at = time.monotonic()
        self._failed_at = 0.0  # when a begin failed; counts while there are no processes
        self._thread = threading.Thread(target=self._work, name="sweepd-readers", daemon=True)

    def start(self) -> None:
        """Let them begin when they are wanted."""
        if self._n_processes:
            self._is_started = True
            self._thread.start()

    def stop(self) -> None:
        """End them for good."""
        self._stopping.set()
        self._wanted.set()
        self.let_go()
        if self._thread.is_alive():
            self._thread.join()

    def pids(self) -> list[int]:
        """Those there are now."""
        with self._lock:
            return [reader.pid for reader in self._readers]

    def of(self, place: int, waits: bool) -> Reader | None:
        """The one for questions of a place; None when there is none, and then some begin.

        Args:
            waits: For them to begin.
        """
        if not self._is_started or self._stopping.is_set():
            return None
        self.note_asked()
        if not self._ready.is_set():
            self._wanted.set()
            if not waits or not self._ready.wait(START_S) or self._stopping.is_set():
                return None
        with self._lock:
            readers = self._readers
        if not readers:  # they did not begin
            if self._may_retry():
                self._wanted.set()
            return None
        return readers[place % len(readers)]

    def note_asked(self) -> None:
        """Somebody still asks."""
        self._asked_at = time.monotonic()

    def let_go(self, lost: Reader | None = None, rests: bool = False) -> None:
        """End them; where one was lost, only if another is not there by now.

        Args:
            rests: Nobody asks: they may keep what they read.
        """
        with self._lock:
            if lost is not None and lost not in self._readers:
                return
            readers, self._readers = self._readers, []
            self._ready.set() if self._stopping.is_set() else self._ready.clear()
        for reader in readers:
            reader.rest() if rests else reader.stop()

    def begin(self) -> None:
        """Begin them, if they have not; from `on_start`."""
        if not self._ready.is_set():
            self._begin()

    def _work(self) -> None:
        """Begin them when they are wanted, end them when they are not; on Linux they end with this
        thread."""
        try:
            self._wanted.wait(REST_S)  # the server's own start comes first
            if not self._stopping.is_set():
                with contextlib.suppress(SweepdError):
                    self._on_start()
            while not self._stopping.is_set():
                self._watch()
        finally:
            self.let_go()  # also what began while the server was told to stop

    def _watch(self) -> None:
        is_wanted = self._wanted.wait(self._idle_s / 4 if self._readers else None)
        self._wanted.clear()
        if self._stopping.is_set():
            return
        if is_wanted and (not self._ready.is_set() or self._may_retry()):
            self._begin()
        elif not is_wanted and self._is_idle():
            self.let_go(rests=True)

    def _may_retry(self) -> bool:
        return not self._readers and time.monotonic() - self._failed_at >= self.retry_s

    def _is_idle(self) -> bool:
        is_asked = any(reader.n_asked for reader in self._readers)
        return not is_asked and time.monotonic() - self._asked_at >= self._idle_s

    def _begin(self) -> None:
        readers: list[Reader] = []
        try:
            for _ in range(self._n_processes):
                readers.append(Reader(self._places))
            for reader in readers:
                reader.ready.result(START_S)
        except Exception:
            log.exception("a process that reads did not begin; this one reads")
            for reader in readers:
                reader.stop()
            readers = []
            self._failed_at = time.monotonic()
        with self._lock:
            self._readers = readers
            self._ready.set()
        self._on_begin()
