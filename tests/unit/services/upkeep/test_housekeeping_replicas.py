"""Several servers on one PostgreSQL and one store: bytes that something holds are never removed,
while one server takes the same bytes in and others clear away what nobody holds."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import Unavailable
from sweepd.services.files.blob_records import BlobRecords
from sweepd.services.runs.runs import RunChange
from sweepd.settings import Settings
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import LIMIT, run, stream

pytestmark = pytest.mark.postgres

N_ROUNDS = 25


@pytest.fixture
def servers(tmp_path: Path, postgresql_url: str, clock: FakeClock) -> Iterator[list[server.Parts]]:
    common = {"database": postgresql_url, "files": str(tmp_path / "files")}
    built = [
        server.build(Settings(data=tmp_path / f"server{number}", **common), clock)
        for number in range(3)
    ]
    yield built
    for parts in built:
        parts.core.db.close()


def test_what_is_held_stays_while_other_servers_clear_away(
    servers: list[server.Parts], clock: FakeClock
) -> None:
    taking, *clearing = servers
    taking.services.users.add_user("ann")
    ann = taking.services.users.get_caller("ann")
    owner, _ = taking.services.runs.upsert(ann, None, "p", "r", RunChange())
    files, is_over = taking.services.files, threading.Event()
    failed: list[BaseException] = []

    def clear(parts: server.Parts) -> None:
        records = BlobRecords(parts.core, parts.blobs)
        try:
            while not is_over.is_set():
                records.remove_unused(clock.at + timedelta(days=36500), share=1.0)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=clear, args=(parts,)) for parts in clearing]
    for thread in threads:
        thread.start()
    n_again = 0
    try:
        for number in range(N_ROUNDS):
            body = b"one" if number % 2 else b"other"  # the last holder of each goes with it
            while True:
                try:
                    run(
                        lambda body=body: files.put_run_file(owner.pk, "f", stream(body), "", LIMIT)
                    )  # type: ignore[misc]
                    break
                except Unavailable:  # they were being removed as they came; clients send again
                    n_again += 1
            [held] = files.list_files(owner)
            assert files.read(held.blob) == body
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert not failed
    [held] = files.list_files(owner)
    assert files.read(held.blob) == (b"one" if (N_ROUNDS - 1) % 2 else b"other")
    assert n_again < 100 * N_ROUNDS
