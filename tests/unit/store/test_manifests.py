"""Manifests by path, and bytes found by their digests."""

import pytest

from sweepd.domain.artifacts import Digest, DigestAlgorithm, Entry
from sweepd.store import manifests, memberships, run_files
from sweepd.store.measuring import StoredBlob
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases


def entry(path: str, blob: str | None = None, **more: object) -> Entry:
    return Entry(path, f"digest of {path}", 5, None, blob and blob * 64, None, **more)  # type: ignore[arg-type]


def test_lines_are_added_replaced_and_read_by_path(world: World) -> None:
    c = world.connection
    pk = world.version(world.collection()).pk
    manifests.upsert_entries(c, pk, [])
    manifests.upsert_entries(c, pk, [entry("b"), entry("a", "x"), entry("c")])
    other = Entry("b", "new", 9, "s3://x", "y" * 64, pk, DigestAlgorithm.XXH128)
    manifests.upsert_entries(c, pk, [other])
    assert manifests.list_entries(c, pk) == [entry("a", "x"), other, entry("c")]
    assert manifests.list_entries(c, pk, ["c", "b", "none"]) == [other, entry("c")]
    assert manifests.list_entries(c, pk, []) == [], "none was named"
    assert manifests.count_entries(c, pk) == 3
    manifests.delete_entries(c, pk, ["a", "b", "none"])
    assert manifests.list_entries(c, pk) == [entry("c")]
    assert manifests.list_entries(c, world.version(world.collection()).pk) == []


def test_many_names_are_looked_for_in_all_lines(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MAX_VALUES", 2)
    pk = world.version(world.collection()).pk
    manifests.upsert_entries(world.connection, pk, [entry(name) for name in "abcd"])
    for names in (["a", "c"], ["a", "c", "x"], ["d", "a", "c", "x"]):
        found = [e.path for e in manifests.list_entries(world.connection, pk, names)]
        assert found == sorted(set(names) & set("abcd"))


def test_bytes_are_found_by_digest_where_they_may_be_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MAX_VALUES", 1)
    c = world.connection
    for name in "ab":
        run_files.record_blob(c, StoredBlob(name * 64, 1, f"md5{name}", f"xxh{name}"), START)
    ann = world.version(world.collection()).pk
    bob = world.version(world.collection("c", project_pk=world.q), project_pk=world.q).pk

    def hold(pk: int, path: str, digest: str, blob: str, algorithm: DigestAlgorithm) -> None:
        line = Entry(path, digest, 1, None, blob * 64, None, algorithm)
        manifests.upsert_entries(c, pk, [line])

    hold(ann, "1", "md5a", "a", DigestAlgorithm.MD5)
    hold(ann, "2", "xxhb", "b", DigestAlgorithm.XXH128)
    hold(ann, "3", "claimed", "b", DigestAlgorithm.MD5)  # not what the bytes have
    hold(bob, "1", "md5b", "b", DigestAlgorithm.MD5)
    md5a, xxhb = Digest("md5a"), Digest("xxhb", DigestAlgorithm.XXH128)
    every = [md5a, xxhb, Digest("xxhb"), Digest("md5b"), Digest("claimed"), Digest("none")]
    found = {md5a: "a" * 64, xxhb: "b" * 64}
    assert manifests.find_blobs(c, every, project_pk=world.p) == found
    assert manifests.find_blobs(c, every, artifact_pk=ann) == found
    assert manifests.find_blobs(c, every, project_pk=world.q) == {Digest("md5b"): "b" * 64}
    assert manifests.find_blobs(c, every) == {**found, Digest("md5b"): "b" * 64}
    assert manifests.find_blobs(c, [], project_pk=world.p) == {}
    assert manifests.find_blobs(c, every, linked_to=world.p) == found
    linked = world.collection("l")
    memberships.add_membership(c, linked, bob, at(1))
    assert Digest("md5b") in manifests.find_blobs(c, every, linked_to=world.p)
    assert Digest("md5b") not in manifests.find_blobs(c, every, project_pk=world.p)
