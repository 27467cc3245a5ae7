"""Connections to PostgreSQL, of which its server has only so many for all replicas together."""

import random
import time
from typing import Any

import sqlalchemy as sa

from sweepd.domain.before import is_writing
from sweepd.store import pipelined

LEAST = 6  # two for news between replicas, some to read, some to write
N_NEWS = 2
FRESH_S = 5.0  # after its last use a connection is trusted for a write
MOST_PREPARED = 300  # statements of a connection, for one set of values and for several
WAIT_S = 15.0  # for a connection of our own, or for a place at the server
_USED = "sweepd.used"
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
