"""Short writes on SQLite are made on the event loop, and nobody can tell from what is kept."""

import asyncio
import contextvars
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sweepd.domain.before import WorkFirst
from sweepd.domain.errors import BadInput, NotFound, Unavailable
from sweepd.store import loop_writes, schema
from sweepd.store.database import Connection, Database
from sweepd.store.sharing import by_itself, in_a_thread
from sweepd.store.sqlite import sqlite_url
from tests.parts import new_database

Change = Callable[[Connection], object]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(loop_writes, "SLOW_S", 1e9)  # however busy the machine is
    (tmp_path / "test.db").write_bytes(new_database())
    opened = Database(sqlite_url(tmp_path / "test.db"))
    yield opened
    opened.close()


def short(database: Database, change: Change) -> Coroutine[Any, Any, object]:
    return database.write_async(change, lambda: ())


def add(name: str) -> Change:
    """Gives the thread it is made in."""

    def change(connection: Connection) -> int:
        connection.execute(sa.insert(schema.secrets).values(name=name, value=""))
        return threading.get_ident()

    return change


def add_in_a_thread(name: str, leave: Callable[[Connection], None] = in_a_thread) -> Change:
    def change(connection: Connection) -> object:
        leave(connection)
        return add(name)(connection)

    return change


def refused(_: Connection) -> None:
    raise NotFound("before it wrote")


def halfway(connection: Connection) -> None:
    add("half")(connection)
    raise NotFound("after it wrote")


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(sa.select(schema.secrets.c.name)).scalars())


def told(database: Database, *changes: Change) -> list[Any]:
    """What changes come to that wait in the same turn of a loop of their own."""

    async def write() -> list[Any]:
        waiting = [short(database, change) for change in changes]
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(write())


def commits(database: Database) -> list[int]:
    """Grows with each commit; the threads that make them."""
    found: list[int] = []
    assert database._writer is not None
    sa.event.listen(
        database._writer.engine, "commit", lambda _: found.append(threading.get_ident())
    )
    return found


def test_they_are_made_on_the_loop_together_and_committed_elsewhere(database: Database) -> None:
    by = commits(database)
    here = threading.get_ident()
    assert told(database, add("a"), add("b"), add("c")) == [here] * 3
    assert len(by) == 1
    assert here not in by
    assert names(database) == {"a", "b", "c"}


def test_what_is_durable_is_told_and_not_before(database: Database) -> None:
    seen = []

    async def write() -> None:
        for name in "abc":
            await short(database, add(name))
            seen.append(names(database))

    asyncio.run(write())
    assert seen == [{"a"}, {"a", "b"}, {"a", "b", "c"}]


def test_one_that_refuses_is_told_alone_and_no_other_is_made_again(database: Database) -> None:
    made = Counter[str]()

    def counted(connection: Connection) -> object:
        made["counted"] += 1
        return add("counted")(connection)

    failure, here = told(database, refused, counted)
    assert isinstance(failure, NotFound)
    assert here == threading.get_ident()
    assert made["counted"] == 1
    assert names(database) == {"counted"}


def test_one_that_fails_halfway_leaves_nothing_and_takes_no_other_with_it(
    database: Database,
) -> None:
    first, failure, last = told(database, add("first"), halfway, add("last"))
    assert isinstance(failure, NotFound)
    assert first == last != threading.get_ident()  # made again
    assert names(database) == {"first", "last"}
    assert told(database, add("next")) == [threading.get_ident()]


@pytest.mark.parametrize("leave", [in_a_thread, by_itself])
def test_what_takes_long_leaves_the_loop_and_the_others_stay(
    database: Database, leave: Callable[[Connection], None]
) -> None:
    here = threading.get_ident()
    by = told(database, add("a"), add_in_a_thread("long", leave), add("b"))
    assert [one == here for one in by] == [True, False, True]
    assert names(database) == {"a", "long", "b"}
    assert told(database, add_in_a_thread("only", leave)) != [here]
    assert "only" in names(database)


def test_while_the_thread_makes_a_write_the_loop_goes_on(database: Database) -> None:
    began, gate = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        began.set()
        assert gate.wait(60)

    async def write() -> object:
        held = asyncio.ensure_future(asyncio.to_thread(database.write, hold))
        await asyncio.to_thread(began.wait, 60)
        waiting = asyncio.ensure_future(short(database, add("a")))
        for _ in range(20):
            await asyncio.sleep(0)  # the loop turns: it makes what it can
        assert not waiting.done()
        gate.set()
        await held
        return await waiting

    assert asyncio.run(write()) != threading.get_ident()
    assert names(database) == {"a"}


def test_while_another_process_writes_the_loop_goes_on(tmp_path: Path, database: Database) -> None:
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> object:
        waiting = asyncio.ensure_future(short(database, add("a")))
        for _ in range(20):
            await asyncio.sleep(0)
        other.execute("COMMIT")  # never, if the loop waited for it
        return await waiting

    assert asyncio.run(write()) != threading.get_ident()
    other.close()
    assert names(database) == {"a"}
    assert told(database, add("b")) == [threading.get_ident()]


def test_a_write_in_a_thread_waits_for_others_as_before(tmp_path: Path, database: Database) -> None:
    """Not to wait is for the loop's own writes."""
    told(database, add("a"))
    assert database._writer is not None

    def patience(connection: Connection) -> object:
        return connection.exec_driver_sql("PRAGMA busy_timeout").scalar()

    assert database.write(patience) == 15_000


def test_a_slow_one_gives_the_next_to_the_thread_for_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = threading.get_ident()

    async def write() -> list[bool]:
        found = []
        for slow_s, rest_s, name in ((-1, 1e9, "a"), (1e9, 0, "b"), (1e9, 0, "c")):
            monkeypatch.setattr(loop_writes, "SLOW_S", slow_s)
            monkeypatch.setattr(loop_writes, "REST_S", rest_s)
            found.append(await short(database, add(name)) == here)
        assert database._loop_writes is not None
        of_loop = database._loop_writes.of(asyncio.get_running_loop())
        assert of_loop is not None
        of_loop._rests_until = 0.0
        found.append(await short(database, add("d")) == here)
        return found

    assert asyncio.run(write()) == [True, False, False, True]
    assert names(database) == set("abcd")


def test_what_is_left_when_time_is_up_is_made_by_the_thread(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait, and however long each takes, the loop goes on after it."""
    monkeypatch.setattr(loop_writes, "SLOW_S", 0)
    by = told(database, *(add(name) for name in "abcd"))
    assert [one == threading.get_ident() for one in by] == [True, False, False, False]
    assert names(database) == set("abcd")


def test_more_than_goes_together_goes_one_lot_after_the_other(database: Database) -> None:
    by = commits(database)
    n = 3 * loop_writes.MOST + 5
    assert told(database, *(add(str(i)) for i in range(n))) == [threading.get_ident()] * n
    assert len(by) == 4
    assert len(names(database)) == n


def test_a_commit_that_fails_is_told_to_all_and_passes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.engine.RootTransaction.commit", broken)
        failures = told(database, add("a"), add("b"))
    assert [type(failure) for failure in failures] == [Unavailable] * 2
    assert names(database) == set()
    assert told(database, add("a")) == [threading.get_ident()]
    assert names(database) == {"a"}


def test_work_that_one_needs_first_is_done_between_two_tries(database: Database) -> None:
    done: list[int] = []

    def change(connection: Connection) -> object:
        if not done:
            raise WorkFirst(lambda: done.append(threading.get_ident()))
        return add("a")(connection)

    assert told(database, change) == [threading.get_ident()]
    assert done != [threading.get_ident()]


def test_none_knows_whose_request_came_before_it(database: Database) -> None:
    who = contextvars.ContextVar("who", default="nobody")

    async def write() -> object:
        who.set("ann")
        return await short(database, lambda _: who.get())

    assert asyncio.run(write()) == "nobody"


def test_a_write_inside_one_is_refused_not_waited_for(database: Database) -> None:
    [failure] = told(database, lambda _: database.write(add("inner")))
    assert isinstance(failure, AssertionError)


def test_a_second_loop_has_the_thread_and_a_later_one_its_own(database: Database) -> None:
    async def beside() -> object:
        await short(database, add("a"))
        return await asyncio.to_thread(lambda: told(database, add("b")))

    [other] = asyncio.run(beside())  # type: ignore[misc]
    assert other != threading.get_ident()
    assert told(database, add("c")) == [threading.get_ident()]
    assert names(database) == {"a", "b", "c"}


def test_the_end_finishes_what_is_made_and_refuses_the_rest(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "test.db"))

    async def write() -> list[Any]:
        answers: list[Any] = []

        async def work(number: int) -> None:
            for n in range(10_000):
                try:
                    await short(database, add(f"{number}-{n}"))
                except Unavailable as error:
                    answers.append(error)
                    return
                kept.add(f"{number}-{n}")

        works = [asyncio.ensure_future(work(number)) for number in range(8)]
        while len(kept) < 20:
            await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        await asyncio.wait_for(asyncio.gather(*works), 60)
        return answers

    kept: set[str] = set()
    assert len(asyncio.run(write())) == 8
    again = Database(sqlite_url(tmp_path / "test.db"))
    assert names(again) >= kept
    again.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_at_once_comes_to_what_it_would_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Writes of a loop and of threads, of all kinds, in any order."""
    monkeypatch.setattr(loop_writes, "MOST", 7)
    draws = random.Random(seed)
    kinds: dict[str, Callable[[str], Change]] = {
        "good": add,
        "long": add_in_a_thread,
        "refused": lambda _: refused,
        "halfway": lambda _: halfway,
        "unstorable": lambda _: add("\ud800"),
    }
    drawn = [draws.choices([*kinds], [40, 3, 3, 1, 1])[0] for _ in range(120)]

    async def one(n: int, kind: str) -> bool:
        change = kinds[kind](str(n))
        for _ in range(draws.randrange(40)):
            await asyncio.sleep(0)
        is_thread = draws.random() < 0.2
        try:
            await (
                asyncio.to_thread(database.write, change) if is_thread else short(database, change)
            )
        except (NotFound, BadInput):
            return False
        return True

    async def write() -> list[bool]:
        return await asyncio.gather(*(one(n, kind) for n, kind in enumerate(drawn)))

    well = {str(n) for n, kind in enumerate(drawn) if kind in ("good", "long")}
    answers = asyncio.run(write())
    assert {str(n) for n, is_well in enumerate(answers) if is_well} == well
    assert names(database) == well
