"""Logging a version: same content, same version; what was announced must come."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sweepd import server
from sweepd.domain.artifacts import Artifact, ArtifactState, Digest
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange
from sweepd.store import run_files
from tests.unit.services.logging_versions import (
    LIMIT,
    begin,
    log,
    md5,
    put,
    put_manifest,
    run,
    stream,
)

pytestmark = pytest.mark.both_databases


def test_content_there_already_takes_the_tags_and_aliases_asked_for_now(
    parts: server.Parts, ann: Caller
) -> None:
    uploads = parts.services.artifacts.uploads
    done = log(parts, ann, b"one")
    new = NewArtifact("ann", "p", None, "model", "m", md5(b"one"), aliases=["a"], tags=["t"])
    assert uploads.create(ann, new).tags == ("t",)
    assert uploads.create(ann, replace(new, tags=["u", "t"])).tags == ("t", "u")
    [place] = parts.services.artifacts.memberships(ann, done)
    assert place.aliases == ("a", "best", "latest")


def test_only_who_has_bytes_to_send_makes_a_new_version_of_an_older_content(
    parts: server.Parts, ann: Caller
) -> None:
    """`wandb.Api().run(…).log_artifact(older)` sends no id and will upload nothing."""
    uploads = parts.services.artifacts.uploads
    older = log(parts, ann, b"one")
    log(parts, ann, b"two")
    new = NewArtifact("ann", "p", None, "model", "m", md5(b"one"), aliases=["back"])
    assert uploads.create(ann, new).pk == older.pk
    sent = uploads.create(ann, replace(new, client_id="c"))
    assert sent.state is ArtifactState.PENDING


@pytest.mark.slow
def test_writers_who_commit_at_once_get_a_number_each(parts: server.Parts, ann: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: log(parts, ann, b"%d" % n), range(16)))
    assert sorted(item.version or 0 for item in done) == list(range(16))
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, "m:latest")
    assert place is not None and place.version == 15
    best = parts.services.artifacts.collections.find_membership(project, "m:best")
    assert best is not None and best.version == 15


def test_the_same_content_again_is_known_by_the_id_of_either_client(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    """Tables logged twice unchanged are named by the second one's id in rows and references."""
    uploads, artifacts = parts.services.artifacts.uploads, parts.services.artifacts

    def create(client_id: str) -> Artifact:
        return uploads.create(
            ann, NewArtifact("ann", "p", None, "model", "m", md5(b"x"), client_id=client_id)
        )

    first = create("one")
    uploads.announce_files(ann, [(first.pk, "f", Digest(md5(b"x")))])
    put(parts, first.pk, "f", b"x", b"x")
    put_manifest(parts, first.pk, {"f": {"digest": md5(b"x"), "size": 1}})
    uploads.commit(ann, first.pk, lambda _: first.pk)
    for _ in range(2):
        assert create("two").pk == first.pk
    assert artifacts.find_by_client_id(ann, "two") == first.pk
    assert artifacts.find_by_client_id(ann, "one") == first.pk
    assert artifacts.find_by_client_id(bob, "two") is None
    artifacts.removals.delete(ann, first.pk, delete_aliases=True)
    assert artifacts.find_by_client_id(ann, "two") is None


def test_versions_count_up_and_same_content_is_the_same_version(
    parts: server.Parts, ann: Caller
) -> None:
    first, second = log(parts, ann, b"one"), log(parts, ann, b"two")
    assert (first.version, second.version) == (0, 1)
    again = begin(parts, ann, md5(b"two"))
    assert (again.pk, again.state) == (second.pk, ArtifactState.COMMITTED)
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, "m:best")
    assert place is not None and place.artifact_pk == second.pk
    assert place.aliases == ("best", "latest")


def test_committed_version_takes_no_file_and_no_manifest(parts: server.Parts, ann: Caller) -> None:
    """An upload address lives a week; a commit must outlive it unchanged."""
    done = log(parts, ann, b"one")
    before = parts.services.artifacts.entries(done)
    with pytest.raises(BadInput, match="committed"):
        parts.services.artifacts.uploads.announce_files(ann, [(done.pk, "f", Digest(md5(b"evil")))])
    with pytest.raises(BadInput, match="committed"):
        put(parts, done.pk, "f", b"evil", b"evil")
    with pytest.raises(BadInput, match="committed"):
        put_manifest(parts, done.pk, {})
    assert parts.services.artifacts.entries(done) == before
    assert parts.services.artifacts.get(ann, done.pk).manifest_blob == done.manifest_blob


def test_wrong_bytes_are_refused_and_commit_names_what_is_missing(
    parts: server.Parts, ann: Caller
) -> None:
    pending = begin(parts, ann, "d")
    parts.services.artifacts.uploads.announce_files(ann, [(pending.pk, "f", Digest(md5(b"right")))])
    with pytest.raises(Unavailable, match="announced was"):
        put(parts, pending.pk, "f", b"wrong", b"right")  # damaged on the way? send it again
    with pytest.raises(BadInput, match="announced was"):
        put(parts, pending.pk, "f", b"wrong", b"right")
    put_manifest(parts, pending.pk, {"f": {"digest": md5(b"right"), "size": 5}})
    with pytest.raises(BadInput, match="never came: f"):
        parts.services.artifacts.uploads.commit(ann, pending.pk, lambda _: pending.pk)


def test_upload_whose_bytes_a_deletion_took_meanwhile_must_be_sent_again(
    parts: server.Parts, ann: Caller
) -> None:
    """The bytes were in place, then another's deletion took them, then the upload was recorded."""
    owner, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    body, name = b"raced", hashlib.sha256(b"raced").hexdigest()
    files = parts.services.files
    record = run_files.record_blob

    def taken(*arguments: object) -> None:
        files._blobs.delete(name)
        record(*arguments)  # type: ignore[arg-type]

    run_files.record_blob = taken  # type: ignore[assignment]
    try:
        with pytest.raises(Unavailable, match="again"):
            run(lambda: files.put_run_file(owner.pk, "f", stream(body), "", LIMIT))
    finally:
        run_files.record_blob = record
    assert files.list_files(owner) == []
    run(lambda: files.put_run_file(owner.pk, "f", stream(body), "", LIMIT))
    assert files.read(files.list_files(owner)[0].blob) == body
