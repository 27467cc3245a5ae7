"""Whose turn it is at the search processes."""

import threading
from collections import deque
from collections.abc import Iterable
from enum import IntEnum

OLDEST_EVERY = 8  # turns; every so many, whoever has waited longest is next


class Lane(IntEnum):
    """What a sweep's last ask took; the lower goes first."""

    QUICK = 0
    NEW = 1  # not known yet
    SLOW = 2


class Turns:
    """Sweeps that wait, each once: in the order they came, those known to be quick first.

    However many are quick, one turn in `OLDEST_EVERY` is that of whoever has waited longest.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._lanes: dict[Lane, deque[tuple[int, int]]] = {lane: deque() for lane in Lane}
        self._waiting: dict[int, Lane] = {}
        self._lane_of: dict[int, Lane] = {}
        self._n_come = 0
        self._n_turns = 0
        self._is_closed = False

    def put(self, sweep_pk: int) -> None:
        """Let a sweep wait, unless it does already."""
        with self._ready:
            if sweep_pk in self._waiting:
                return
            self._n_come += 1
            lane = self._waiting[sweep_pk] = self._lane_of.get(sweep_pk, Lane.NEW)
            self._lanes[lane].append((self._n_come, sweep_pk))
            self._ready.notify_all()

    def get(self, of: Iterable[Lane] = Lane) -> int | None:
        """The next sweep of some lanes, as soon as there is one; None once closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._is_closed or any(self._lanes[lane] for lane in of))
            if self._is_closed:
                return None
            lanes = [self._lanes[lane] for lane in sorted(of) if self._lanes[lane]]
            self._n_turns += 1
            is_for_oldest = self._n_turns % OLDEST_EVERY == 0
            lane = min(lanes, key=lambda waiting: waiting[0]) if is_for_oldest else lanes[0]
            _, sweep_pk = lane.popleft()
            del self._waiting[sweep_pk]
            return sweep_pk

    def note(self, sweep_pk: int, lane: Lane) -> None:
        """What the sweep's ask took; if it waits again, it does so there from now on."""
        with self._ready:
            self._lane_of[sweep_pk] = lane
            before = self._waiting.get(sweep_pk, lane)
            if before is lane:
                return
            moving = next(item for item in self._lanes[before] if item[1] == sweep_pk)
            self._lanes[before].remove(moving)
            self._lanes[lane].append(moving)
            self._waiting[sweep_pk] = lane
            self._ready.notify_all()

    def forget(self, sweep_pk: int) -> None:
        """The sweep has ended."""
        with self._ready:
            self._lane_of.pop(sweep_pk, None)

    def empty(self, of: Iterable[Lane] = Lane) -> bool:
        """Whether nobody waits in some lanes."""
        with self._ready:
            return not any(self._lanes[lane] for lane in of)

    def close(self) -> None:
        """End all waiting."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
