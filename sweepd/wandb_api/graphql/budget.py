"""What one GraphQL request may cost: fields resolved and seconds, counted while it runs.

Every item of a list is paid for as a field is: also lists without pages (tags, aliases, lines) end.
"""

import threading
from collections.abc import Callable
from typing import Any

from graphql import MiddlewareManager

from sweepd.domain.patience import EACH, Patience

LONG_S = 0.5  # after which a request waits for a turn among the long ones
LONG_TURNS = threading.BoundedSemaphore(2)  # long requests that run at once


class Ended(BaseException):
    """Ends a request's execution as a whole; no resolver's `except Exception` keeps it on."""


class Budget:
    """Of one request; `spend` is called for every field by the thread that resolves it."""

    def __init__(
        self, max_fields: int, max_seconds: float, request: Patience | None = None
    ) -> None:
        self.request = request or Patience()
        self.request.begin(max_seconds, max_fields)
        self._has_turn = False

    def spend(self, n: int = 1) -> None:
        """Pay for a field, or for some at once.

        Raises:
            Ended: There is nothing left, or nobody to answer.
        """
        before = self.request.left
        left = self.request.left = before - n
        if left < 0 or -before // EACH != -left // EACH:
            self._glance()

    def _glance(self) -> None:
        while (end := self.request.end) is None:
            if self.request.took_s < LONG_S or self._has_turn:
                return
            self._has_turn = LONG_TURNS.acquire(timeout=0.1)
        raise Ended(end)

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
