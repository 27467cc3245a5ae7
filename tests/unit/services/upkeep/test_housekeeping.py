"""What is cleared away between requests, and what never is; the clock is ours."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import NotFound, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import ArtifactChange, TimeToLive
from sweepd.services.files.blob_records import FEW, BlobRecords
from sweepd.services.runs.runs import RunChange
from sweepd.services.upkeep.housekeeping import UNUSED_EVERY_S, UPLOAD_LIFETIME_S
from sweepd.store.blobs import Blobs
from sweepd.store.bucket import Bucket
from sweepd.store.folder import Folder
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import LIMIT, begin, log, md5, put, run, stream

DAY_S = 24 * 3600.0


def files_on_disk(parts: server.Parts) -> list[Path]:
    """Blobs and what lies aside; what is in the trash has gone."""
    folder = Path(parts.settings.files_location)
    kept = (path for path in folder.rglob("*") if path.is_file() and path.name != "server.id")
    return sorted(path for path in kept if "trash" not in path.parts)


def age(parts: server.Parts, clock: FakeClock) -> None:
    """Let every file on disk have been written now, by our clock."""
    for path in files_on_disk(parts):
        os.utime(path, (clock.at.timestamp(), clock.at.timestamp()))


def set_ttl(parts: server.Parts, caller: Caller, pk: int, ttl_s: int | None) -> None:
    parts.services.artifacts.update(caller, pk, ArtifactChange(ttl=TimeToLive(ttl_s)))


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
    parts.services.artifacts.removals.delete(ann, newest.pk, delete_aliases=True)
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


def test_no_large_share_goes_without_an_administrators_word(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    done = log(parts, ann, b"kept")
    blobs = Blobs.open(parts.settings.files_location)
    unknown = [blobs.put_bytes(b"never recorded %d" % n).hash for n in range(FEW + 1)]
    age(parts, clock)
    clock.forward(UPLOAD_LIFETIME_S + UNUSED_EVERY_S)
    before = files_on_disk(parts)
    parts.housekeeping.remove_expired()
    assert files_on_disk(parts) == before
    found = parts.housekeeping.find_unused()
    assert sorted(found.unknown) == sorted(unknown) and not found.idle
    went = parts.housekeeping.remove_unused(share=1)
    assert sorted(went.unknown) == sorted(unknown) and went.held_back == 0
    assert len(files_on_disk(parts)) == len(before) - len(unknown)
    [entry] = parts.services.artifacts.entries(done)
    assert entry.blob is not None and parts.services.files.read(entry.blob) == b"kept"


def test_many_known_to_be_unused_go_a_few_at_a_time(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    records = BlobRecords(parts.core, Blobs.open(parts.settings.files_location))
    blobs = [records._blobs.put_bytes(b"idle %d" % n) for n in range(2 * FEW + 3)]
    for blob in blobs:
        parts.core.db.write(lambda c, blob=blob: records.record(c, blob))
        clock.forward(1)
    clock.forward(UPLOAD_LIFETIME_S)
    for n_left in (FEW + 3, 3, 0, 0):
        clock.forward(UNUSED_EVERY_S)
        parts.housekeeping.remove_expired()
        assert len(files_on_disk(parts)) == n_left
    first = [name for _, _, name in records._blobs.trash.list()]
    assert sorted(first) == sorted(blob.hash for blob in blobs)


@pytest.mark.slow
def test_a_clock_set_wrong_does_not_cost_all_versions_at_once(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    logged = [log(parts, ann, b"%d" % n) for n in range(FEW + 5)]
    for version in logged:
        set_ttl(parts, ann, version.pk, int(DAY_S))
    clock.forward(1000 * DAY_S)
    for n_left in (5, 0):
        parts.housekeeping.remove_expired()
        collection = parts.services.artifacts.collections.find_collection(
            parts.services.projects.get(ann, "ann", "p"), "m"
        )
        assert collection is not None
        left = parts.services.artifacts.collections.list_versions(collection)
        assert len(left) == n_left


@pytest.mark.parametrize("location", ["folder", "bucket"])
def test_trash_keeps_files_for_days_and_gives_them_back(
    clock: FakeClock, tmp_path: Path, location: str
) -> None:
    blobs = Blobs(Folder(tmp_path)) if location == "folder" else Blobs(Bucket(MemoryStore()))
    name = blobs.put_bytes(b"thrown away").hash
    blobs.trash.put(name, clock.at)
    blobs.trash.put("f" * 64, clock.at)  # none such
    assert not blobs.exists(name) and list(blobs.list()) == []
    assert blobs.trash.empty((clock.at - timedelta(days=1)).date()) == 0
    [(place, day, found)] = blobs.trash.list()
    assert (day, found) == (clock.at.date(), name)
    assert blobs.trash.bring_back(place, name) and blobs.get_bytes(name) == b"thrown away"
    assert not blobs.trash.bring_back(place, name) and list(blobs.trash.list()) == []
    blobs.trash.put(name, clock.at)
    assert blobs.trash.empty((clock.at + timedelta(days=1)).date()) == 1
    assert list(blobs.trash.list()) == []


def test_what_lies_among_the_files_and_is_not_ours_is_left(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    folder = Path(parts.settings.files_location)
    names = ["notes.txt", "ab/notes.txt", "trash/notes.txt", "trash/2020-99-99/" + "a" * 64]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("not ours")
    age(parts, clock)
    clock.forward(100 * DAY_S)
    parts.housekeeping.remove_expired()
    parts.housekeeping.remove_unused(share=1)
    parts.housekeeping.empty_trash(days=0)
    assert [name for name in names if (folder / name).exists()] == names
