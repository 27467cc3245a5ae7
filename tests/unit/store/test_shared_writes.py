"""Short writes on PostgreSQL share a transaction, and nobody can tell from what is kept."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sweepd.domain.errors import NotFound
from sweepd.store import schema, shared_writes
from sweepd.store.column_types import Count, UtcTime
from sweepd.store.database import Connection, Database, First
from sweepd.store.prepared import Prepared, Question
from tests.conftest import wait_until

_secrets = schema.secrets.c
READ = Prepared(
    sa.select(_secrets.name, _secrets.value)
    .where(_secrets.name == sa.bindparam("secret"))
    .with_for_update(),
    of="secrets",
)
UPDATE = Prepared(
    sa.update(schema.secrets).where(_secrets.name == sa.bindparam("secret")), of="secrets"
)
INSERT = Prepared(sa.insert(schema.secrets))
Short = tuple[Callable[[Connection], object], Question]


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    for name in "abc":
        opened.write(
            lambda c, n=name: c.execute(sa.insert(schema.secrets), [{"name": n, "value": ""}])
        )  # type: ignore[misc]
    yield opened
    opened.close()


def first(name: str) -> Question:
    return Question(READ, {"secret": name})


def append(name: str, text: str, to: str = "", n_tries: list[str] | None = None) -> Short:
    """Reads one row, and adds a text to it or to another."""

    def change(connection: Connection) -> str:
        if n_tries is not None:
            n_tries.append(text)
        row = READ.first(connection, {"secret": name})
        if to:
            row = READ.first(connection, {"secret": to})
        UPDATE.all(connection, {"value": row.value + text, "secret": row.name})
        return str(row.value)

    return change, first(name)


def alone(name: str, text: str) -> tuple[Callable[[Connection], object], First]:
    """As `append`, for `write_async`."""
    change, question = append(name, text)
    return change, lambda: [question]


def blind(name: str, to: str) -> Short:
    """Reads one row and writes another, which it has not read."""

    def change(connection: Connection) -> None:
        READ.first(connection, {"secret": name})
        UPDATE.all(connection, {"value": "blind", "secret": to})

    return change, first(name)


def spelt_out(name: str, to: str) -> Short:
    """As `blind`, with a statement that is not prepared."""

    def change(connection: Connection) -> None:
        READ.first(connection, {"secret": name})
        connection.execute(sa.update(schema.secrets).where(_secrets.name == to).values(value="sa"))

    return change, first(name)


def together(database: Database, shorts: Sequence[Short]) -> list[Any]:
    """What each is told, all waiting when the thread is free."""
    began, gate = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        began.set()
        gate.wait(30)

    async def write() -> list[Any]:
        held = asyncio.ensure_future(database.write_async(hold, lambda: [first("none")]))
        await asyncio.to_thread(began.wait, 30)
        waiting = [
            asyncio.ensure_future(database.write_async(change, lambda one=one: [one]))
            for change, one in shorts
        ]
        asyncio.get_running_loop().call_soon(gate.set)
        return (await asyncio.gather(held, *waiting, return_exceptions=True))[1:]

    return asyncio.run(write())


def values(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(sa.select(_secrets.name, _secrets.value)).all()
    return {row.name: row.value for row in rows}


def test_they_are_told_apart_and_kept(database: Database) -> None:
    assert together(database, [append(n, n) for n in "abc"]) == ["", "", ""]
    assert values(database) == {"a": "a", "b": "b", "c": "c"}


def test_they_share_a_transaction(database: Database) -> None:
    def number(name: str) -> Short:
        return lambda c: c.scalar(sa.text("SELECT pg_current_xact_id()::text")), first(name)

    assert len(set(together(database, [number(n) for n in "abc"]))) == 1


def test_two_of_one_row_see_each_other(database: Database) -> None:
    told = together(database, [append("a", text) for text in "1234"])
    assert told == ["", "1", "12", "123"]
    assert values(database)["a"] == "1234"


@pytest.mark.parametrize("other", [blind, spelt_out, lambda a, b: append(a, "x", to=b)])
def test_what_one_changes_of_anothers_row_the_other_reads(
    database: Database, other: Callable[[str, str], Short]
) -> None:
    told = together(database, [other("a", "b"), append("b", "+")])
    assert values(database)["b"] == told[1] + "+"
    assert told[1] in ("blind", "sa", "x")


def test_a_statement_that_is_not_prepared_sees_what_was_changed_before_it(
    database: Database,
) -> None:
    def change(connection: Connection) -> object:
        UPDATE.all(connection, {"value": "new", "secret": "a"})
        return connection.scalar(sa.select(_secrets.value).where(_secrets.name == "a"))

    assert together(database, [(change, first("a"))]) == ["new"]


KINDS = sa.Table(
    "of_all_kinds",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("number", sa.Double),
    sa.Column("yes", sa.Boolean),
    sa.Column("body", sa.LargeBinary),
    sa.Column("at", UtcTime),
    sa.Column("size", Count),
)
AT = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
ADD = Prepared(sa.insert(KINDS))
SET = Prepared(sa.update(KINDS).where(KINDS.c.id == sa.bindparam("key")), of="of_all_kinds")
GROW = Prepared(
    sa.update(KINDS)
    .where(KINDS.c.id == sa.bindparam("key"))
    .values(number=KINDS.c.number + sa.bindparam("more"))
)
ONE = Prepared(sa.select(KINDS).where(KINDS.c.id == sa.bindparam("key")), of="of_all_kinds")


@pytest.fixture
def kinds(database: Database) -> Database:
    database.write(lambda c: KINDS.create(c))
    return database


def stored(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(KINDS).order_by(KINDS.c.id))]


def test_values_of_every_kind_are_written_and_read_together_as_alone(kinds: Database) -> None:
    rows = [
        (1, "a", 0.5, True, b"\0\xff", AT, 10**30),
        (2**40, 'q"u\\o{t},e', 1e300, False, b"", AT + timedelta(days=1), 0),
        (3, None, None, None, None, None, None),
    ]
    names = KINDS.c.keys()
    added = [dict(zip(names, row, strict=True)) for row in rows]
    nothing = [(lambda c, n=n: ADD.all(c, n), first("none")) for n in added]
    together(kinds, nothing)
    assert stored(kinds) == sorted(rows)
    told = together(kinds, [(lambda c, n=n: ONE.first(c, n.values), n) for n in of_rows(rows)])
    assert [tuple(row) for row in told] == rows
    changed = [{**{name: None for name in names[1:]}, "key": row[0]} for row in rows]
    together(kinds, [(lambda c, n=n: SET.all(c, n), first("none")) for n in changed])
    assert stored(kinds) == [(row[0], *[None] * 6) for row in sorted(rows)]


def test_large_numbers_follow_small_ones(kinds: Database) -> None:
    for first_id in (1, 2**50):
        added = [{"id": first_id + n} for n in range(2)]
        together(kinds, [(lambda c, n=n: ADD.all(c, n), first("none")) for n in added])
    assert [row[0] for row in stored(kinds)] == [1, 2, 2**50, 2**50 + 1]


def of_rows(rows: Sequence[tuple[Any, ...]]) -> list[Question]:
    return [Question(ONE, {"key": row[0]}) for row in rows]


def test_what_is_not_there_is_read_ahead_as_nothing(kinds: Database) -> None:
    together(kinds, [(lambda c: ADD.all(c, {"id": 1}), first("none"))])
    asked = of_rows([(n,) for n in (3, 1, 2)])
    told = together(kinds, [(lambda c, n=n: ONE.first(c, n.values), n) for n in asked])
    assert [row and row.id for row in told] == [None, 1, None]


def test_changes_of_one_row_are_made_in_their_order(kinds: Database) -> None:
    """Among others, as values and as sums, of one writer and of several."""

    def add_and_set(connection: Connection) -> None:
        for key in (1, 2):
            ADD.all(connection, {"id": key, "number": 1.0})
        SET.all(connection, {"number": 2.0, "key": 1})
        GROW.all(connection, {"more": 0.5, "key": 1})
        SET.all(connection, {"text": "a", "key": 1})

    def set_again(connection: Connection) -> None:
        SET.all(connection, {"text": "b", "yes": True, "key": 1})
        SET.all(connection, {"number": 7.0, "key": 2})
        GROW.all(connection, {"more": 1.0, "key": 2})

    def add_late(connection: Connection) -> None:
        SET.all(connection, {"number": 9.0, "key": 2})
        ADD.all(connection, {"id": 3})
        SET.all(connection, {"number": 3.0, "key": 3})

    together(kinds, [(one, first("none")) for one in (add_and_set, set_again, add_late)])
    assert [row[:4] for row in stored(kinds)] == [
        (1, "b", 2.5, True),
        (2, None, 9.0, None),
        (3, None, 3.0, None),
    ]


def test_one_that_refuses_before_it_wrote_holds_up_no_other(database: Database) -> None:
    """It is told so at once, and the others' transaction goes on."""
    n_tries: list[str] = []

    def refuse(_: Connection) -> None:
        n_tries.append("refused")
        raise NotFound("no such row")

    told = together(database, [append("a", "1", n_tries=n_tries), (refuse, first("b"))])
    assert (told[0], str(told[1])) == ("", "no such row")
    assert n_tries == ["1", "refused"]


def test_one_that_refuses_after_it_wrote_is_undone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(connection: Connection) -> None:
        UPDATE.all(connection, {"value": "half", "secret": "b"})
        raise NotFound("no such row")

    told = together(database, [append("a", "1"), (refuse, first("b"))])
    assert (told[0], str(told[1])) == ("", "no such row")
    assert values(database) == {"a": "1", "b": "", "c": ""}
    assert not caplog.records


def test_one_that_fails_takes_no_other_with_it(database: Database) -> None:
    def failing(connection: Connection) -> None:
        UPDATE.all(connection, {"value": "half", "secret": "c"})
        raise ValueError("no")

    def unstorable(connection: Connection) -> None:
        UPDATE.all(connection, {"value": "\0", "secret": "c"})

    def taken(connection: Connection) -> None:
        INSERT.all(connection, {"name": "a", "value": ""})

    shorts: list[Short] = [(change, first("c")) for change in (failing, unstorable, taken)]
    told = together(database, [append("a", "1"), *shorts, append("b", "2")])
    assert [told[0], told[-1]] == ["", ""]
    assert [type(error).__name__ for error in told[1:-1]] == [
        "ValueError",
        "BadInput",
        "IntegrityError",
    ]
    assert values(database) == {"a": "1", "b": "2", "c": ""}


def test_a_fault_of_ours_in_what_is_shared_is_heard_of_and_nothing_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("asked in a wrong way")

    monkeypatch.setattr(shared_writes, "read_ahead", broken)
    assert together(database, [append("a", "1"), append("b", "2")]) == ["", ""]
    assert values(database) == {"a": "1", "b": "2", "c": ""}
    [told] = [record for record in caplog.records if record.name == shared_writes.__name__]
    assert "asked in a wrong way" in (told.exc_text or str(told.exc_info))


def test_a_row_that_somebody_holds_keeps_only_its_own_write_waiting(database: Database) -> None:
    other = sa.create_engine(database.url)
    with other.connect() as holder:
        holder.execute(sa.select(_secrets.name).where(_secrets.name == "a").with_for_update())

        async def write() -> str:
            held, _ = (
                asyncio.ensure_future(database.write_async(*alone("a", "1"))),
                await asyncio.sleep(0),
            )
            told = await asyncio.wait_for(database.write_async(*alone("b", "2")), 30)
            assert told == ""
            assert not held.done()
            holder.rollback()
            return str(await asyncio.wait_for(held, 30))

        assert asyncio.run(write()) == ""
    other.dispose()
    assert values(database) == {"a": "1", "b": "2", "c": ""}


def test_a_connection_that_was_cut_is_nobodys_failure(database: Database) -> None:
    pids = together(
        database, [(lambda c: c.scalar(sa.text("SELECT pg_backend_pid()")), first("a"))]
    )
    other = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(pids[0], 10_000)))
    other.dispose()
    assert together(database, [append("a", "1"), append("b", "2")]) == ["", ""]
    assert values(database) == {"a": "1", "b": "2", "c": ""}


def test_the_connection_is_given_back_when_nothing_comes(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_writes, "IDLE_S", 0.01)
    database = Database(postgresql_url, n_connections=6)
    together(database, [(lambda c: None, first("a"))])
    pool: Any = database._engine.pool
    wait_until(lambda: pool.checkedout() == 0, 60, lambda: str(pool.status()))
    shown = database.write(lambda c: c.scalar(sa.text("SHOW lock_timeout")))
    assert shown == "0"
    database.close()
