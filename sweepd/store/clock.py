"""One clock for all replicas: the database's.

Times that one replica writes are read by another, so silence measured between two machines' clocks
would be their difference too. A replica therefore takes no time from its own clock: it asks the
database now and then, and counts on from the answer with a clock that nobody sets.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from sweepd.store.database import Database

log = logging.getLogger(__name__)

TRIES = 3  # the quickest answer is the most exact one
TOLD_S = 2.0  # a smaller difference to this machine's own clock is worth no word


def _steady_s() -> float:
    """Seconds that also pass while this machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class DatabaseClock:
    """The time of the database's machine, in UTC. Safe to call from any thread; it never waits."""

    def __init__(
        self,
        db: Database,
        own: Callable[[], datetime],
        steady: Callable[[], float] = _steady_s,
    ) -> None:
        """Ask for the first time.

        Args:
            own: This machine's clock, only to say how far it is from the database's.
            steady: Seconds that only go forward.

        Raises:
            Unavailable: The database does not answer.
        """
        self._db, self._own, self._steady = db, own, steady
        self._base = self._asked()
        self._tell()

    def __call__(self) -> datetime:
        base, at = self._base
        return base + timedelta(seconds=self._steady() - at)

    def measure(self) -> None:
        """Ask again; when the database does not answer, the clock goes on as it did.

        Raises:
            Unavailable: It does not.
        """
        before = self()
        self._base = self._asked()
        jump = (self() - before).total_seconds()
        if abs(jump) > TOLD_S:
            log.warning("the database's clock was set by %+.1f s", jump)

    def _asked(self) -> tuple[datetime, float]:
        """A time of the database, and what the steady clock said then."""
        found: list[tuple[float, datetime, float]] = []
        with self._db.read() as connection:
            for _ in range(TRIES):
                began = self._steady()
                told = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
                took = self._steady() - began
                found.append((took, told, began + took / 2))
        _, told, at = min(found)
        return told.astimezone(UTC), at

    def _tell(self) -> None:
        skew = (self._own() - self()).total_seconds()
        if abs(skew) > TOLD_S:
            log.warning(
                "this machine's clock is %.0f s %s the database's; all times are the database's",
                abs(skew),
                "ahead of" if skew > 0 else "behind",
            )
