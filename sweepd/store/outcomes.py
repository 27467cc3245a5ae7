"""Writes that wait, what came of them, and how that reaches whoever waits."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

Waiting = Future[Any] | asyncio.Future[Any]
Job = tuple[Callable[[sa.Connection], Any], Waiting]
Outcome = tuple[Waiting, Any, BaseException | None]
Tell = Callable[[Sequence[Outcome]], None]


def tell(outcomes: Sequence[Outcome]) -> None:
    """Hand each outcome to whoever waits for it; a loop is woken once for all of its own."""
    of_loops: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome[0], asyncio.Future):
            of_loops.setdefault(outcome[0].get_loop(), []).append(outcome)
        else:
            settle([outcome])
    for loop, own in of_loops.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited on it
            loop.call_soon_threadsafe(settle, own)


def settle(outcomes: Sequence[Outcome]) -> None:
    """As `tell`, for a loop's own, in the loop."""
    for future, result, failure in outcomes:
        if future.done():
            continue  # its client has gone
        if failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(result)
