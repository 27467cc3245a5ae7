"""Work beside the requests, in a thread of its own, until the server ends."""

import logging
import threading
from collections.abc import Callable

from sweepd.domain.errors import Unavailable

log = logging.getLogger(__name__)


class Outage:
    """A fault that may last: one line when it begins and one when it is over. For one thread."""

    def __init__(self, name: str, level: int = logging.WARNING) -> None:
        """Prepare.

        Args:
            name: What the log calls that which does not work.
        """
        self._name, self._level, self._is_on = name, level, False

    def begins(self, error: object) -> None:
        """It does not work; said the first time."""
        if not self._is_on:
            self._is_on = True
            log.log(self._level, "%s cannot go on: %s", self._name, error)

    def ends(self) -> None:
        """It works; said when it did not before."""
        if self._is_on:
            self._is_on = False
            log.warning("%s can go on again", self._name)


class Background:
    """Does some work again and again; a failure is logged and the next time comes all the same."""

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        wait_s: float,
        first_wait_s: float | None = None,
    ) -> None:
        """Prepare.

        Args:
            name: Of the thread, and what the log calls the work.
            wait_s: Seconds before each time, and before the first where that is not said.
        """
        self._name, self._work = name, work
        self._wait_s, self._first_wait_s = wait_s, wait_s if first_wait_s is None else first_wait_s
        self._stop = threading.Event()
        self._outage = Outage(name)  # of the database, or of the place of the files
        self._thread = threading.Thread(target=self._repeat, name=f"sweepd-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Do it no more; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def pause(self, seconds: float) -> bool:
        """Within the work: wait so long; at once with True when it should break off."""
        return self._stop.wait(seconds)

    def _repeat(self) -> None:
        wait_s = self._first_wait_s
        while not self._stop.wait(wait_s):
            wait_s = self._wait_s
            try:
                self._work()
                self._outage.ends()
            except Unavailable as error:
                if not self._stop.is_set():
                    self._outage.begins(error)
            except Exception:
                if not self._stop.is_set():
                    log.exception("%s failed; trying again in %g s", self._name, wait_s)
