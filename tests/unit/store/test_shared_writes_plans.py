"""What was planned while a table was empty is not followed when it has thousands of rows."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from sweepd.domain.runs import RunState
from sweepd.store import run_heads, runs
from sweepd.store.database import Connection, Database
from tests.unit.store.world import World

N_RUNS = 3000
GROW = """INSERT INTO runs (project_pk, run_id, state, created_at, updated_at)
SELECT :project, 'more' || n, 'finished', 0, 0 FROM generate_series(1, :n) AS n"""
READ = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'runs'"


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    opened.close()


def test_a_run_is_found_by_its_index_once_there_are_many(database: Database) -> None:
    def begin(connection: Connection) -> tuple[int, int]:
        world = World(connection)
        for n in range(8):
            world.run(f"r{n}", state=RunState.RUNNING)
        return world.ann_entity, world.p

    entity, project = database.write(begin)

    def touch(connection: Connection, n: int) -> None:
        head = run_heads.find_head(connection, entity, "p", f"r{n}")
        assert head is not None
        runs.update_run(connection, head.pk, {"console_lines": 1})
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")

    async def touch_all() -> None:
        writes = [
            database.write_async(
                lambda c, n=n: touch(c, n),  # type: ignore[misc]
                lambda n=n: [run_heads.by_path(entity, "p", f"r{n}")],  # type: ignore[misc]
            )
            for n in range(8)
        ]
        await asyncio.gather(*writes)

    def rows_read() -> int:
        """By a scan of the whole table, in one turn."""
        with database.read() as connection:
            before = connection.execute(sa.text(READ)).scalar_one()
        asyncio.run(touch_all())
        with database.read() as connection:
            return int(connection.execute(sa.text(READ)).scalar_one() - before)

    rows_read()
    database.write(lambda c: c.execute(sa.text(GROW), {"project": project, "n": N_RUNS}))
    for _ in range(16):
        asyncio.run(touch_all())
    assert rows_read() == 0
