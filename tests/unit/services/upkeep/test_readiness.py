"""Whether database and files answer, said once when that changes."""

import logging
import shutil

import pytest

from sweepd import server
from sweepd.domain.errors import Unavailable
from sweepd.services.upkeep import readiness
from sweepd.services.upkeep.belonging import Belonging
from sweepd.services.upkeep.readiness import READY, SILENT, Readiness
from sweepd.store.blobs import OWNER
from tests.conftest import wait_until


def test_nothing_is_ready_before_it_was_looked_at(parts: server.Parts) -> None:
    assert set(parts.readiness.findings().values()) == {SILENT}
    assert {parts.readiness.look(name) for name in ("database", "files")} == {READY}
    assert set(parts.readiness.findings().values()) == {READY}


def test_files_that_are_gone_are_said_once_and_so_is_their_return(
    parts: server.Parts, caplog: pytest.LogCaptureFixture
) -> None:
    folder = parts.settings.data / "blobs"
    kept = parts.settings.data / "kept"
    parts.readiness.look("files")
    folder.rename(kept)
    folder.mkdir()  # as where a disk is not mounted
    for _ in range(3):
        assert "mounted" in parts.readiness.look("files")
    assert not (folder / OWNER).exists()
    assert parts.readiness.findings()["database"] == SILENT
    shutil.rmtree(folder)
    kept.rename(folder)
    for _ in range(3):
        assert parts.readiness.look("files") == READY
    assert caplog.text.count("cannot go on") == 1 and caplog.text.count("can go on again") == 1


def test_files_of_another_server_are_not_used(parts: server.Parts) -> None:
    (parts.settings.data / "blobs" / OWNER).write_text("another\n")
    assert "another server" in parts.readiness.look("files")


def test_a_place_that_was_away_at_the_start_is_told_later_whose_it_is(parts: server.Parts) -> None:
    mark = parts.settings.data / "blobs" / OWNER
    identity = mark.read_text().strip()
    mark.unlink()
    late = Readiness(parts.core, parts.blobs, Belonging(identity, is_said=False))
    assert late.look("files") == READY
    assert mark.read_text().strip() == identity


def test_a_database_that_fails_is_said(
    parts: server.Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise Unavailable("connection refused")

    monkeypatch.setattr(parts.core.db, "ask", fail)
    with caplog.at_level(logging.ERROR):
        assert parts.readiness.look("database") == "connection refused"
    assert parts.readiness.findings()["database"] == "connection refused"
    assert "connection refused" in caplog.text


def test_a_look_that_never_ends_is_found_too(parts: server.Parts) -> None:
    now = 0.0
    looking = Readiness(parts.core, parts.blobs, Belonging("", is_said=False), lambda: now)
    looking.look("database")
    now += readiness.STALE_S
    assert looking.findings()["database"] == READY
    now += 1
    assert looking.findings()["database"] == SILENT


def test_looks_are_taken_by_themselves(parts: server.Parts) -> None:
    parts.readiness.start()
    try:
        wait_until(
            lambda: set(parts.readiness.findings().values()) == {READY},
            60,
            lambda: str(parts.readiness.findings()),
        )
    finally:
        parts.readiness.stop()
