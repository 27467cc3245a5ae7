"""Transactions: durable, together, apart when one fails; migrations make the declared schema."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sweepd.domain.errors import Unavailable
from sweepd.store import migrate, schema
from sweepd.store.database import Connection, Database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(sqlite_url(tmp_path / "test.db"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    url = "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))
    opened = Database(url or sqlite_url(tmp_path / "either.db"))
    yield opened
    opened.close()


def add(name: str) -> sa.Insert:
    return sa.insert(schema.secrets).values(name=name, value="")


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(sa.select(schema.secrets.c.name)).scalars())


def test_a_failing_write_takes_no_other_with_it(database: Database) -> None:
    gate = threading.Event()
    database_writes: list[threading.Thread] = []
    failures: list[BaseException] = []

    def slow(connection: Connection) -> None:
        gate.wait(5)
        connection.execute(add("slow"))

    def bad(connection: Connection) -> None:
        connection.execute(add("half"))
        raise ValueError("no")

    def attempt(change: object) -> None:
        try:
            database.write(change)  # type: ignore[arg-type]
        except ValueError as error:
            failures.append(error)

    changes = [slow, bad, lambda c: c.execute(add("good"))]
    for change in changes:  # the first holds the writer, so the others share a commit
        thread = threading.Thread(target=attempt, args=(change,))
        thread.start()
        database_writes.append(thread)
    gate.set()
    for thread in database_writes:
        thread.join()
    assert names(database) == {"slow", "good"}
    assert len(failures) == 1


def test_many_threads_lose_nothing(database: Database) -> None:
    def work(number: int) -> None:
        for i in range(50):
            database.write(lambda c, n=f"{number}-{i}": c.execute(add(n)))  # type: ignore[misc]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 800


def test_writes_from_the_event_loop_are_told_apart(either: Database) -> None:
    def bad(connection: Connection) -> None:
        connection.execute(add("half"))
        raise ValueError("no")

    async def write() -> list[object]:
        good = [either.write_async(lambda c, n=n: c.execute(add(n)) and n) for n in "abc"]  # type: ignore[misc]
        return await asyncio.gather(*good, either.write_async(bad), return_exceptions=True)

    *told, failure = asyncio.run(write())
    assert told == ["a", "b", "c"]
    assert isinstance(failure, ValueError)
    assert names(either) == {"a", "b", "c"}


def test_a_write_nobody_waits_for_any_more_is_kept(database: Database) -> None:
    gate = threading.Event()

    def slow(connection: Connection) -> None:
        gate.wait(5)
        connection.execute(add("kept"))

    async def give_up() -> None:
        task = asyncio.create_task(database.write_async(slow))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await database.write_async(lambda c: c.execute(add("next")))

    asyncio.run(give_up())
    assert names(database) == {"kept", "next"}


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "test.db")
    first = Database(url)
    first.write(lambda c: c.execute(add("kept")))
    first.close()
    first.close()
    second = Database(url)
    assert names(second) == {"kept"}
    second.close()
    with pytest.raises(Unavailable):
        second.write(lambda c: c.execute(add("late")))


def test_reads_cannot_write(database: Database) -> None:
    with database.read() as connection, pytest.raises(sa.exc.OperationalError):
        connection.execute(add("no"))


def test_migrations_make_the_declared_schema(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_newer_database_is_refused_with_advice(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "test.db")
    opened = Database(url)
    opened.write(lambda c: c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    opened.close()
    with pytest.raises(migrate.NewerDatabase, match="install the newer sweepd"):
        Database(url)


def test_head_names_the_newest_migration() -> None:
    folder = Path(migrate.__file__).parent / "migrations" / "versions"
    assert sorted(path.name[:4] for path in folder.glob("0*.py"))[-1] == migrate.HEAD
