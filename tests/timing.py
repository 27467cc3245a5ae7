"""Time in tests: a clock that one sets, and waiting for what should happen."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from sweepd.search import budget, random_draws

T = TypeVar("T")


@dataclass
class FakeClock:
    """A clock that moves only when told."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def count_own_seconds() -> None:
    """Let what bounds a search in this process by seconds count those of the processor that it had:
    on a busy machine a search that is right has a tenth of a second in each of a clock's."""
    for module in (budget, random_draws):
        module.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[assignment]


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """The result of what the server awaits on its event loop; in a loop and thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def wait_until(
    condition: Callable[[], object], timeout_s: float, otherwise: Callable[[], str]
) -> None:
    """Wait for a condition with a deadline; fail with what `otherwise` tells.

    What comes soon is seen soon; what takes long is asked for twenty times a second."""
    deadline = time.monotonic() + timeout_s
    pause_s = 0.001
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {otherwise()}")
        time.sleep(pause_s)
        pause_s = min(0.05, 1.5 * pause_s)
