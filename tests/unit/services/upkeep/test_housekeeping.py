"""What is cleared away between requests, and what never is; the clock is ours."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import NotFound, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.upkeep.housekeeping import UNUSED_EVERY_S, UPLOAD_LIFETIME_S
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import LIMIT, begin, log, md5, put, run, stream

DAY_S = 24 * 3600.0


def files_on_disk(parts: server.Parts) -> list[Path]:
    folder = Path(parts.settings.files_location)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(parts: server.Parts, clock: FakeClock) -> None:
    """Let every file on disk have been written now, by our clock."""
    for path in files_on_disk(parts):
        os.utime(path, (clock.at.timestamp(), clock.at.timestamp()))


def set_ttl(parts: server.Parts, caller: Caller, pk: int, ttl_s: int | None) -> None:
    parts.services.artifacts.update(caller, pk, {"ttl_s": ttl_s}, [], [])


def test_version_is_deleted_once_its_time_to_live_has_passed(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    kept, short, never = log(parts, ann, b"0"), log(parts, ann, b"1"), log(parts, ann, b"2")
    set_ttl(parts, ann, short.pk, int(DAY_S))
    set_ttl(parts, ann, never.pk, -2)
    clock.forward(DAY_S - 1)
    parts.housekeeping.remove_expired()
    assert parts.services.artifacts.get(ann, short.pk).version == 1
    clock.forward(1)
    parts.housekeeping.remove_expired()
    with pytest.raises(NotFound):
        parts.services.artifacts.get(ann, short.pk)
    clock.forward(1000 * DAY_S)
    parts.housekeeping.remove_expired()
    project = parts.services.projects.get(ann, "ann", "p")
    collection = parts.services.artifacts.collections.find_collection(project, "m")
    assert collection is not None
    left = parts.services.artifacts.collections.list_versions(collection)
    assert [place.version for place, _ in left] == [2, 0]
    assert parts.services.artifacts.entries(kept)[0].blob is not None


def test_linked_version_outlives_its_time_to_live(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    done = log(parts, ann, b"0")
    set_ttl(parts, ann, done.pk, 60)
    place = parts.services.artifacts.collections.link(ann, done.pk, "ann", "p", "shown", [])
    clock.forward(DAY_S)
    parts.housekeeping.remove_expired()
    assert parts.services.artifacts.get(ann, done.pk).version == 0
    parts.services.artifacts.collections.unlink(ann, done.pk, place.collection_pk)
    parts.housekeeping.remove_expired()
    with pytest.raises(NotFound):
        parts.services.artifacts.get(ann, done.pk)


def test_deleted_number_is_not_given_again_and_latest_moves_back(
    parts: server.Parts, ann: Caller
) -> None:
    log(parts, ann, b"0")
    newest = log(parts, ann, b"1")
    parts.services.artifacts.delete(ann, newest.pk, delete_aliases=True)
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, "m:latest")
    assert place is not None and place.version == 0
    assert log(parts, ann, b"2").version == 2


def test_unused_bytes_go_after_a_while_and_used_ones_stay(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    done = log(parts, ann, b"kept in an artifact")
    owner, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    files = parts.services.files
    run(lambda: files.put_run_file(owner.pk, "f", stream(b"kept in a run"), "", LIMIT))
    n_used = len(files_on_disk(parts))
    refused = begin(parts, ann, "d")
    parts.services.artifacts.uploads.announce_files(ann, [(refused.pk, "f", Digest(md5(b"right")))])
    with pytest.raises(Unavailable, match="announced was"):
        put(parts, refused.pk, "f", b"wrong", b"right")
    put(parts, refused.pk, "f", b"right", b"right")
    run(
        lambda: parts.services.artifacts.uploads.large_files.put_part(
            "ab" * 16, 1, stream(b"x"), LIMIT, None
        )
    )
    assert len(files_on_disk(parts)) == n_used + 2  # the refused ones are gone already
    age(parts, clock)
    clock.forward(UNUSED_EVERY_S)
    parts.housekeeping.remove_expired()
    assert len(files_on_disk(parts)) == n_used + 2  # the refused ones are gone already
    clock.forward(UPLOAD_LIFETIME_S)
    parts.housekeeping.remove_expired()
    assert len(files_on_disk(parts)) == n_used
    with pytest.raises(NotFound):
        parts.services.artifacts.get(ann, refused.pk)
    [entry] = parts.services.artifacts.entries(done)
    assert entry.blob is not None and files.read(entry.blob) == b"kept in an artifact"
    assert files.read(files.list_files(owner)[0].blob) == b"kept in a run"


def test_bytes_sent_again_after_the_sweep_are_there_again(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    pending = begin(parts, ann, "d")
    put(parts, pending.pk, "f", b"same", b"same")
    age(parts, clock)
    clock.at += timedelta(seconds=UPLOAD_LIFETIME_S + UNUSED_EVERY_S)
    parts.housekeeping.remove_expired()
    assert files_on_disk(parts) == []
    done = log(parts, ann, b"same")
    [entry] = parts.services.artifacts.entries(done)
    assert entry.blob is not None and parts.services.files.read(entry.blob) == b"same"
