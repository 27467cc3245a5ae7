"""Whose turn it is at the search process."""

import threading
from collections import deque
from enum import IntEnum

OLDEST_EVERY = 8  # turns; every so many, whoever has waited longest is next


class Lane(IntEnum):
    """What a sweep's last ask took; the lower goes first."""

    QUICK = 0
    NEW = 1  # not known yet
    SLOW = 2


class Turns:
    """Sweeps that wait, each once: in the order they came, those that take long after the others.

    However many take long, another sweep waits for at most one of them in `OLDEST_EVERY` turns.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._lanes: dict[Lane, deque[tuple[int, int]]] = {lane: deque() for lane in Lane}
        self._waiting: set[int] = set()
        self._lane_of: dict[int, Lane] = {}
        self._n_come = 0
        self._n_turns = 0
        self._is_closed = False

    def put(self, sweep_pk: int) -> None:
        """Let a sweep wait, unless it does already."""
        with self._ready:
            if sweep_pk in self._waiting:
                return
            self._waiting.add(sweep_pk)
            self._n_come += 1
            lane = self._lane_of.get(sweep_pk, Lane.NEW)
            self._lanes[lane].append((self._n_come, sweep_pk))
            self._ready.notify()

    def get(self) -> int | None:
        """The next sweep, as soon as there is one; None once closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._is_closed or self._waiting)
            if self._is_closed:
                return None
            lanes = [self._lanes[lane] for lane in Lane if self._lanes[lane]]
            self._n_turns += 1
            is_for_oldest = self._n_turns % OLDEST_EVERY == 0
            lane = min(lanes, key=lambda waiting: waiting[0]) if is_for_oldest else lanes[0]
            _, sweep_pk = lane.popleft()
            self._waiting.remove(sweep_pk)
            return sweep_pk

    def note(self, sweep_pk: int, lane: Lane) -> None:
        """What the sweep's ask took; it holds from the next time on that it comes."""
        with self._ready:
            self._lane_of[sweep_pk] = lane

    def forget(self, sweep_pk: int) -> None:
        """The sweep has ended."""
        with self._ready:
            self._lane_of.pop(sweep_pk, None)

    def empty(self) -> bool:
        """Whether nobody waits."""
        with self._ready:
            return not self._waiting

    def close(self) -> None:
        """End all waiting."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
