"""In place of the process that searches: what it was asked, and answers that tests choose."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.search import process
from sweepd.search.observation import Observation
from sweepd.services.sweeps import searching
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.turns import Lane
from tests.conftest import wait_until
from tests.unit.services.handing_out import (
    next_run,
    register,
)

BAYES = """
method: bayes
program: train.py
metric: {name: loss}
parameters: {a: {min: 0, max: 99}}
sweepd: {seed: 7, breaker: 0}
"""


@dataclass
class Ask:
    """One ask of the search process."""

    observations: Sequence[Observation]
    pending: Sequence[dict[str, Any]]
    n: int
    seed: int


class Search:
    """In place of the process: answers 0, 1, 2, … or raises, and remembers what it was asked."""

    def __init__(self, parts: server.Parts) -> None:
        self.parts = parts
        self.asks: list[Ask] = []
        self.errors: Iterator[Exception | None] = itertools.repeat(None)
        self._next = itertools.count()

    def ask(self, worker: object, seconds: float, function: object, *args: Any) -> Any:
        assert seconds in (5.0, 20.0) and function is searching.propose
        _, observations, pending, n, seed = args
        self.asks.append(Ask(observations, pending, n, seed))
        if (error := next(self.errors)) is not None:
            raise error
        return [{"a": next(self._next)} for _ in range(n)]

    def next_run(self, caller: Caller, agent: int) -> Command:
        """The agent's next run, begun, once what was wanted for it is ready."""
        self.settle()
        return next_run(self.parts, caller, agent)

    def settle(self) -> None:
        """Return when all that was wanted so far was looked at."""
        caches = self.parts.proposals._caches
        for lane in (Lane.NEW, Lane.SLOW, Lane.NEW):  # each thread, and who came back from one
            nobody = 10**6 + lane
            self.parts.proposals._wanted.note(nobody, lane)
            self.parts.proposals.want(nobody)
            wait_until(lambda pk=nobody: pk not in caches, 60, lambda: "no thread answers")
        wait_until(
            lambda: not any(cache.is_drawing for cache in list(caches.values())),
            30,
            lambda: "what is drawn does not come",
        )


@pytest.fixture
def search(parts: server.Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    found = Search(parts)
    monkeypatch.setattr(process.Worker, "ask", lambda *args: found.ask(*args))
    parts.proposals.start()
    yield found
    parts.proposals.stop()


def value(parts: server.Parts, ann: Caller, search: Search, sweep: Sweep) -> int:
    """What the next agent is given, and begins."""
    config = search.next_run(ann, register(parts, ann, sweep)).config
    assert config is not None
    return int(config["a"])


def warnings(parts: server.Parts, sweep: Sweep) -> list[str]:
    return [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
