"""What an event loop hands to whoever writes it: all that comes in the same turns, together."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")


class LoopBatches(Generic[T]):
    """Keeps what comes until a turn of the loop brings no more, or enough. For that loop only.

    Args:
        most: Items of one batch.
        hand_over: Called in the loop, as part of no request, with each batch.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        most: int,
        hand_over: Callable[[list[T]], None],
    ) -> None:
        self._loop, self._most, self._hand_over = loop, most, hand_over
        self._context = Context()
        self._due: list[T] = []
        self._n_seen = 0  # of them, a turn of the loop before
        self._is_held = False

    def add(self, item: T) -> None:
        """Hand an item over soon, after those before it."""
        if not self._due and not self._is_held:
            self._loop.call_soon(self._look, context=self._context)
        self._due.append(item)

    def hold(self) -> None:
        """Hand over nothing more until `release`."""
        self._is_held = True

    def release(self) -> None:
        """Go on, at once with what has come."""
        self._is_held = False
        if self._due:
            self._look()

    def _look(self) -> None:
        n_due = len(self._due)
        if self._n_seen < n_due < self._most:
            self._n_seen = n_due
            self._loop.call_soon(self._look, context=self._context)
            return
        self._n_seen = 0
        batch, self._due = self._due[: self._most], self._due[self._most :]
        self._hand_over(batch)
        if self._due and not self._is_held:
            self._loop.call_soon(self._look, context=self._context)


class OfLoop(Generic[T]):
    """Something that an event loop has of its own: the one that asks first, until it is closed."""

    def __init__(self, make: Callable[[asyncio.AbstractEventLoop], T]) -> None:
        self._make = make
        self._made: tuple[asyncio.AbstractEventLoop, T] | None = None

    def of(self, loop: asyncio.AbstractEventLoop) -> T | None:
        """What this loop has; None for another than the first."""
        if self._made is None or self._made[0].is_closed():
            self._made = loop, self._make(loop)
        return self._made[1] if self._made[0] is loop else None
