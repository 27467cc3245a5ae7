"""The data folder: for its owner alone, and refused where something of a server is missing."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sweepd import data_folder, server
from sweepd.cli import local
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import log

OTHERS = 0o077


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """`protect` sets the process's; the tests' own is given back."""
    old = os.umask(0o022)
    yield
    os.umask(old)


def open_to_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & OTHERS]


def a_server(data: Path, body: bytes = b"kept") -> Settings:
    """A server that held a file, and has been stopped."""
    settings = Settings(data=data)
    parts = server.build(settings, FakeClock())
    local.ensure_first_user(parts.services.users, settings)
    parts.services.users.add_user("ann")
    log(parts, parts.services.users.get_caller("ann"), body)
    parts.core.db.close()
    return settings


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_everything_a_server_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    with data_folder.hold(Settings(data=tmp_path / "a/data")):
        a_server(tmp_path / "a/data")
    assert open_to_others(tmp_path / "a/data") == []
    assert len(contents(tmp_path / "a/data")) >= 5


@pytest.mark.slow
def test_an_existing_folder_of_ours_is_tightened_with_all_that_is_in_it(tmp_path: Path) -> None:
    settings = a_server(tmp_path / "data")
    settings.data.chmod(0o755)
    assert len(open_to_others(settings.data)) > 5
    (settings.data / "link").symlink_to("/etc/hostname")
    with data_folder.hold(settings):
        pass
    assert [path.name for path in open_to_others(settings.data)] == ["link"]


@pytest.mark.parametrize("option", ["data", "files"])
def test_a_folder_with_things_of_others_is_refused_and_left_as_it_is(
    tmp_path: Path, option: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "thesis.tex").write_text("x")
    settings = Settings(data=tmp_path / "data", files=str(shared))
    if option == "data":
        settings = Settings(data=shared)
    with pytest.raises(BadInput, match=rf"others can read .*--{option} .*shared/sweepd"):
        data_folder.hold(settings).__enter__()
    assert shared.stat().st_mode & 0o777 == 0o755
    shared.chmod(0o700)
    with data_folder.hold(settings):
        pass


def _other_server(data: Path) -> None:
    (data / "sweepd.db").unlink()
    a_server(data.parent / "other", b"another")
    (data.parent / "other/sweepd.db").rename(data / "sweepd.db")


def _other_program(data: Path) -> None:
    (data / "sweepd.db").unlink()
    execute(data / "sweepd.db", "CREATE TABLE bookmarks (id INTEGER)")


def _schema_alone(data: Path) -> None:
    (data / "sweepd.db").unlink()
    server.build(Settings(data=data.parent / "empty"), FakeClock()).core.db.close()
    execute(data.parent / "empty/sweepd.db", "DELETE FROM secrets")
    (data.parent / "empty/sweepd.db").rename(data / "sweepd.db")


LOSSES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda data: (data / "sweepd.db").unlink(), "is missing, but"),
    "empty": (lambda data: (data / "sweepd.db").write_bytes(b""), "is empty, but"),
    "schema alone": (_schema_alone, "another server|is empty, but"),
    "of another server": (_other_server, "another server|knows none"),
    "of another program": (_other_program, "of another program"),
}
RESTS: dict[str, Callable[[Path], object]] = {
    "files and key": lambda data: None,
    "files": lambda data: (data / "local.key").unlink(),
    "key": lambda data: __import__("shutil").rmtree(data / "blobs"),
    "files that say not whose they are": lambda data: (
        (data / "local.key").unlink(),
        (data / "blobs/server.id").unlink(),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_database_is_not_taken_for_a_new_server(
    tmp_path: Path, loss: str, rest: str
) -> None:
    settings = a_server(tmp_path / "data")
    lose, told = LOSSES[loss]
    lose(settings.data)
    RESTS[rest](settings.data)
    before = contents(settings.data)
    with pytest.raises(BadInput, match=told) as refused:
        server.build(settings, FakeClock())
    assert loss == "of another program" or "sweepd restore" in str(refused.value)
    after = contents(settings.data)
    if loss == "missing":
        assert after == before
    assert {name: body for name, body in after.items() if "sweepd.db" not in name} == {
        name: body for name, body in before.items() if "sweepd.db" not in name
    }
    if loss == "of another program":
        return
    parts = server.build(settings, FakeClock(), is_new=True)
    local.ensure_first_user(parts.services.users, settings)
    assert parts.services.users.sign_in(local.read_key(settings) or "").is_admin
    parts.core.db.close()
    kept = {name for name in before if name.startswith("blobs/") and "server.id" not in name}
    assert kept <= set(contents(settings.data))
    server.build(settings, FakeClock()).core.db.close()  # from now on these belong together


@pytest.mark.slow
def test_a_new_folder_and_an_old_servers_are_not_refused(tmp_path: Path) -> None:
    settings = a_server(tmp_path / "data")
    server.build(settings, FakeClock()).core.db.close()
    (settings.data / "blobs/server.id").unlink()  # as servers before this wrote none
    execute(settings.data / "sweepd.db", "DELETE FROM secrets WHERE name = 'server'")
    text = (settings.data / "local.key").read_text()
    (settings.data / "local.key").write_text(text.replace('"server"', '"other"'))
    server.build(settings, FakeClock()).core.db.close()
    assert (settings.data / "blobs/server.id").exists()


def test_leftover_wal_of_a_lost_database_is_kept(tmp_path: Path) -> None:
    (tmp_path / "sweepd.db-wal").write_bytes(b"committed")
    with pytest.raises(BadInput, match=r"sweepd\.db-wal of an earlier server is there"):
        data_folder.check_database(Settings(data=tmp_path), is_new=False)
