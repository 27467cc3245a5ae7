"""A data folder with broken things in it: said in one line, or mended."""

import sqlite3
from pathlib import Path

import pytest

from sweepd import data_folder, local_address, server
from sweepd.cli import local
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.settings import Settings
from sweepd.store.database import Database
from sweepd.store.sqlite import sqlite_url


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 1, "pid": "x"}', '"text"', "\x00"])
def test_broken_address_file_is_no_address(tmp_path: Path, text: str) -> None:
    (tmp_path / local_address.NAME).write_text(text)
    assert local_address.read(tmp_path) is None
    assert local.running_url(tmp_path) is None
    local_address.remove(tmp_path)
    settings = Settings(data=tmp_path)
    with data_folder.hold(settings), pytest.raises(BadInput, match=r"works on .* already; stop"):
        data_folder.hold(settings).__enter__()
    local_address.write(tmp_path, "http://here")
    found = local_address.read(tmp_path)
    assert found is not None and found.url == "http://here"
    local_address.remove(tmp_path)
    assert not (tmp_path / local_address.NAME).exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", "half of a ke"])
def test_broken_key_file_is_written_anew(parts: server.Parts, text: str) -> None:
    users, settings = parts.services.users, parts.settings
    name, first = local.ensure_first_user(users, settings)
    assert local.ensure_first_user(users, settings) == (name, first)
    (settings.data / local.KEY_FILE).write_text(text)
    assert local.read_key(settings) is None
    again, second = local.ensure_first_user(users, settings)
    assert again == name and local.read_key(settings) == second
    assert users.sign_in(second).name == users.sign_in(first).name == name
    assert (settings.data / local.KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be used: File exists"):
        data_folder.hold(Settings(data=tmp_path / "file")).__enter__()


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "sweepd.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(BadInput, match=r"not a database sweepd can read.*restore"):
        Database(sqlite_url(tmp_path / "sweepd.db"))


def test_database_that_cannot_be_opened_now_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepd.store.sqlite.BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(tmp_path / "sweepd.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="cannot be opened: database is locked"):
        Database(sqlite_url(tmp_path / "sweepd.db"))
    other.close()
    with pytest.raises(Unavailable, match="cannot be opened"):
        Database("postgresql+psycopg://sweepd:secret@127.0.0.1:1/none")
