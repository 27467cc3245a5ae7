"""Artifacts: a commit is final, no entity sees another's, shared bytes outlive a deletion."""

import pytest

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import ArtifactChange
from tests.unit.services.logging_versions import begin, log, md5

pytestmark = pytest.mark.both_databases


def test_another_entitys_artifacts_and_bytes_do_not_exist(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    done = log(parts, ann, b"secret")
    with pytest.raises(NotFound):
        parts.services.artifacts.get(bob, done.pk)
    with pytest.raises(NotFound):
        parts.services.artifacts.update(bob, done.pk, ArtifactChange(description="mine"))
    pending = begin(parts, bob, "d")
    wanted = parts.services.artifacts.uploads.announce_files(
        bob, [(pending.pk, "f", Digest(md5(b"secret")))]
    )
    assert wanted == [True]
    place = parts.services.artifacts.collections.link(ann, done.pk, "ann", "p", "shown", [])
    own = log(parts, bob, b"own")
    with pytest.raises(NotFound):
        parts.services.artifacts.collections.unlink(bob, own.pk, place.collection_pk)


def test_deleting_keeps_bytes_that_another_version_holds(parts: server.Parts, ann: Caller) -> None:
    first, second = log(parts, ann, b"same", "a"), log(parts, ann, b"same", "b")
    parts.services.artifacts.removals.delete(ann, first.pk, delete_aliases=True)
    [entry] = parts.services.artifacts.entries(second)
    assert entry.blob is not None
    assert parts.services.files.read(entry.blob) == b"same"
    parts.services.artifacts.removals.delete(ann, second.pk, delete_aliases=True)
    with pytest.raises(NotFound):
        parts.services.files.read(entry.blob)
