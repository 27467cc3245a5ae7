"""PostgreSQL's places are few: a server takes its share, and waits for a free one."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from sweepd.domain.errors import BadInput
from sweepd.store import postgresql
from sweepd.store.database import Database

pytestmark = pytest.mark.postgres


@pytest.fixture
def crowded(postgresql: str, postgresql_url: str) -> Iterator[str]:
    """An address of a user who may have three connections."""
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    role = "crowded_" + postgresql_url.rsplit("_", 1)[1][:8]
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 3")
    yield postgresql_url.replace("sweepd@", f"{role}@")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP ROLE {role}")
    engine.dispose()


def test_who_finds_no_place_waits_for_one(crowded: str) -> None:
    engine = postgresql.single(crowded)
    with ExitStack() as others:
        held = [others.enter_context(engine.connect()) for _ in range(3)]
        found: list[object] = []

        def ask() -> None:
            with engine.connect() as connection:
                found.append(connection.scalar(sa.select(1)))

        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(0.3)
        assert asking.is_alive() and not found
        held[0].close()
        asking.join(60)
        assert found == [1]
    engine.dispose()


def test_it_fails_when_none_comes_free_in_time(
    crowded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "WAIT_S", 0.2)
    engine = postgresql.single(crowded)
    with ExitStack() as others:
        for _ in range(3):
            others.enter_context(engine.connect())
        with pytest.raises(sa.exc.OperationalError, match="too many connections"):
            engine.connect()
    engine.dispose()


def test_a_server_opens_no_more_than_its_share(postgresql_url: str) -> None:
    database = Database(postgresql_url, n_connections=8)
    most = 8 - postgresql.N_NEWS
    inside, is_over = threading.Semaphore(0), threading.Event()

    def hold() -> None:
        with database.read() as connection:
            connection.execute(sa.select(1))
            inside.release()
            is_over.wait(60)

    threads = [threading.Thread(target=hold) for _ in range(3 * most)]
    for thread in threads:
        thread.start()
    for _ in range(most):
        assert inside.acquire(timeout=60)
    count = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    looking = sa.create_engine(postgresql_url)
    with looking.connect() as connection:
        assert connection.scalar(count) == most + 1
    looking.dispose()
    is_over.set()
    for thread in threads:
        thread.join(60)
    database.close()


def test_a_share_that_cannot_work_is_refused(postgresql_url: str) -> None:
    with pytest.raises(BadInput, match="at least 6, got 3"):
        Database(postgresql_url, n_connections=3)
