"""Whole databases: copied row by row, into an empty one only; no key is given twice after that."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweepd.domain.errors import BadInput
from sweepd.store import migrate, projects, schema, sessions, transfer, users
from sweepd.store.sqlite import sqlite_url
from tests.parts import new_database
from tests.unit.store.world import START, World, at


@pytest.fixture
def source(tmp_path: Path, database_url: str) -> Iterator[str]:
    """A database with two users, three runs and a session; the newest project is gone again."""
    url = database_url
    if not url:
        (tmp_path / "source.db").write_bytes(new_database())
        url = sqlite_url(tmp_path / "source.db")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        world = World(connection)
        for name, seconds in (("a", 1.5), ("b", 2), ("c", 3)):
            world.run(name, seconds, metric_last=0.1, exitcode=2**40, tags='["é"]')
        sessions.create_session(connection, "d" * 64, world.ann, None, START, at(60))
        gone = world.project("gone")
        connection.execute(sa.delete(schema.projects).where(schema.projects.c.id == gone))
    engine.dispose()
    yield url


def empty(tmp_path: Path) -> str:
    """A database to copy into, its tables made: that takes the most of a copy's time."""
    (tmp_path / "target.db").write_bytes(new_database())
    return sqlite_url(tmp_path / "target.db")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }
    engine.dispose()
    return found


def next_project(url: str) -> int:
    """The key that the next project gets."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        entity = users.find_entity(connection, "ann")
        assert entity is not None
        made = projects.get_or_create_project(connection, entity[0], "next", START)
    engine.dispose()
    return made.pk


@pytest.mark.slow
@pytest.mark.both_databases
def test_every_row_is_copied_and_counted(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_ROWS", 2)
    target = sqlite_url(tmp_path / "target.db")
    counts = transfer.copy(source, target)
    assert rows(target) == rows(source)
    assert counts == {name: len(found) for name, found in rows(source).items()}
    assert (counts["users"], counts["runs"], counts["sessions"], counts["sweeps"]) == (2, 3, 1, 0)


@pytest.mark.both_databases
def test_a_key_given_before_the_copy_is_given_to_nothing_else(source: str, tmp_path: Path) -> None:
    target = empty(tmp_path)
    transfer.copy(source, target)
    kept = [row[0] for row in rows(target)["projects"]]
    assert next_project(target) == next_project(source) == max(kept) + 2


@pytest.mark.both_databases
def test_nothing_is_overwritten(source: str, tmp_path: Path) -> None:
    target = empty(tmp_path)
    transfer.copy(source, target)
    before = rows(target)
    with pytest.raises(BadInput, match=r"target\.db holds rows in 'entities'; name an empty"):
        transfer.copy(source, target)
    assert rows(target) == before
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(BadInput, match="of another program"):
        transfer.copy(source, sqlite_url(tmp_path / "other.db"))


@pytest.mark.both_databases
def test_a_snapshot_is_one_file_with_all_that_was_committed(source: str, tmp_path: Path) -> None:
    path = tmp_path / "snapshot.db"
    if not source.startswith("sqlite"):
        path.write_bytes(new_database())
    engine = sa.create_engine(source)
    with engine.begin() as connection:  # in use, and not all of it on its place yet
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("PRAGMA user_version=3"))
        entity = users.find_entity(connection, "ann")
        assert entity is not None
        projects.get_or_create_project(connection, entity[0], "late", START)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        transfer.snapshot(source, path)
    engine.dispose()
    assert rows(sqlite_url(path)) == rows(source)
    assert not list(tmp_path.glob("snapshot.db?*")), "no file beside it"
    with sqlite3.connect(path) as found:
        assert found.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_damaged_database_is_not_copied(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 999)
    with pytest.raises(BadInput, match=r"cannot be copied: .*; restore the last backup"):
        transfer.snapshot(sqlite_url(broken), tmp_path / "snapshot.db")


def test_a_database_to_be_restored_is_whole_ours_and_signs_nobody_in(
    source: str, tmp_path: Path
) -> None:
    path = tmp_path / "source.db"
    assert len(rows(source)["sessions"]) == 1
    transfer.check(path)
    found = rows(source)
    assert found["sessions"] == [] and len(found["users"]) == 2

    nothing = tmp_path / "empty.db"
    sqlite3.connect(nothing).close()
    with pytest.raises(BadInput, match=r"^empty\.db is not a whole sweepd database: ok"):
        transfer.check(nothing)
    text = tmp_path / "text.db"
    text.write_bytes(b"no database" * 999)
    with pytest.raises(BadInput, match=r"^text\.db is not a whole sweepd database: file is not"):
        transfer.check(text)


def test_a_database_of_a_newer_program_is_refused(source: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "source.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(migrate.NewerDatabase, match="is at schema 9999"):
        transfer.check(tmp_path / "source.db")


def test_a_database_whose_pages_are_damaged_is_refused(source: str, tmp_path: Path) -> None:
    """Its header is fine, and a table's index leads to nothing."""
    path = tmp_path / "source.db"
    with sqlite3.connect(path) as database:
        page = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_runs_agent_pk_state'"
        ).fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    body = bytearray(path.read_bytes())
    body[(page - 1) * size + 8 : page * size] = bytes(size - 8)
    path.write_bytes(body)
    with pytest.raises(BadInput, match=r"source\.db is not a whole sweepd database"):
        transfer.check(path)
