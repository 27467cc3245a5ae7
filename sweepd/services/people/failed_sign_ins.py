"""Failed sign-ins take their time: who guesses, or hammers with a dead key, waits for each answer.

A right key is never held up, whoever else comes from the same address: the wait is for the answer
to a wrong one. Keys are long and random; what is kept small is what guessing costs the server.
"""

import asyncio
import threading
from collections.abc import Callable

from sweepd.domain.errors import TooMany
from sweepd.domain.network import network_of

MAX_WAIT_S = 10.0  # further failures are turned away at once
MAX_ADDRESSES = 10_000  # remembered


class FailedSignIns:
    """Turns of failures, per address.

    Args:
        per_minute: How many a minute; as many at once are answered without a wait.
        steady: Seconds nobody sets.
    """

    def __init__(self, per_minute: int, steady: Callable[[], float]) -> None:
        self._every_s = 60.0 / max(1, per_minute)
        self._at_once_s = 60.0 - self._every_s
        self._steady = steady
        self._turns: dict[str, float] = {}  # when an address has served all its failures
        self._lock = threading.Lock()

    def wait_s(self, host: str) -> float:
        """Note a failure from an address; the seconds to wait before it is answered.

        Raises:
            TooMany: So many wait already that this one is not worth holding.
        """
        address, now = network_of(host), self._steady()
        with self._lock:
            turn = max(now, self._turns.get(address, now)) + self._every_s
            wait_s = turn - now - self._every_s - self._at_once_s
            if wait_s > MAX_WAIT_S:
                raise TooMany(
                    "too many failed sign-ins from this address; check the key, wait a minute, "
                    "then try again",
                    retry_after_s=int(wait_s) + 1,
                )
            if address not in self._turns and len(self._turns) >= MAX_ADDRESSES:
                self._forget(now)
            self._turns[address] = turn
        return max(0.0, wait_s)

    async def hold_up(self, host: str) -> None:
        """Note a failure from an address, and return when it is its turn to be answered.

        Raises:
            TooMany: As `wait_s`.
        """
        seconds = self.wait_s(host)
        if seconds > 0:
            await asyncio.sleep(seconds)

    def _forget(self, now: float) -> None:
        """Drop the addresses that have served theirs; else the half that is next to have."""
        self._turns = {address: turn for address, turn in self._turns.items() if turn > now}
        if len(self._turns) >= MAX_ADDRESSES:
            latest = sorted(self._turns.items(), key=lambda item: item[1])
            self._turns = dict(latest[MAX_ADDRESSES // 2 :])
