"""How much of the server one person's requests take at once; the others wait without a thread."""

import asyncio
from weakref import WeakValueDictionary

MAX_AT_ONCE = 16
MAX_LARGE = 2  # of more than LARGE_BYTES, or packed: what is read of them takes many times as much
LARGE_BYTES = 1 << 20


class Shares:
    """Of all people. For the event loop only."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = WeakValueDictionary()

    def of(self, user: str) -> asyncio.Semaphore:
        """To be held while one of this person's requests is worked on in a thread."""
        return self._turn(user, MAX_AT_ONCE)

    def of_large(self, user: str) -> asyncio.Semaphore:
        """To be held while one of this person's large requests is read and worked on."""
        return self._turn(user, MAX_LARGE)

    def _turn(self, user: str, n: int) -> asyncio.Semaphore:
        found = self._turns.get((user, n))
        if found is None:
            found = self._turns[user, n] = asyncio.Semaphore(n)
        return found
