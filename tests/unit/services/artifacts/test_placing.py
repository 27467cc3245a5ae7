"""However many files a version has, no write takes long for them: they come and go in parts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.artifacts import Artifact, ArtifactState, Digest
from sweepd.domain.errors import Unavailable
from sweepd.domain.users import Caller
from sweepd.services.artifacts import placing, removals
from sweepd.services.artifacts.uploads import ComingFile
from sweepd.store import schema
from sweepd.store.database import Connection, Database
from tests.unit.services.logging_versions import begin, log, md5, put_manifest

pytestmark = pytest.mark.both_databases

FEW = 5
N_FILES = 23


class Stopped(Exception):
    pass


@pytest.fixture
def per_write(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many lines of manifests each write changed; batches are small here."""
    monkeypatch.setattr(placing, "BATCH", FEW)
    monkeypatch.setattr("sweepd.services.artifacts.uploads.BATCH", FEW)
    monkeypatch.setattr(removals, "BATCH", FEW)
    found: list[int] = []
    write = Database.write

    def spied(self: Database, change: Callable[[Connection], Any]) -> Any:
        def counted(connection: Connection) -> Any:
            before = count(connection)
            result = change(connection)
            found.append(abs(count(connection) - before))
            return result

        return write(self, counted)

    def count(connection: Connection) -> int:
        return int(connection.execute(sa.select(sa.func.count(schema.entries.c.path))).scalar_one())

    monkeypatch.setattr(Database, "write", spied)
    yield found


def many(parts: server.Parts, ann: Caller) -> tuple[Artifact, dict[str, object]]:
    """A pending version of files whose bytes its project holds."""
    log(parts, ann, b"x", "other")
    pending = begin(parts, ann, "d")
    contents: dict[str, object] = {
        f"f{i}": {"digest": md5(b"x"), "size": 1} for i in range(N_FILES)
    }
    put_manifest(parts, pending.pk, contents)
    return pending, contents


def paths(parts: server.Parts, artifact: Artifact) -> list[str]:
    return sorted(entry.path for entry in parts.services.artifacts.entries(artifact))


def test_a_version_of_many_files_comes_and_goes_in_parts(
    parts: server.Parts, ann: Caller, per_write: list[int]
) -> None:
    pending, contents = many(parts, ann)
    done = parts.services.artifacts.uploads.commit(ann, pending.pk, lambda _: pending.pk)
    assert (done.n_files, done.size_bytes, done.version) == (N_FILES, N_FILES, 0)
    assert paths(parts, done) == sorted(contents)
    parts.services.artifacts.removals.delete(ann, done.pk, delete_aliases=True)
    assert paths(parts, done) == []
    assert max(per_write) == FEW


def test_many_files_are_announced_in_parts(
    parts: server.Parts, ann: Caller, per_write: list[int]
) -> None:
    pending, _ = many(parts, ann)
    coming = [ComingFile(pending.pk, f"f{n}", Digest(md5(b"%d" % (n % 3)))) for n in range(N_FILES)]
    coming[7] = ComingFile(pending.pk, "f7", Digest(md5(b"x")))
    wanted = parts.services.artifacts.uploads.announce_files(ann, coming)
    assert wanted == [n != 7 for n in range(N_FILES)], "in the order asked"
    assert max(per_write) == FEW
    assert len(paths(parts, pending)) == N_FILES


def test_what_a_kill_cut_short_goes_on(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, per_write: list[int]
) -> None:
    pending, contents = many(parts, ann)
    uploads, gone = parts.services.artifacts.uploads, parts.services.artifacts.removals

    def dying(after: int) -> None:
        """The process ends before a write, some writes from now."""
        write, n_left = Database.write, [after]

        def write_or_die(self: Database, change: Callable[[Connection], Any]) -> Any:
            n_left[0] -= 1
            if n_left[0] < 0:
                raise Stopped
            return write(self, change)

        monkeypatch.setattr(Database, "write", write_or_die)

    spied = Database.write
    for after in range(3):  # each goes on where the one before it ended
        dying(after)
        with pytest.raises(Stopped):
            uploads.commit(ann, pending.pk, lambda _: pending.pk)
        monkeypatch.setattr(Database, "write", spied)
        assert parts.services.artifacts.get(ann, pending.pk).state is ArtifactState.PENDING
    done = uploads.commit(ann, pending.pk, lambda _: pending.pk)
    assert paths(parts, done) == sorted(contents)
    dying(3)
    with pytest.raises(Stopped):
        gone.delete(ann, done.pk, delete_aliases=True)
    monkeypatch.setattr(Database, "write", spied)
    assert 0 < len(paths(parts, done)) < N_FILES
    gone.drop_left()
    assert paths(parts, done) == []


def test_lines_of_an_older_manifest_are_replaced(
    parts: server.Parts, ann: Caller, per_write: list[int]
) -> None:
    pending, contents = many(parts, ann)
    place = placing.place_lines
    other = {"only": {"digest": md5(b"x"), "size": 1}}
    place(parts.core, parts.services.artifacts.get(ann, pending.pk), contents, lambda _: pending.pk)
    put_manifest(parts, pending.pk, other)
    done = parts.services.artifacts.uploads.commit(ann, pending.pk, lambda _: pending.pk)
    assert paths(parts, done) == ["only"]
    assert done.n_files == 1


def test_a_manifest_that_comes_meanwhile_is_the_one_that_counts(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending, contents = many(parts, ann)
    uploads, read = parts.services.artifacts.uploads, []

    def placed(*given: Any) -> tuple[int, int]:
        found = placing.place_lines(*given)
        if not read:
            put_manifest(parts, pending.pk, {"f0": contents["f0"]})
        read.append(found)
        return found

    monkeypatch.setattr("sweepd.services.artifacts.commits.place_lines", placed)
    done = uploads.commit(ann, pending.pk, lambda _: pending.pk)
    assert paths(parts, done) == ["f0"]
    assert len(read) == 2


def test_bytes_that_a_deletion_takes_meanwhile_are_told(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending, _ = many(parts, ann)
    monkeypatch.setattr("sweepd.store.run_files.known_blobs", lambda *_: set())
    with pytest.raises(Unavailable, match="try again"):
        parts.services.artifacts.uploads.commit(ann, pending.pk, lambda _: pending.pk)
