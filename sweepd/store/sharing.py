"""What a short write, with which others wait, does not do: it leaves, and is made by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from sweepd.store import pipelined

_KEY = "sweepd.on_loop"


class Alone(Exception):  # a request, not a fault
    """Ends a write that is longer than those it shares a transaction or a thread with, before it
    has written anything: it is made by itself."""


def by_itself(connection: sa.Connection) -> None:
    """What follows takes long, or rows of others: it shares no transaction.

    Raises:
        Alone: This one is shared.
    """
    if pipelined.of(connection) is not None:
        raise Alone
    in_a_thread(connection)


def in_a_thread(connection: sa.Connection) -> None:
    """What follows may take long: it is not done on an event loop.

    Raises:
        Alone: It is, now.
    """
    if _KEY in connection.info:
        raise Alone


@contextmanager
def on_loop(connection: sa.Connection) -> Iterator[None]:
    """Mark what is written within as work of an event loop."""
    connection.info[_KEY] = True
    try:
        yield
    finally:
        del connection.info[_KEY]
