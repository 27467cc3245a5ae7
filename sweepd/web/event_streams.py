"""Who has an open event stream: so many in all, and none for those who have many already."""

import asyncio
from collections import deque

MAX_STREAMS = 500  # beyond this, pages poll


class EventStreams:
    """The open streams of one server, by user. Used on the event loop only."""

    def __init__(self, most: int = MAX_STREAMS) -> None:
        self._most = most
        self._open: dict[str, deque[asyncio.Event]] = {}

    def has_room(self, user: str) -> bool:
        """Whether `open` would find a place."""
        own = len(self._open.get(user, ()))
        return not self._is_full() or own + 1 < len(self._open[self._largest()])

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def _is_full(self) -> bool:
        return len(self) >= self._most

    def _largest(self) -> str:
        return max(self._open, key=lambda name: len(self._open[name]))

    def open(self, user: str) -> asyncio.Event | None:
        """Take a place; the event is set when it is needed by another. None when there is none.

        When all are taken, whoever has most gives up their oldest to those who have fewer.
        """
        if not self.has_room(user):
            return None
        if self._is_full():
            largest = self._largest()
            oldest = self._open[largest][0]
            self.close(largest, oldest)
            oldest.set()
        place = asyncio.Event()
        self._open.setdefault(user, deque()).append(place)
        return place

    def close(self, user: str, place: asyncio.Event) -> None:
        """Give a place back; once more does nothing."""
        if place in (places := self._open.get(user, deque())):
            places.remove(place)
        if user in self._open and not places:
            del self._open[user]
