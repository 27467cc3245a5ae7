"""Statements to PostgreSQL that are sent together: what a way to the server and back costs is paid
once for several.

Within a transaction of short writes, changes wait here until something is read, and go along with
that; what the writes of a transaction read first is read ahead for all of them at once. An error
of a change comes up later than it was made, so whoever uses this undoes the transaction as a
whole, whatever fails.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import sqlalchemy as sa

_KEY = "sweepd.pipelined"
Row = tuple[str, int]  # a table and the key of a row


class Pipelined:
    """Of one connection and its transactions. For one thread."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._waiting: list[tuple[str, Any]] = []
        self._ahead: dict[Hashable, Any] = {}
        self._own: Row | None = None

    def write(self, sql: str, given: Any, row: Row | None) -> None:
        """Make a change, before the next thing that is read.

        Args:
            row: What is changed; None for something new. A row but the writer's own may have been
                read ahead for another.
        """
        self._waiting.append((sql, given))
        if row is not None and row != self._own:
            self.forget()

    def read(self, sql: str, given: Any) -> Any:
        """The rows of a question, after the changes before it."""
        if not self._waiting:
            return self._driver.execute(sql, given).fetchall()
        waiting, self._waiting = self._waiting, []
        with self._driver.pipeline():
            for change in waiting:
                self._driver.execute(*change)
            found = self._driver.execute(sql, given)
            return found.fetchall()

    def read_ahead(self, questions: Sequence[tuple[Hashable, str, Any]]) -> None:
        """Ask all of them at once, before anything was changed; `take` has the rows."""
        with self._driver.pipeline():
            asked = [(key, self._driver.execute(sql, given)) for key, sql, given in questions]
            self._ahead = {key: found.fetchall() for key, found in asked}

    def take(self, key: Hashable, table: str | None) -> Any:
        """What was read ahead, once; None for nothing. From then on this row is the writer's own.

        Args:
            table: Whose row it is, by its first column.
        """
        rows = self._ahead.pop(key, None) if self._ahead else None
        if rows and table is not None:
            self._own = table, rows[0][0]
        return rows

    def forget(self) -> None:
        """What was read ahead may hold no longer."""
        self._ahead.clear()

    def next(self) -> None:
        """Another write of the transaction begins."""
        self._own = None

    def flush(self) -> None:
        """Make the changes that wait."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        with self._driver.pipeline():
            for change in waiting:
                self._driver.execute(*change)


def begin(connection: sa.Connection) -> Pipelined:
    """From now on statements of this connection are sent together where they can be."""
    made = Pipelined(connection.connection.driver_connection)
    connection.info[_KEY] = made
    return made


def end(connection: sa.Connection) -> None:
    """Send each by itself again; what waited is not made."""
    connection.info.pop(_KEY, None)


def of(connection: sa.Connection) -> Pipelined | None:
    """What sends this connection's statements together; None where each is sent by itself."""
    found: Pipelined | None = connection.info.get(_KEY)
    return found


def watch(engine: sa.Engine) -> None:
    """Let statements that are not prepared see what was changed before them, and what was read
    ahead be forgotten when they change anything."""

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _before(connection: sa.Connection, _cursor: Any, sql: str, *_: Any) -> None:
        pipelined = of(connection)
        if pipelined is not None:
            pipelined.flush()
            if not sql.startswith("SELECT"):
                pipelined.forget()
