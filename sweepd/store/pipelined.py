"""Statements to PostgreSQL that are sent together: what a way to the server and back costs is paid
once for several, and what a statement costs once for several sets of values.

Within a transaction of short writes, changes wait here until something is read, and go along with
that; what the writes of a transaction read first is read ahead for all of them at once. Statements
that are the same but for their values go as one, with arrays. A row that several writes read (a
sweep's) is asked for once: what they change of it is changed in the answer, too. An error of a
change comes up later than it was made, so whoever uses this undoes the transaction as a whole,
whatever fails.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.store.statements import Asked, Keeps, Kept, Row, Sent, Values

_KEY = "sweepd.pipelined"


class _Write:
    """A change that waits: whose it is, and what it sets."""

    __slots__ = ("statement", "values", "writer")

    def __init__(self, writer: int, statement: Kept, values: Values) -> None:
        self.writer, self.statement, self.values = writer, statement, values


class Pipelined:
    """Of one connection and its transactions. For one thread.

    Attributes:
        n_changes: How many changes were made until now, waiting ones too.
    """

    def __init__(self, dialect: sa.Dialect, driver: Any) -> None:
        self._dialect, self._driver = dialect, driver
        self._waiting: list[_Write] = []
        self._update_of: dict[Row, _Write] = {}  # of those that wait
        self._ahead: dict[Hashable, Sequence[Any]] = {}
        self._ahead_with: dict[Row, list[Hashable]] = {}  # in which of those a row is
        self._kept: dict[Hashable, Sequence[Any]] = {}
        self._kept_rows: dict[Row, list[tuple[Mapping[str, int], list[Any]]]] = {}
        self._own: set[Row] = set()
        self._writer = self.n_changes = 0

    def write(self, statement: Kept, values: Values, row: Row | None) -> None:
        """Make a change, before the next thing that is read.

        Args:
            row: Whose columns are set to the values; None for something new. A row but the writer's
                own may have been read ahead for another.
        """
        self.n_changes += 1
        before = self._update_of.get(row) if row is not None else None
        if before is not None:
            before.values = {**before.values, **values}
        else:
            write = _Write(self._writer, statement, values)
            self._waiting.append(write)
            if row is not None:
                self._update_of[row] = write
        if row is None:
            return
        if row not in self._own:
            self._ahead.clear()
        for key in self._ahead_with.pop(row, ()):
            self._ahead.pop(key, None)  # of another, who has it among its rows
        if (kept := self._kept_rows.get(row)) is not None:
            stored = statement.sent(self._dialect, values).given(values)
            for places, found in kept:
                for name in stored.keys() & places.keys():
                    found[places[name]] = stored[name]

    def read(self, asked: Asked) -> Sequence[Any]:
        """The rows of a question, after the changes before it."""
        rows: Sequence[Any]
        if not self._waiting:
            rows = self._execute(asked.sent.sql, asked.sent.given(asked.values)).fetchall()
        else:
            with self._driver.pipeline():
                self._send()
                cursor = self._execute(asked.sent.sql, asked.sent.given(asked.values))
            rows = cursor.fetchall()
        return self._keep(asked, rows)

    def change(self, sent: Sent, values: Values, has_rows: bool = False) -> Sequence[Any]:
        """Make a change of whatever rows, at once; what it gives, if it `has_rows`."""
        self.n_changes += 1
        self.forget()
        with self._driver.pipeline():
            self._send()
            cursor = self._execute(sent.sql, sent.given(values))
        rows: Sequence[Any] = cursor.fetchall() if has_rows else ()
        return rows

    def add(self, sent: Sent, values: Values) -> Sequence[Any]:
        """Add a row at once, which nothing that waits or was read is about; what that gives."""
        self.n_changes += 1
        rows: Sequence[Any] = self._execute(sent.sql, sent.given(values)).fetchall()
        return rows

    def read_ahead(self, questions: Iterable[Asked]) -> None:
        """Ask all of them at once, before anything was changed; `take` has the rows.

        Of those of one statement rows are locked in the order of their values, so that whoever
        else does so waits, and is not waited for.
        """
        statements: dict[Sent, dict[Hashable, Asked]] = {}
        for asked in questions:
            if asked.key not in self._kept:
                statements.setdefault(asked.sent, {})[asked.key] = asked
        answers = []
        with self._driver.pipeline():
            for sent, sets in statements.items():
                ordered = sorted(sets.values(), key=lambda asked: tuple(asked.values.values()))
                if len(ordered) > 1 and sent.many:
                    given = sent.given_many([asked.values for asked in ordered])
                    answers.append((ordered, True, self._execute(sent.many, given)))
                    continue
                for asked in ordered:
                    cursor = self._execute(sent.sql, sent.given(asked.values))
                    answers.append(([asked], False, cursor))
        for ordered, is_many, cursor in answers:
            found: list[list[Any]] = [[] for _ in ordered]
            for row in cursor.fetchall():
                if is_many:
                    found[row[0] - 1].append(row[1:])
                else:
                    found[0].append(row)
            for asked, rows in zip(ordered, found, strict=True):
                if self._keep(asked, rows) is not rows:
                    continue
                self._ahead[asked.key] = rows
                if asked.table is not None:
                    for row in rows:
                        self._ahead_with.setdefault((asked.table, row[0]), []).append(asked.key)

    def _execute(self, sql: str, given: Any) -> Any:
        """Each is planned once for a connection: all of them come again."""
        return self._driver.execute(sql, given, prepare=True)

    def _keep(self, asked: Asked, rows: Sequence[Any]) -> Sequence[Any]:
        """These rows, or what is kept of them."""
        if asked.keeps is Keeps.NONE or (asked.keeps is Keeps.NOTHING and rows):
            return rows
        kept = self._kept[asked.key] = [list(row) for row in rows]
        if asked.table is not None:
            for row in kept:
                of_row = self._kept_rows.setdefault((asked.table, row[0]), [])
                of_row.append((asked.sent.places, row))
        return kept

    def take(self, key: Hashable, table: str | None) -> Sequence[Any] | None:
        """What was read ahead, once, or is kept; None for nothing. From then on these rows are the
        writer's own.

        Args:
            table: Whose rows they are, by their first column.
        """
        rows = self._kept.get(key)
        if rows is None:
            rows = self._ahead.pop(key, None)
        if rows and table is not None:
            self._own.update((table, row[0]) for row in rows)
        return rows

    def seen(self, key: Hashable) -> Sequence[Any]:
        """As `take`, which has the same afterwards."""
        return self._kept.get(key) or self._ahead.get(key) or ()

    def anew(self, key: Hashable) -> None:
        """What is kept of this question holds no longer."""
        self._kept.pop(key, None)

    def forget(self) -> None:
        """What was read ahead, or is kept, may hold no longer."""
        self._ahead.clear()
        self._ahead_with.clear()
        self._kept.clear()
        self._kept_rows.clear()

    def next(self) -> None:
        """Another write of the transaction begins."""
        self._writer += 1
        self._own.clear()

    def flush(self) -> None:
        """Make the changes that wait."""
        if self._waiting:
            with self._driver.pipeline():
                self._send()

    def commit(self) -> None:
        """Make the changes that wait, and end the transaction.

        Raises:
            RuntimeError: It was undone: something had failed, and nobody said so.
        """
        with self._driver.pipeline():
            self._send()
            ended = self._driver.execute("COMMIT", prepare=False)
        if ended.statusmessage != "COMMIT":
            raise RuntimeError("the transaction was undone")

    def _send(self) -> None:
        """Send what waits; the same statements of several writers as one, which is done where the
        first of them stood: no writer's own order changes, and no two set one row."""
        waiting, self._waiting = self._waiting, []
        self._update_of.clear()
        groups: list[tuple[Sent, list[Values]]] = []
        newest: dict[Sent, int] = {}
        reached: dict[int, int] = {}  # the group to which a writer has come
        for write in waiting:
            sent = write.statement.sent(self._dialect, write.values)
            at = newest.get(sent, -1) if sent.many else -1
            if at < reached.get(write.writer, 0):
                at = newest[sent] = len(groups)
                groups.append((sent, []))
            groups[at][1].append(write.values)
            reached[write.writer] = at
        for sent, sets in groups:
            if len(sets) > 1:
                self._execute(sent.many, sent.given_many(sets))
            else:
                self._execute(sent.sql, sent.given(sets[0]))


def begin(connection: sa.Connection) -> Pipelined:
    """From now on statements of this connection are sent together where they can be."""
    made = Pipelined(connection.dialect, connection.connection.driver_connection)
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
                pipelined.n_changes += 1
                pipelined.forget()
