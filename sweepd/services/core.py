"""What every service is built on: the tables, the clock, and word of what changed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sweepd.store.database import Database

Clock = Callable[[], datetime]


class Changes:
    """Counts changes per sweep and per run, so that pages and caches can tell what is stale.

    Only this process's changes are counted; with several replicas a page also polls.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._listeners: list[Callable[[str, int], None]] = []

    def touch(self, kind: str, pk: int | None) -> None:
        """Something about this sweep or run changed."""
        if pk is None:
            return
        with self._lock:
            self._counts[kind, pk] = self._counts.get((kind, pk), 0) + 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener(kind, pk)

    def count(self, kind: str, pk: int) -> int:
        """How many changes there have been since the server started."""
        with self._lock:
            return self._counts.get((kind, pk), 0)

    def listen(self, listener: Callable[[str, int], None]) -> Callable[[], None]:
        """Call `listener(kind, pk)` after each change, from any thread; returns how to stop."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop


class Listening:
    """Since when this server has been able to hear clients: silence before that says nothing."""

    def __init__(self, since: datetime) -> None:
        self.since = since

    def silence_s(self, heard: datetime, at: datetime) -> float:
        """Seconds of silence that count, at `at`, from a client last heard at `heard`."""
        return (at - max(heard, self.since)).total_seconds()


@dataclass(frozen=True)
class Core:
    """Shared by all services; built once in server.py."""

    db: Database
    now: Clock
    changes: Changes = field(default_factory=Changes)
    listening: Listening = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "listening", Listening(self.now()))
