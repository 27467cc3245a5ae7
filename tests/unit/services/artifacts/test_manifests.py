"""Manifests: digests of what a version holds, pages of its files."""

import hashlib
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.artifacts import ArtifactState, Digest
from sweepd.domain.errors import TooLarge
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.settings import Settings
from tests.unit.services.logging_versions import (
    begin,
    log,
    md5,
    put,
    put_manifest,
)

pytestmark = pytest.mark.both_databases


def test_incremental_version_has_the_digest_of_all_it_holds(
    parts: server.Parts, ann: Caller
) -> None:
    """Else a whole version with only the increment's files would be taken for the same."""
    uploads = parts.services.artifacts.uploads
    base = log(parts, ann, b"one")
    more = begin(parts, ann, "digest of the increment")
    uploads.manifests.set_base(ann, more.pk, base.pk)
    assert uploads.announce_files(ann, [(more.pk, "g", Digest(md5(b"two")))]) == [True]
    put(parts, more.pk, "g", b"two", b"two")
    put_manifest(parts, more.pk, {"g": {"digest": md5(b"two"), "size": 3}})
    done = uploads.commit(ann, more.pk, lambda _: more.pk)
    text = f"wandb-artifact-manifest-v1\nf:{md5(b'one')}\ng:{md5(b'two')}\n"
    assert done.digest == hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert begin(parts, ann, "digest of the increment").state is ArtifactState.PENDING


def test_pages_of_a_manifest_follow_each_other_by_path(parts: server.Parts, ann: Caller) -> None:
    pending = begin(parts, ann, "d")
    names = ["a/é", "b", "c d", "Z", "a/b"]
    files = [(pending.pk, name, Digest(md5(name.encode()))) for name in names]
    parts.services.artifacts.uploads.announce_files(ann, files)
    services, seen, start = parts.services.artifacts, [], Start()
    for _ in range(3):
        page = services.page_entries(pending, None, start, 2)
        seen += [entry.path for entry in page.values]
        start = Start(page.items[-1][0])
        assert page.count() == 5
    assert sorted(seen) == sorted(names)
    page = services.page_entries(pending, ["b", "Z", "none"], Start(), 1)
    assert (len(page.values), page.count()) == (1, 2)


@pytest.mark.slow
def test_manifests_end_at_the_servers_limits(tmp_path: Path) -> None:
    """As sent, as read, and as put together from those of several versions."""
    settings = Settings(data=tmp_path / "data", max_manifest_bytes=400, max_manifest_entries=3)
    parts = server.build(settings)
    parts.services.users.add_user("ann")
    ann = parts.services.users.get_caller("ann")
    uploads = parts.services.artifacts.uploads
    ref = {"ref": "s3://b/k", "digest": "e"}
    base = begin(parts, ann, "base")
    put_manifest(parts, base.pk, {"a": ref, "b": ref})
    uploads.commit(ann, base.pk, lambda _: base.pk)
    more = begin(parts, ann, "more")
    with pytest.raises(TooLarge, match="a manifest may have 400 bytes"):
        put_manifest(parts, more.pk, {"x" * 400: ref})
    put_manifest(parts, more.pk, {name: ref for name in "abcd"})
    with pytest.raises(TooLarge, match="a manifest may have 3 entries"):
        uploads.commit(ann, more.pk, lambda _: more.pk)
    uploads.manifests.set_base(ann, more.pk, base.pk)
    with pytest.raises(TooLarge, match=r"a manifest may have 3 entries .*got 4"):
        put_manifest(parts, more.pk, {"c": ref, "d": ref})
    with pytest.raises(TooLarge, match="a manifest may have 400 bytes"):
        put_manifest(parts, more.pk, {"x" * 200: {**ref, "digest": "e" * 80}})
    put_manifest(parts, more.pk, {"c": ref})
    assert uploads.commit(ann, more.pk, lambda _: more.pk).n_files == 3
    parts.core.db.close()
