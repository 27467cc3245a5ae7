"""What one GraphQL request may cost: fields resolved and seconds, counted while it runs.

Every item of a list is paid for as a field is: also lists without pages (tags, aliases, lines) end.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from graphql import MiddlewareManager

from sweepd.domain.errors import TooLarge

EACH = 64  # fields between two glances at the clock
LONG_S = 0.5  # after which a request waits for a turn among the long ones
LONG_TURNS = threading.BoundedSemaphore(2)  # long requests that run at once


class Ended(BaseException):
    """Ends a request's execution as a whole; no resolver's `except Exception` keeps it on."""


class Budget:
    """Of one request; `spend` is called for every field by the thread that resolves it."""

    def __init__(self, max_fields: int, max_seconds: float) -> None:
        self._left, self._max_fields = max_fields, max_fields
        self._max_seconds = max_seconds
        self._began = time.monotonic()
        self._has_turn = self._is_abandoned = False

    def abandon(self) -> None:
        """Nobody waits for the answer any more."""
        self._is_abandoned = True

    def spend(self, n: int = 1) -> None:
        """Pay for a field, or for some at once.

        Raises:
            Ended: There is nothing left, or nobody to answer.
        """
        before = self._left
        self._left -= n
        if self._left < 0:
            raise Ended(f"this request asks for more than {self._max_fields:,} fields")
        if -before // EACH != -self._left // EACH:
            self._glance()

    def _glance(self) -> None:
        while not self._is_abandoned:
            took = time.monotonic() - self._began
            if took > self._max_seconds:
                raise Ended(f"this request takes longer than {self._max_seconds:g} s")
            if took < LONG_S or self._has_turn:
                return
            self._has_turn = LONG_TURNS.acquire(timeout=0.1)
        raise Ended("nobody waits for the answer")

    def close(self) -> None:
        """Give the turn back."""
        if self._has_turn:
            self._has_turn = False
            LONG_TURNS.release()


def _count(next_: Callable[..., Any], root: Any, info: Any, **given: Any) -> Any:
    info.context.budget.spend()
    found = next_(root, info, **given)
    if isinstance(found, list | tuple):
        info.context.budget.spend(len(found))
    return found


COUNTED = MiddlewareManager(_count)  # around every resolver


def too_large(ended: Ended) -> TooLarge:
    """What the request's sender reads."""
    return TooLarge(f"{ended}; ask for fewer fields, or for shorter pages, at once")
