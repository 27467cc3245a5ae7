"""What every service is built on: the tables, the clock, and word of what changed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sweepd.store.database import Database

Clock = Callable[[], datetime]

CLOCK_JUMP_S = 30.0  # more than this at once is no drift


class Changes:
    """Counts changes per sweep and per run, so that pages and caches can tell what is stale.

    Attributes:
        tell: Called with what this process changed, when there are other replicas to be told.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._listeners: tuple[Callable[[str, int], None], ...] = ()
        self.tell: Callable[[str, int], None] | None = None

    def touch(self, kind: str, pk: int | None) -> None:
        """Something about this sweep or run changed."""
        if pk is None:
            return
        self.hear(kind, pk)
        if (tell := self.tell) is not None:
            tell(kind, pk)

    def hear(self, kind: str, pk: int) -> None:
        """As `touch`, of what another replica changed."""
        with self._lock:
            self._counts[kind, pk] = self._counts.get((kind, pk), 0) + 1
            listeners = self._listeners
        for listener in listeners:
            listener(kind, pk)

    def touch_run(self, pk: int, sweep_pk: int | None) -> None:
        """A run changed, and so what its sweep shows of it."""
        self.touch("run", pk)
        self.touch("sweep", sweep_pk)

    def count(self, kind: str, pk: int) -> int:
        """How many changes there have been since the server started."""
        with self._lock:
            return self._counts.get((kind, pk), 0)

    def listen(self, listener: Callable[[str, int], None]) -> Callable[[], None]:
        """Call `listener(kind, pk)` after each change, from any thread; returns how to stop."""
        with self._lock:
            self._listeners += (listener,)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each != listener)

        return stop


class Listening:
    """When silence of a run and its agent means that they are gone.

    Attributes:
        since: From when this server could hear clients: silence before that says nothing.
        run_silent_s: Seconds; a live client speaks at least every 30 s.
        agent_silent_s: Seconds; a live agent speaks every 5 s.
    """

    def __init__(
        self,
        since: datetime,
        run_silent_s: float,
        agent_silent_s: float,
        steady: Callable[[], float],
    ) -> None:
        self.since = since
        self.run_silent_s = run_silent_s
        self.agent_silent_s = agent_silent_s
        self._steady = steady
        self._seen = since, steady()

    def look(self, at: datetime) -> None:
        """Notice when the clock was set, or this machine slept: then nobody could be heard."""
        (last_at, steady), now = self._seen, self._steady()
        self._seen = at, now
        if abs((at - last_at).total_seconds() - (now - steady)) > CLOCK_JUMP_S:
            self.since = at

    def silence_s(self, heard: datetime, at: datetime) -> float:
        """Seconds of silence that count, at `at`, from a client last heard at `heard`."""
        self.look(at)
        if (heard - at).total_seconds() > CLOCK_JUMP_S:  # by a clock that was set back since
            heard = self.since
        return (at - max(heard, self.since)).total_seconds()


@dataclass(frozen=True)
class Core:
    """Shared by all services; built once in server.py.

    Attributes:
        steady: Seconds that only ever go forward, beside `now`, which people set; None: the same.
    """

    db: Database
    now: Clock
    changes: Changes = field(default_factory=Changes)
    run_silent_s: float = 75.0
    agent_silent_s: float = 60.0
    steady: Callable[[], float] | None = None
    listening: Listening = field(init=False)

    def __post_init__(self) -> None:
        listening = Listening(self.now(), self.run_silent_s, self.agent_silent_s, self.seconds)
        object.__setattr__(self, "listening", listening)

    def seconds(self) -> float:
        """Seconds that only ever go forward; see `steady`."""
        return self.now().timestamp() if self.steady is None else self.steady()
