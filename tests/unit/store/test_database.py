"""Transactions: durable, together, apart when one fails; migrations make the declared schema."""

import asyncio
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from sweepd.domain.before import WorkFirst
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.store import history, migrate, schema
from sweepd.store.database import Connection, Database
from sweepd.store.history import Stream
from sweepd.store.sqlite import sqlite_url
from tests.parts import new_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "test.db").write_bytes(new_database())
    opened = Database(sqlite_url(tmp_path / "test.db"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
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


@pytest.mark.slow
def test_what_is_read_together_is_of_one_moment(either: Database) -> None:
    """On PostgreSQL each statement saw what others had changed since the one before: the search
    was told of fewer configs than were known to be taken, and a replica gave one out again."""
    either.write(lambda connection: connection.execute(add("before")))
    query = sa.select(schema.secrets.c.name)
    with either.read() as connection:
        first = set(connection.execute(query).scalars())
        either.write(lambda connection: connection.execute(add("meanwhile")))
        assert set(connection.execute(query).scalars()) == first
    assert names(either) == first | {"meanwhile"}


def test_two_who_make_the_same_at_once_find_what_the_first_made(postgresql_url: str) -> None:
    """Two replicas on PostgreSQL both saw no row of that name; the second was an error 500."""
    one, other = Database(postgresql_url), Database(postgresql_url)
    meetings = []

    def ensure(connection: Connection) -> str:
        found = sa.select(schema.secrets.c.name).where(schema.secrets.c.name == "same")
        if connection.execute(found).first() is not None:
            return "found"
        if not meetings:
            meetings.append(other.write(ensure_too))
        connection.execute(add("same"))
        return "made"

    def ensure_too(connection: Connection) -> None:
        connection.execute(add("same"))

    assert one.write(ensure) == "found"
    with pytest.raises(sa.exc.IntegrityError):
        one.write(ensure_too)
    one.close()
    other.close()


def test_a_failing_write_takes_no_other_with_it(database: Database) -> None:
    gate = threading.Event()
    database_writes: list[threading.Thread] = []
    failures: list[BaseException] = []

    def slow(connection: Connection) -> None:
        gate.wait(60)
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


def test_a_batch_is_done_again_only_when_one_of_it_failed_halfway(database: Database) -> None:
    n_tries: Counter[str] = Counter()

    def refused(connection: Connection) -> None:
        n_tries["refused"] += 1
        raise ValueError("before it wrote")

    def halfway(connection: Connection) -> None:
        connection.execute(add("half"))
        refused(connection)

    def good(connection: Connection) -> str:
        n_tries["good"] += 1
        connection.execute(add("good"))
        return "told"

    def together(*changes: Callable[[Connection], object]) -> list[object]:
        began, gate = threading.Event(), threading.Event()

        def hold(_: Connection) -> None:
            began.set()
            gate.wait(30)

        async def write() -> list[object]:
            held = asyncio.ensure_future(database.write_async(hold))
            await asyncio.to_thread(began.wait, 30)
            waiting = [asyncio.ensure_future(database.write_async(change)) for change in changes]
            asyncio.get_running_loop().call_soon(gate.set)
            return [*await asyncio.gather(held, *waiting, return_exceptions=True)][1:]

        return asyncio.run(write())

    told = together(refused, good)
    assert [type(told[0]), told[1]] == [ValueError, "told"]
    assert n_tries == {"refused": 1, "good": 1}
    database.write(lambda c: c.execute(sa.delete(schema.secrets)))
    told = together(good, halfway)
    assert [told[0], type(told[1])] == ["told", ValueError]
    assert n_tries == {"refused": 3, "good": 3}
    assert names(database) == {"good"}


@pytest.mark.slow
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


@pytest.mark.slow
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
        gate.wait(60)
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


@pytest.mark.slow
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


def test_full_disk_is_said_and_passes(database: Database) -> None:
    def limit(connection: Connection, n_more: int) -> None:
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {n_pages + n_more}")

    big = sa.insert(schema.secrets).values(name="big", value="x" * 200_000)
    database.write(lambda c: limit(c, 2))
    with pytest.raises(Unavailable, match="full"):
        database.write(lambda c: c.execute(big))
    assert names(database) == set()
    database.write(lambda c: c.execute(add("small")))
    database.write(lambda c: limit(c, 1000))
    database.write(lambda c: c.execute(big))
    assert names(database) == {"small", "big"}


def test_each_time_writes_begin_to_fail_it_is_logged_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    def told() -> list[str]:
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return ["fails" if "cannot take writes" in line else line for line in lines]

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("sweepd.store.sqlite_writer._change_all", broken)
            for _ in range(2):
                with pytest.raises(Unavailable):
                    database.write(lambda c: c.execute(add("lost")))
        assert told() == ["fails"]
        for name in ("a", "b"):
            database.write(lambda c, name=name: c.execute(add(name)))  # type: ignore[misc]
        assert told() == ["the database takes writes again"]
        database.write(lambda c: c.execute(sa.delete(schema.secrets)))


def test_a_write_the_database_cannot_read_takes_no_other_with_it(database: Database) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(add("half"))
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(sa.exc.OperationalError):
        database.write(wrong)
    database.write(lambda c: c.execute(add("next")))
    assert names(database) == {"next"}


@pytest.mark.slow
def test_database_locked_by_another_process_is_unavailable_until_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepd.store.sqlite.BUSY_TIMEOUT_MS", 50)
    database = Database(sqlite_url(tmp_path / "test.db"))
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        database.write(lambda c: c.execute(add("early")))
    assert names(database) == set()  # reading goes on
    other.execute("COMMIT")
    database.write(lambda c: c.execute(add("late")))
    assert names(database) == {"late"}
    other.close()
    database.close()


@pytest.mark.slow
def test_a_write_that_meets_the_end_is_refused_not_kept_waiting(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "test.db"))
    answers: list[object] = []

    def work() -> None:
        while True:
            try:
                database.write(lambda c: c.execute(sa.select(1)).scalar())
            except Unavailable as error:
                answers.append(error)
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    database.close()
    for thread in threads:
        thread.join(10)
    assert len(answers) == 8


def test_reads_cannot_write(database: Database) -> None:
    with database.read() as connection, pytest.raises(sa.exc.OperationalError):
        connection.execute(add("no"))


@pytest.mark.slow
def test_migrations_make_the_declared_schema(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


@pytest.mark.slow
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


@pytest.mark.slow
def test_forks_of_before_are_converted(tmp_path: Path) -> None:
    """Schema 4 looked parents up by the config at each reading, and numbered rows from 0."""
    url = sqlite_url(tmp_path / "old.db")
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, "0004")
    with engine.begin() as connection:
        _fill_schema_4(connection)
    engine.dispose()
    reopened = Database(url)
    with reopened.read() as connection:
        forks = connection.execute(
            sa.text("SELECT id, parent_pk, inherited_lines, history_lines, last_step FROM runs")
        ).all()
        found = {pk: list(history.read_lines(connection, pk, Stream.HISTORY)) for pk in (2, 3)}
    reopened.close()
    assert [tuple(row) for row in forks] == [
        (1, None, 0, 3, 2),
        (2, 3, 3, 4, 9),
        (3, 1, 2, 3, 2),
        (4, None, 0, 0, -1),
    ]
    assert found == {2: [(3, '{"_step":9}')], 3: [(2, '{"_step":2}')]}


def _fill_schema_4(connection: Connection) -> None:
    """Run 2 is a fork of run 3, run 3 one of run 1, run 4 of nobody."""

    def say(text: str, **values: object) -> None:
        connection.execute(sa.text(text), values)

    say("INSERT INTO entities VALUES (1, 'ann', 'user', 0)")
    say("INSERT INTO projects VALUES (1, 1, 'p', '', 0)")
    runs = {1: (None, [0, 1, 2]), 2: (("r3", 8), [9]), 3: (("r1", 1), [2]), 4: (("gone", 1), [])}
    for pk, (parent, steps) in runs.items():
        point = (
            {"branch_point": dict(zip(("run_id", "step"), parent, strict=True))} if parent else {}
        )
        say(
            "INSERT INTO runs (id, project_id, run_id, state, config, history_lines, last_step, "
            "created_at, updated_at) VALUES (:pk, 1, :name, 'finished', :config, :n, :last, 0, 0)",
            pk=pk,
            name=f"r{pk}",
            config=json.dumps({"_wandb": {"value": point}}),
            n=len(steps),
            last=max(steps, default=-1),
        )
        if steps:
            say(
                "INSERT INTO chunks VALUES (:pk, 0, 0, :n, :low, :high, :body)",
                pk=pk,
                n=len(steps),
                low=steps[0],
                high=steps[-1],
                body="\n".join(f'{{"_step":{step}}}' for step in steps).encode(),
            )


def test_numbers_of_ours_end_in_pk_and_texts_of_clients_in_id() -> None:
    assert len(schema.metadata.tables) > 20
    for table in schema.metadata.tables.values():
        for column in table.columns:
            is_number = isinstance(column.type, sa.Integer)
            if column.name.endswith("_id"):
                assert not is_number, f"{column} is a number: name it {column.name[:-3]}_pk"
            if column.foreign_keys or column.name.endswith("_pk"):
                assert is_number and column.name.endswith("_pk"), column


@pytest.mark.slow
@pytest.mark.parametrize("value", ["a\0b", "\ud800", 2**70, -(2**70)], ids=repr)
def test_what_no_column_holds_is_the_senders_fault(either: Database, value: object) -> None:
    table = schema.sweeps
    column = table.c.display_name if isinstance(value, str) else table.c.run_cap

    def write(connection: Connection) -> None:
        connection.execute(sa.update(table).where(column == value).values(description="x"))

    try:
        either.write(write)
        with either.read() as connection:
            connection.execute(sa.select(table).where(column == value)).all()
    except BadInput as error:
        assert "cannot be stored" in str(error)
    assert either.write(lambda _: 1) == 1


def test_work_that_a_write_needs_first_is_done_and_the_write_begun_again(
    database: Database,
) -> None:
    done: list[str] = []

    def change(_: Connection) -> str:
        if not done:
            raise WorkFirst(lambda: done.append("computed"))
        return done[0]

    assert asyncio.run(database.write_async(change)) == "computed"
    done.clear()
    assert database.write(change) == "computed"
