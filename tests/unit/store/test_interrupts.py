"""Reads end with the request they are for: one long statement, many short ones, rows and rows."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweepd.domain import patience
from sweepd.domain.errors import TooLarge
from sweepd.domain.patience import Patience, working_for
from sweepd.store import schema
from sweepd.store.database import Connection, Database
from sweepd.store.sqlite import sqlite_url

ENDLESS = sa.text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
)
ROWS = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    url = "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))
    opened = Database(url or sqlite_url(tmp_path / "test.db"))
    yield opened
    opened.close()


def one_statement(connection: Connection) -> None:
    connection.execute(ENDLESS).scalar_one()


def many_statements(connection: Connection) -> None:
    while True:
        connection.execute(sa.select(schema.secrets.c.name)).all()


def short() -> Patience:
    request = Patience()
    request.begin(0.3)
    return request


def left() -> Patience:
    request = Patience()
    request.begin(1e6)
    threading.Timer(0.3, request.abandon).start()
    return request


def test_no_statement_is_begun_for_a_request_that_is_over(database: Database) -> None:
    """However short; a change that was begun is finished."""
    statement = sa.text("SELECT 1")
    gone = Patience()
    gone.abandon()
    with working_for(gone):
        with pytest.raises(TooLarge), database.read() as connection:
            connection.execute(statement)
        assert database.write(lambda c: c.execute(statement).scalar_one()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("request_of", [short, left])
@pytest.mark.parametrize("work", [one_statement, many_statements])
def test_a_read_ends_with_its_request(
    database: Database, work: Callable[[Connection], None], request_of: Callable[[], Patience]
) -> None:
    for _ in range(2):  # what served it serves again
        with (
            working_for(request_of()),
            pytest.raises(TooLarge, match="ask for less"),
            database.read() as connection,
        ):
            work(connection)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


@pytest.mark.slow
def test_rows_that_come_one_by_one_end_too(tmp_path: Path) -> None:
    """SQLite makes rows while they are taken."""
    database = Database(sqlite_url(tmp_path / "test.db"))
    with (
        working_for(short()),
        pytest.raises(TooLarge),
        database.read() as connection,
    ):
        for _ in connection.execute(ROWS):
            pass
    database.close()


@pytest.mark.slow
def test_others_reads_go_on(database: Database) -> None:
    """Whatever is cancelled, it is nobody else's statement, also on a connection used again."""
    ends = threading.Event()

    def other() -> None:
        while not ends.is_set():
            request = Patience()
            request.begin(1e6)
            with working_for(request), database.read() as connection:
                connection.execute(sa.text("SELECT 1")).scalar_one()

    failures: list[BaseException] = []

    def kept() -> None:
        try:
            other()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=kept) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        with working_for(short()), pytest.raises(TooLarge), database.read() as connection:
            one_statement(connection)
    ends.set()
    for thread in threads:
        thread.join(30)
    assert not failures


@pytest.mark.slow
def test_a_change_that_was_begun_is_finished(database: Database) -> None:
    def change(connection: Connection) -> None:
        request.abandon()
        connection.execute(sa.insert(schema.secrets).values(name="kept", value=""))

    request = Patience()
    with working_for(request):
        database.write(change)
    with database.read() as connection:
        assert connection.execute(sa.select(schema.secrets.c.name)).scalar_one() == "kept"


@pytest.mark.slow
def test_work_that_nobody_asked_for_goes_on(database: Database) -> None:
    assert patience.current().end is None
    patience.afford(10**12)
    with database.read() as connection:
        connection.execute(sa.text("SELECT 1"))


def test_what_may_be_answered_is_known_before_it_is_gathered() -> None:
    request = Patience()
    request.begin(60.0, items=10)
    with working_for(request):
        patience.afford(10)
        with pytest.raises(TooLarge, match="more than 10"):
            patience.afford(11)
