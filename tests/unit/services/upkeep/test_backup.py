"""A server's state in one file and back, from one database into the other, and as a table."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweepd import data_folder, server
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.upkeep import backup, restoring
from sweepd.settings import Settings
from sweepd.store import schema, transfer
from sweepd.store.blobs import Blobs
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import fill, log

N_LINES = 60


def write_backup(parts: server.Parts, target: Path) -> backup.Contents:
    settings = parts.settings
    blobs = Blobs.open(settings.files_location)
    at = parts.core.now()
    return backup.write(settings.database_url, blobs, target, at, "1", settings.data / "local.key")


def restore(source: Path, data: Path) -> server.Parts:
    restoring.restore(source, data, lambda: Blobs.open(str(data / "blobs")))
    return server.build(Settings(data=data), FakeClock())


def rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in an order of its own."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=str
            )
            for table in schema.metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_backup_taken_while_a_run_writes_restores_every_line_answered_before(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    fill(parts, ann)
    half, stop = threading.Event(), threading.Event()
    n_answered = 1

    def write() -> None:
        nonlocal n_answered
        for n in range(1, 100_000):
            post = StreamPost(history=Lines(n, [f'{{"_step": {n}}}']))
            parts.services.history.append(ann, "ann", "p", "r", post)
            n_answered = n + 1
            if n == N_LINES:
                half.set()
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert half.wait(60)
        n_before = n_answered
        done = write_backup(parts, tmp_path / "b.tar")
    finally:
        stop.set()
        writer.join()
    assert done.n_files == 3
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0
    again = restore(tmp_path / "b.tar", tmp_path / "new")
    try:
        caller = again.services.users.get_caller("ann")
        found = again.services.runs.get(caller, "ann", "p", "r")
        assert n_before <= found.history_lines <= n_answered
        [file] = again.services.files.list_files(found)
        assert again.services.files.read(file.blob) == b"file"
        project = again.services.projects.get(caller, "ann", "p")
        place = again.services.artifacts.collections.find_membership(project, "m:latest")
        assert place is not None
        [entry] = again.services.artifacts.entries(
            again.services.artifacts.get(caller, place.artifact_pk)
        )
        assert entry.blob is not None and again.services.files.read(entry.blob) == b"kept"
    finally:
        again.core.db.close()


def test_neither_a_file_nor_a_full_folder_is_overwritten(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    fill(parts, ann)
    source = tmp_path / "b.tar"
    write_backup(parts, source)
    with pytest.raises(BadInput, match="exists"):
        write_backup(parts, source)
    with pytest.raises(BadInput, match="not empty"):
        restore(source, parts.settings.data)


@pytest.mark.slow
@pytest.mark.postgres
def test_move_keeps_every_row_and_gives_no_key_twice(
    parts: server.Parts, ann: Caller, tmp_path: Path, postgresql_url: str
) -> None:
    fill(parts, ann)
    url = parts.settings.database_url
    counts = transfer.copy(url, postgresql_url)
    assert rows_of(url) == rows_of(postgresql_url)
    assert counts["artifacts"] == 2 and counts["chunks"] == 1
    with pytest.raises(BadInput, match="empty database"):
        transfer.copy(url, postgresql_url)
    moved = server.build(
        Settings(data=parts.settings.data, database=postgresql_url), parts.core.now
    )
    try:
        caller = moved.services.users.get_caller("ann")
        fresh = log(moved, caller, b"after the move")
        assert (fresh.version, fresh.pk) == (1, 3)
        assert write_backup(moved, tmp_path / "pg.tar").n_files == 5
    finally:
        moved.core.db.close()
    back = restore(tmp_path / "pg.tar", tmp_path / "back")
    back.core.db.close()
    assert rows_of(back.settings.database_url) == rows_of(postgresql_url)


def test_second_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with data_folder.hold(settings):
        with pytest.raises(BadInput, match=r"works on .* already"), data_folder.hold(settings):
            pass
        with data_folder.hold(Settings(data=tmp_path, database="postgresql+psycopg://x/y")):
            pass
    with data_folder.hold(settings):
        pass


@pytest.mark.slow
def test_lost_and_damaged_files_are_named_and_cost_the_others_nothing(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    fill(parts, ann)
    log(parts, ann, b"to be lost", "lost")
    log(parts, ann, b"to be cut short", "short")
    log(parts, ann, b"to be damaged", "damaged")
    places = {path.read_bytes(): path for path in Path(parts.settings.files_location).glob("??/*")}
    places[b"to be lost"].unlink()
    places[b"to be cut short"].write_bytes(b"to be")
    places[b"to be damaged"].write_bytes(b"to be dAmaged")
    done = write_backup(parts, tmp_path / "backup.tar")
    bodies = (b"to be lost", b"to be cut short", b"to be damaged")
    lost = [places[body] for body in bodies]
    assert set(done.damaged) == {path.parent.name + path.name for path in lost}
    assert all(
        any(f"ann/p/{name}:v0: f" in fault for fault in done.faults)
        for name in ("lost", "short", "damaged")
    )
    assert done.n_files == len(places) - 3
    back = restore(tmp_path / "backup.tar", tmp_path / "new")
    assert rows_of(back.settings.database_url) == rows_of(parts.settings.database_url)
    back.core.db.close()


def test_no_backup_is_made_of_a_damaged_database(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    fill(parts, ann)
    parts.core.db.close()
    path = parts.settings.data / "sweepd.db"
    body = bytearray(path.read_bytes())
    page = int.from_bytes(body[16:18], "big")
    for at in range(page, len(body), page):  # but for the first, every page's header
        body[at : at + 8] = b"\xff" * 8
    path.write_bytes(body)
    with pytest.raises((BadInput, Unavailable), match=r"damaged|not a database|malformed"):
        write_backup(parts, tmp_path / "b.tar")
    assert list(tmp_path.glob("b.tar*")) == []
