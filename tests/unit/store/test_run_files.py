"""Files of runs and the blobs they share with artifacts and histories."""

import base64

import pytest
import sqlalchemy as sa

from sweepd.domain.artifacts import Entry
from sweepd.store import artifacts, manifests, run_files, schema
from sweepd.store.blob_names import by_md5
from sweepd.store.measuring import StoredBlob
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases


def blob(name: str, size: int = 1) -> StoredBlob:
    return StoredBlob(name * 64, size, f"md5{name}", f"xxh{name}")


def record(world: World, *names: str, seconds: float = 0) -> None:
    for name in names:
        run_files.record_blob(world.connection, blob(name, ord(name)), at(seconds))


def test_a_file_is_replaced_by_one_of_its_name(world: World) -> None:
    c = world.connection
    run, other = world.run().pk, world.run().pk
    assert run_files.upsert_file(c, run, "f", blob("a", 5), "text/plain", at(1)) is None
    assert run_files.upsert_file(c, run, "f", blob("a", 5), "text/plain", at(1)) is None
    assert run_files.upsert_file(c, run, "f", blob("b", 6), "image/png", at(2)) == "a" * 64
    assert run_files.upsert_file(c, other, "f", blob("c"), "t", at(3)) is None
    [found] = run_files.files_of(run).all(c)
    assert (found.path, found.size_bytes, found.md5, found.mimetype) == (
        "f",
        6,
        "md5b",
        "image/png",
    )
    assert (found.blob, found.updated_at) == ("b" * 64, at(2))
    assert run_files.find_file_by_pk(c, found.pk) == found
    run_files.delete_file(c, found.pk)
    assert run_files.find_file_by_pk(c, found.pk) is None
    assert len(run_files.files_of(other).all(c)) == 1


def test_files_are_found_by_names_and_patterns(world: World) -> None:
    c = world.connection
    run = world.run().pk
    for path in ("b.txt", "a.txt", "media/x_1.png", "media/xy1.png", "100%.csv"):
        run_files.upsert_file(c, run, path, blob("a"), "t", START)

    def paths(**more: object) -> list[str]:
        return [file.path for file in run_files.files_of(run, **more).all(c)]  # type: ignore[arg-type]

    assert paths() == ["100%.csv", "a.txt", "b.txt", "media/x_1.png", "media/xy1.png"]
    assert paths(names=["b.txt", "none"]) == ["b.txt"]
    assert paths(pattern="%.txt") == ["a.txt", "b.txt"]
    assert paths(pattern="media/x_1%") == ["media/x_1.png", "media/xy1.png"]
    assert paths(pattern="media/x\\_1%") == ["media/x_1.png"]
    assert paths(pattern="100\\%%") == ["100%.csv"]
    assert paths(pattern="a.txt\\") == paths(pattern="\\\\\\") == []
    assert paths(pattern="a.txt\\\\") == []


def test_blobs_are_recorded_with_their_sizes(world: World) -> None:
    c = world.connection
    record(world, "b", "a")
    run_files.record_blob(c, blob("a", 7), at(9))
    assert run_files.list_blobs(c) == {"a" * 64: 7, "b" * 64: ord("b")}
    assert list(run_files.list_blobs(c)) == ["a" * 64, "b" * 64]
    assert run_files.blob_size(c, "a" * 64) == 7 and run_files.blob_size(c, "z" * 64) is None
    assert run_files.list_blob_names(c, "", 9) == ["a" * 64, "b" * 64]
    assert run_files.list_blob_names(c, "a" * 64, 9) == ["b" * 64]
    assert run_files.list_blob_names(c, "", 1) == ["a" * 64]
    assert not run_files.claim_absent_blob(c, "a" * 64, START)
    assert run_files.claim_absent_blob(c, "z" * 64, START)
    run_files.forget_blob(c, "z" * 64)
    assert run_files.claim_absent_blob(c, "z" * 64, START)


def test_an_md5_that_was_not_known_is_confirmed_by_the_name(world: World) -> None:
    c = world.connection
    name, known = by_md5("ab" * 16), by_md5("cd" * 16)
    for each, md5 in ((name, ""), (by_md5("ef" * 16), ""), (known, "told")):
        run_files.record_blob(c, StoredBlob(each, 1, md5, ""), START)
    run_files.confirm_md5(c, name)
    run_files.confirm_md5(c, known)
    found = dict(c.execute(sa.select(schema.blobs.c.hash, schema.blobs.c.md5)).tuples().all())
    assert found[name] == base64.b64encode(bytes.fromhex("ab" * 16)).decode()
    assert sorted(found.values()) == ["", found[name], "told"]


def hold(world: World) -> None:
    """Each kind of holder holds one of f, e, m, s; u is nobody's."""
    c = world.connection
    run = world.run().pk
    run_files.upsert_file(c, run, "f", blob("f"), "t", START)
    version = world.version(world.collection())
    manifests.upsert_entries(c, version.pk, [Entry("p", "d", 1, None, "e" * 64, None)])
    artifacts.update_artifact(c, version.pk, {"manifest_blob": "m" * 64})
    row = {"run_pk": run, "stream": 0, "first_line": 0, "n_lines": 1, "blob": "s" * 64}
    c.execute(sa.insert(schema.segments), row)


def test_only_what_nobody_holds_is_forgotten(world: World) -> None:
    record(world, *"femsu")
    hold(world)
    names = [name * 64 for name in "usmefu"]
    assert run_files.forget_unused_blobs(world.connection, names) == ["u" * 64]
    assert set(run_files.list_blobs(world.connection)) == {name * 64 for name in "fems"}


def test_idle_are_old_ones_that_nobody_holds_oldest_first(world: World) -> None:
    record(world, *"fems")
    record(world, "w", seconds=5)
    record(world, "v", seconds=3)
    record(world, "u", seconds=10)
    hold(world)
    assert run_files.list_idle_blobs(world.connection, at(10)) == ["v" * 64, "w" * 64]
