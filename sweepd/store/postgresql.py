"""PostgreSQL: its connections, of which its server has only so many for all replicas together, and
a write that is a transaction of its own."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from sweepd.domain.before import is_writing, writing
from sweepd.domain.errors import Unavailable
from sweepd.store import pipelined
from sweepd.store.faults import RETRYABLE, as_bad_input, cause, is_passing, reason

T = TypeVar("T")

LEAST = 6  # two for news between replicas, some to read, some to write
N_NEWS = 2
FRESH_S = 5.0  # after its last use a connection is trusted for a write
MOST_PREPARED = 300  # statements of a connection, for one set of values and for several
WAIT_S = 15.0  # for a connection of our own, or for a place at the server
_USED = "sweepd.used"
_TAKEN = "23505"  # another transaction has just made a row of the same name
_FULL = ("too many clients", "connection slots", "too many connections")


def pooled(url: str, most: int) -> sa.Engine:
    """An engine that has at most `most` connections open; more work waits for one."""
    kept = (most + 1) // 2
    engine = sa.create_engine(
        url,
        pool_size=kept,
        max_overflow=most - kept,
        pool_timeout=WAIT_S,
        pool_use_lifo=True,  # few connections are used, and have planned what is asked
    )
    _ping(engine)
    _alike(engine)
    pipelined.watch(engine)
    return _patient(engine)


def _ping(engine: sa.Engine) -> None:
    """See whether a connection still lives, so that a restart of the server is nobody's failure.

    A write does without where the connection worked a moment ago: it is run again when it was cut.
    """

    @sa.event.listens_for(engine, "checkin")
    def _checkin(_: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _: Any) -> None:
        used = record.info.get(_USED)
        if used is None or (is_writing() and time.monotonic() - used < FRESH_S):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # all of them were cut: new ones are made


def _alike(engine: sa.Engine) -> None:
    """Send all whole numbers alike: psycopg gives them types by their size, and a statement is
    prepared for each combination of types anew."""

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        from psycopg.types import numeric  # not on SQLite: it costs a start time

        # As text for items of arrays, whose type is else that of the first ones there were.
        for dumper in (numeric.Int8Dumper, numeric.Int8BinaryDumper):
            connection.adapters.register_dumper(int, dumper)
        connection.prepared_max = MOST_PREPARED


def single(url: str) -> sa.Engine:
    """An engine whose connections are closed after use; each statement is its own transaction."""
    return _patient(sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"))


def _patient(engine: sa.Engine) -> sa.Engine:
    """Wait for a place when the server has none left: other replicas give theirs back."""

    @sa.event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: Any, args: Any, named: Any) -> Any:
        end = time.monotonic() + WAIT_S
        while True:
            try:
                return dialect.connect(*args, **named)
            except dialect.loaded_dbapi.OperationalError as error:
                if not any(text in str(error) for text in _FULL) or time.monotonic() > end:
                    raise
            time.sleep(random.uniform(0.1, 0.5))

    return engine


def write(engine: sa.Engine, change: Callable[[sa.Connection], T]) -> T:
    """Run `change` in a transaction of its own, and again when the server asks for that.

    Raises:
        Unavailable: It cannot take writes now.
    """
    for attempt in range(8):
        is_committing = False
        try:
            with writing(), engine.connect() as connection:
                transaction = connection.begin()
                result = change(connection)
                is_committing = True
                transaction.commit()
                return result
        except (OverflowError, UnicodeEncodeError) as error:
            raise (as_bad_input(error) or error) from error
        except sa.exc.SQLAlchemyError as error:
            state = getattr(cause(error), "sqlstate", None)
            if state == _TAKEN and attempt == 0:
                continue  # looked before the other was done; now it finds what is there
            if not is_passing(error):
                if (told := as_bad_input(error)) is not None:
                    raise told from error
                raise
            is_refused = state in RETRYABLE
            is_cut = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
            # Cut while committing it may have been done: the client's request tells.
            if not is_refused and not (is_cut and not is_committing):
                raise Unavailable(
                    f"the database cannot take writes now: {reason(error)}"
                ) from error
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise Unavailable("the database stayed busy; try again")
