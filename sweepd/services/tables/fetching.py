"""Documents of many megabytes, made once and fetched part by part: no process holds two of them.

Those who ask for the same while nothing changes share one. One that was taken stays until another
is made, one that nobody takes for a while goes.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from sweepd.domain.errors import Unavailable

PART_BYTES = 1 << 20
MAX_BYTES = 96 << 20  # of all documents; beyond it the one asked for longest ago goes
REST_S = 30.0  # for which nobody has asked for a document before it goes
MAX_FETCH_S = 180.0  # after which a document goes that nobody began to fetch since, taken or not


@dataclass(frozen=True)
class Opened:
    """A document that can be fetched."""

    number: int
    n_bytes: int
    n_parts: int


@dataclass
class _Held:
    state: Hashable
    opened: Opened
    parts: Sequence[bytes]
    opened_at: float  # last
    asked_at: float
    n_fetching: int = 1  # those who have not taken the last part


class Documents:
    """Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}
        self._n_opened = 0

    def open(self, state: Hashable, parts: Callable[[], Sequence[bytes]]) -> Opened:
        """Begin to fetch a document: the one that is there of this state, else a new one."""
        with self._lock:
            self._drop_idle()
            for held in self._held.values():
                if held.state == state:
                    held.opened_at = held.asked_at = self._clock()
                    held.n_fetching += 1
                    return held.opened
            self._held = {n: held for n, held in self._held.items() if held.n_fetching > 0}
        found = joined(parts())
        with self._lock:
            now = self._clock()
            self._n_opened += 1
            opened = Opened(self._n_opened, sum(map(len, found)), len(found))
            self._held[opened.number] = _Held(state, opened, found, now, now)
            self._bound(opened.number)
        return opened

    def part(self, number: int, place: int) -> bytes:
        """One part of a document.

        Raises:
            Unavailable: It was let go, for it was not taken.
        """
        with self._lock:
            self._drop_idle()
            held = self._held.get(number)
            if held is None:
                raise Unavailable("this answer was not taken for too long; ask again")
            held.asked_at = self._clock()
            held.n_fetching -= place == held.opened.n_parts - 1
            return held.parts[place]

    def drop_idle(self) -> int:
        """Let go of what nobody has asked for lately; says how many documents are left."""
        with self._lock:
            self._drop_idle()
            return len(self._held)

    def _drop_idle(self) -> None:
        now = self._clock()
        self._held = {
            n: held
            for n, held in self._held.items()
            if now - held.asked_at <= REST_S and now - held.opened_at <= MAX_FETCH_S
        }

    def _bound(self, newest: int) -> None:
        while sum(held.opened.n_bytes for held in self._held.values()) > MAX_BYTES:
            others = [n for n in self._held if n != newest]
            if not others:
                return
            del self._held[min(others, key=lambda n: self._held[n].asked_at)]


def joined(parts: Sequence[bytes]) -> list[bytes]:
    """The same bytes in fewer parts, where many are short."""
    found: list[bytes] = []
    waiting: list[bytes] = []
    n_waiting = 0
    for part in parts:
        if n_waiting + len(part) > PART_BYTES and waiting:
            found.append(b"".join(waiting))
            waiting, n_waiting = [], 0
        waiting.append(part)
        n_waiting += len(part)
    return [*found, b"".join(waiting)] if waiting else found


@dataclass(frozen=True)
class Written:
    """A document as who wrote it tells of it: what is long of it waits to be fetched.

    Attributes:
        tag: Names what it holds.
        lead: All of it, or what comes before the long part.
    """

    tag: str
    lead: bytes = b""
    opened: Opened | None = None
    end: bytes = b""


@dataclass(frozen=True)
class Fetched:
    """A document as an answer: how long it is, and its bytes as they are taken."""

    tag: str
    n_bytes: int
    parts: Iterator[bytes]
