"""Nobody waits for what another person's sweeps have looked for, however many they are."""

import asyncio
import threading
from pathlib import Path

import pytest

from sweepd.domain.patience import Patience, working_for
from sweepd.services.sweeps import ahead
from sweepd.store.database import Connection, Database
from sweepd.store.sqlite import sqlite_url

N_HOSTILE = 100  # more than there are threads


def request_of(user: str) -> Patience:
    made = Patience()
    made.user = user
    return made


@pytest.mark.slow
def test_one_persons_looks_hold_up_nobody_elses(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "test.db"))
    has_begun, may_end = threading.Event(), threading.Event()
    n_at_once = [0]

    def endless() -> int:
        n_at_once[0] += 1
        has_begun.set()
        assert may_end.wait(60)
        n_at_once[0] -= 1
        return 1

    async def ask(user: str, name: str, find: object) -> int:
        def change(_: Connection) -> int:
            return int(ahead.kept((tmp_path, name), find))  # type: ignore[arg-type]

        with working_for(request_of(user)):
            return await database.write_async(change)

    async def all_of_it() -> None:
        hostile = [asyncio.create_task(ask("mallory", f"m{n}", endless)) for n in range(N_HOSTILE)]
        assert await asyncio.to_thread(has_begun.wait, 60)
        found = await asyncio.wait_for(ask("ann", "a", lambda: 2), 60)
        assert found == 2
        assert n_at_once[0] == 1, "of one person one at a time"
        may_end.set()
        assert await asyncio.gather(*hostile) == [1] * N_HOSTILE

    asyncio.run(all_of_it())
    database.close()
