"""Delivers what is to be told: beside the requests, with retries, once among all replicas.

A delivery is taken for a while (a lease). Who took it sends it and says what came of it; when that
process ends in between, another takes it when the lease is over, under the same id.
"""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from sweepd.domain.automations import Delivery, DeliveryState, Integration
from sweepd.services.automations.sending import NotSent
from sweepd.services.automations.telling import Telling
from sweepd.services.background import Background
from sweepd.services.core import Core
from sweepd.store import automations, deliveries
from sweepd.store.database import Connection

LOOK_EVERY_S = 1.0
LEASE = timedelta(seconds=120)  # longer than one try may take
AT_ONCE, EACH_AT_ONCE = 8, 2  # tries under way; of them those to one place
SLOW_S = 5.0  # without any answer, then the rest goes on beside
STOP_S = 2.0  # for what is under way when the server ends
FIRST_WAIT_S, LONGEST_WAIT_S = 10.0, 3600.0
MAX_TRIES = 12  # some six hours; with waits of 10 s, 30 s, 90 s … 1 h
KEPT_DAYS = 30

log = logging.getLogger(__name__)
Send = Callable[[Delivery, Integration], str]


def wait_after(n_tries: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    return timedelta(seconds=min(LONGEST_WAIT_S, FIRST_WAIT_S * 3 ** min(n_tries - 1, 20)))


class Delivering:
    """Looks every second whether there is something to tell, and delivers it."""

    def __init__(self, core: Core, telling: Telling, send: Send) -> None:
        """Prepare.

        Args:
            send: Makes one try; raises `NotSent`.
        """
        self._core, self.telling, self._send = core, telling, send
        self._background = Background("automations", self.work, LOOK_EVERY_S)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sweepd-deliver")
        self._under_way: dict[Future[None], int | None] = {}  # its integration
        self._dropped_at = core.now()

    def start(self) -> None:
        """Begin."""
        self._background.start()

    def stop(self) -> None:
        """Stop; a try under way has a few seconds, then it is made again after the next start."""
        self._background.stop()
        wait(self._under_way, timeout=STOP_S)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def work(self) -> None:
        """Find what is to be told, and make one try with all whose time has come.

        A receiver that is slow to answer holds up what is told there, and nothing else: what takes
        longer than a few seconds goes on beside the next looks.
        """
        self.telling.look()
        while not self._background.pause(0):
            taken = self._take()
            for delivery in taken:
                self._under_way[self._pool.submit(self._try, delivery)] = delivery.integration_pk
            if not self._under_way:
                break
            done = wait(self._under_way, timeout=SLOW_S, return_when=FIRST_COMPLETED).done
            for future in done:
                del self._under_way[future]
                future.result()
            if not taken and not done:
                break
        now = self._core.now()
        if now - self._dropped_at > timedelta(hours=6):
            self._dropped_at = now
            before = now - timedelta(days=KEPT_DAYS)
            self._core.db.write(lambda c: deliveries.drop_old(c, before))

    def _take(self) -> list[Delivery]:
        at, n_free = self._core.now(), AT_ONCE - len(self._under_way)
        busy = Counter(pk for pk in self._under_way.values() if pk is not None)
        with self._core.db.read() as connection:
            if not n_free or not deliveries.is_due(connection, at):
                return []
        return self._core.db.write(
            lambda c: deliveries.take_due(c, at, n_free, LEASE, EACH_AT_ONCE, busy)
        )

    def _try(self, delivery: Delivery) -> None:
        try:
            with self._core.db.read() as connection:
                pk = delivery.integration_pk
                place = automations.find_integration(connection, pk) if pk is not None else None
            if place is None:
                raise NotSent("its integration was deleted", is_final=True)
            answer = self._send(delivery, place)
        except NotSent as error:
            self._end(delivery, error)
        except Exception:
            log.exception("delivery %s failed on our side", delivery.uid)
            self._end(delivery, NotSent("a fault of this server, whose log says more"))
        else:
            self._write(delivery, DeliveryState.SENT, answer, None)

    def _end(self, delivery: Delivery, error: NotSent) -> None:
        is_over = error.is_final or delivery.n_tries >= MAX_TRIES
        state = DeliveryState.FAILED if is_over else DeliveryState.WAITING
        pause = None if is_over else wait_after(delivery.n_tries)
        log.warning(
            "automation %r did not reach %r: %s", delivery.automation, delivery.integration, error
        )
        self._write(delivery, state, str(error), pause)

    def _write(
        self, delivery: Delivery, state: DeliveryState, answer: str, pause: timedelta | None
    ) -> None:
        at = self._core.now()
        next_at = at + pause if pause is not None else None

        def end(connection: Connection) -> None:
            deliveries.end_try(connection, delivery, state, answer, at, next_at)

        self._core.db.write(end)
