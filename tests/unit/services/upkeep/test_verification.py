"""Everything that can be wrong with database and files: named, and mended where it can be."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.upkeep.verification import Finding, Verification, Verifying
from tests.unit.services.logging_versions import LIMIT, log, run, stream

SWEEP = "method: grid\nparameters: {x: {values: [1, 2, 3]}}\n"


@pytest.fixture
def full(parts: server.Parts, ann: Caller) -> server.Parts:
    """A server with a bit of everything."""
    owner, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    post = StreamPost(history=Lines(0, ['{"_step": 0}', '{"_step": 1}']))
    parts.services.history.append(ann, "ann", "p", "r", post)
    run(lambda: parts.services.files.put_run_file(owner.pk, "f", stream(b"of a run"), "", LIMIT))
    log(parts, ann, b"of a version")
    return parts


def verify(parts: server.Parts, repair: bool = False) -> list[Finding]:
    check = parts.verification
    return [*check.check_database(repair), *check.check_files(check.names(), repair)]


def change(parts: server.Parts, *statements: str) -> None:
    """As only a fault would: past the server's own code."""
    path = parts.settings.data / "sweepd.db"
    with closing(sqlite3.connect(path, timeout=30)) as database, database:
        for statement in statements:
            database.execute(statement)


def place(parts: server.Parts, body: bytes) -> Path:
    folder = Path(parts.settings.files_location)
    [found] = [path for path in folder.glob("??/*") if path.read_bytes() == body]
    return found


def name_of(path: Path) -> str:
    return path.parent.name + path.name


def into_trash(parts: server.Parts) -> None:
    parts.blobs.trash.put(name_of(place(parts, b"of a run")), parts.core.now())


FAULTS: dict[str, tuple[Callable[[server.Parts], object], str, bool]] = {
    # what happens, how it is named, whether it can be mended
    "file gone": (lambda p: place(p, b"of a run").unlink(), r"ann/p/r: f\) is gone", False),
    "file damaged": (
        lambda p: place(p, b"of a version").write_bytes(b"of A version"),
        r"ann/p/m:v0: f\) is damaged",
        False,
    ),
    "file empty": (
        lambda p: place(p, b"of a version").write_bytes(b""),
        r"ann/p/m:v0: f\) is damaged",
        False,
    ),
    "in the trash": (into_trash, r"ann/p/r: f\) is gone; it was in the trash", True),
    "record lost": (
        lambda p: change(p, "DELETE FROM blobs"),
        r"ann/p/r: f\) has no record",
        True,
    ),
    "lines not counted": (
        lambda p: change(p, "UPDATE runs SET history_lines = 1"),
        "runs r: history_lines is 1, should be 2",
        True,
    ),
    "lines lost": (
        lambda p: change(p, "DELETE FROM chunks"),
        "run r: history_lines is 2, the lines end at 0",
        False,
    ),
    "files miscounted": (
        lambda p: change(p, "UPDATE artifacts SET n_files = 7"),
        "artifacts m:v0: n_files is 7, should be 1",
        True,
    ),
    "size wrong": (
        lambda p: change(p, "UPDATE artifacts SET size_bytes = 7"),
        "artifacts m:v0: size_bytes is 7, should be 12",
        True,
    ),
    "reference to nothing": (
        lambda p: change(p, "UPDATE run_files SET run_pk = 99"),
        "of run_files refers to a row of runs that is gone",
        False,
    ),
}


def test_a_whole_server_has_no_faults(full: server.Parts) -> None:
    assert verify(full) == verify(full, repair=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("what", FAULTS)
def test_what_is_wrong_is_named_and_mended_where_it_can_be(full: server.Parts, what: str) -> None:
    import re

    break_it, told, can_be_mended = FAULTS[what]
    break_it(full)
    found = verify(full)
    assert found and any(re.search(told.split("; it was")[0], item.what) for item in found), found
    assert not any(item.is_mended for item in found)
    mended = verify(full, repair=True)
    assert any(re.search(told, item.what) for item in mended), mended
    assert all(item.is_mended for item in mended) == can_be_mended
    assert (verify(full) == []) == can_be_mended
    if can_be_mended:
        [file] = full.services.files.list_files(
            full.services.runs.get(full.services.users.get_caller("ann"), "ann", "p", "r")
        )
        assert full.services.files.read(file.blob) == b"of a run"


def test_damaged_bytes_are_set_aside_not_served_and_another_place_gives_them_back(
    full: server.Parts,
) -> None:
    path = place(full, b"of a version")
    name = name_of(path)
    path.write_bytes(b"of A version")

    def fetch(wanted: str) -> bool:
        assert wanted == name
        return full.blobs.put_bytes(b"of a version").hash == name

    check = full.verification
    [found] = check.check_files(check.names(), repair=True, fetch=fetch)
    assert found.is_mended and path.read_bytes() == b"of a version"
    assert (Path(full.settings.files_location) / "damaged" / name).read_bytes() == b"of A version"
    assert verify(full) == []


def test_damaged_pages_end_the_check_with_advice(full: server.Parts) -> None:
    full.core.db.close()
    path = full.settings.data / "sweepd.db"
    body = bytearray(path.read_bytes())
    page = int.from_bytes(body[16:18], "big")
    at = body.rindex(b"of a run") if b"of a run" in body else len(body) - page
    start = at - at % page
    body[start : start + 100] = b"\xff" * 100
    path.write_bytes(body)
    again = server.Database(f"sqlite:///{path}")
    try:
        check = Verification(server.Core(again, full.core.now), full.blobs)
        found = list(check.check_database(repair=True))
        assert found and all(item.is_of_pages and "restore a backup" in item.what for item in found)
    finally:
        again.close()


def test_server_verifies_by_itself_reads_every_file_and_brings_back(
    full: server.Parts, caplog: pytest.LogCaptureFixture
) -> None:
    into_trash(full)
    place(full, b"of a version").write_bytes(b"of A version")
    change(full, "UPDATE runs SET history_lines = 1")
    verifying = Verifying(full.verification, every_days=1, mb_per_s=1e6)
    found = verifying.verify()
    assert sorted(item.is_mended for item in found) == [False, False, True]
    assert place(full, b"of a run").exists()
    assert "ann/p/m:v0: f) is damaged" in caplog.text and "ann/p/r: f) is gone" in caplog.text
    assert "history_lines is 1" in caplog.text


def test_names_are_all_read_whatever_place_a_pass_begins_at(full: server.Parts) -> None:
    names = [full.blobs.put_bytes(b"%d" % n).hash for n in range(20)]
    statement = "INSERT INTO blobs (hash, size_bytes, created_at) VALUES "
    change(full, *(f"{statement} ('{name}', 1, 0)" for name in names))
    check = full.verification
    everything = list(check.names())
    for first in ("00000000", "7fffffff", "ffffffff", names[3]):
        assert sorted([*check.names(after=first), *check.names(up_to=first)]) == everything


def test_verifying_stops_at_once_and_never_begins_when_told_so(full: server.Parts) -> None:
    slow = Verifying(full.verification, every_days=1e-9, mb_per_s=1e-9)
    slow.start()
    slow.stop()
    never = Verifying(full.verification, every_days=0, mb_per_s=1)
    never.start()
    never.stop()
