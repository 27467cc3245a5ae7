"""Words between the replicas of one PostgreSQL: LISTEN and NOTIFY."""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Unavailable
from sweepd.store import postgresql
from sweepd.store.faults import reason

CHANNEL = "sweepd_changes"
N_AT_ONCE = 200  # changes in one word: PostgreSQL takes 8,000 bytes

Change = tuple[str, int]


class News:
    """What changed, told to and heard from the other replicas. One thread tells, another listens.

    Raises (every method):
        Unavailable: PostgreSQL cannot be reached now.
    """

    def __init__(self, url: str) -> None:
        self._engine = postgresql.single(url)
        self._own = uuid.uuid4().hex
        self._telling: sa.Connection | None = None

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell the others; a word lost with its connection costs them a delay, nothing else."""
        items = list(changes)
        try:
            if self._telling is None:
                self._telling = self._engine.connect()
            for first in range(0, len(items), N_AT_ONCE):
                word = json.dumps([self._own, items[first : first + N_AT_ONCE]])
                self._telling.execute(sa.select(sa.func.pg_notify(CHANNEL, word)))
        except sa.exc.SQLAlchemyError as error:
            self._drop()
            raise Unavailable(f"the other servers cannot be told: {reason(error)}") from error

    def listen(self, wait_s: float) -> Iterator[list[Change]]:
        """What others told, as it comes; an empty list each `wait_s` seconds without a word."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                driver: Any = connection.connection.driver_connection
                yield []  # from here on nothing is missed
                while True:
                    heard: list[Change] = []
                    for word in driver.notifies(timeout=wait_s, stop_after=1):
                        heard += self._read(word.payload)
                    yield heard
        except (sa.exc.SQLAlchemyError, _driver_error()) as error:
            raise Unavailable(f"the other servers cannot be heard: {reason(error)}") from error

    def _read(self, word: str) -> list[Change]:
        try:
            sender, changes = json.loads(word)
            if sender == self._own:
                return []
            return [(str(kind), int(pk)) for kind, pk in changes]
        except (ValueError, TypeError):
            return []  # somebody else's, on a channel of this name

    def _drop(self) -> None:
        if self._telling is not None:
            self._telling.close()
            self._telling = None

    def close(self) -> None:
        """Let go of the connection that tells."""
        self._drop()
        self._engine.dispose()


def _driver_error() -> type[Exception]:
    import psycopg  # not on SQLite: it costs 60 ms of a start

    return psycopg.Error
