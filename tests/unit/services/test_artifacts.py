"""Artifacts: a commit is final, entities are walls, shared bytes outlive a deletion."""

import base64
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import anyio
import pytest

from sweepd import server
from sweepd.domain.artifacts import Alias, Artifact, ArtifactState, Digest
from sweepd.domain.errors import BadInput, Forbidden, NotFound, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.artifact_uploads import NewArtifact
from sweepd.services.runs import RunChange
from sweepd.store import run_files

LIMIT = 1 << 20


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def run(work: Callable[[], Awaitable[object]]) -> None:
    """Run async work in a thread of its own: Playwright keeps a loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, work).result()


async def stream(body: bytes) -> AsyncIterator[bytes]:
    yield body


def begin(
    parts: server.Parts, caller: Caller, digest: str, name: str = "m", run_id: str | None = None
) -> Artifact:
    new = NewArtifact(caller.name, "p", run_id, "model", name, digest, aliases=["best"])
    return parts.services.artifacts.uploads.create(caller, new)


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
    artifacts.delete(ann, first.pk, delete_aliases=True)
    assert artifacts.find_by_client_id(ann, "two") is None


def put(parts: server.Parts, pk: int, path: str, body: bytes, announced: bytes) -> None:
    uploads = parts.services.artifacts.uploads
    run(lambda: uploads.put_file(pk, path, stream(body), LIMIT, Digest(md5(announced))))


def put_manifest(parts: server.Parts, pk: int, contents: dict[str, object]) -> None:
    text = json.dumps({"version": 1, "contents": contents}).encode()
    uploads = parts.services.artifacts.uploads
    run(lambda: uploads.manifests.put(pk, stream(text), LIMIT, md5(text)))


def log(
    parts: server.Parts, caller: Caller, body: bytes, name: str = "m", run_id: str | None = None
) -> Artifact:
    """All steps of the client, for one file."""
    uploads = parts.services.artifacts.uploads
    pending = begin(parts, caller, md5(body), name, run_id)
    if uploads.announce_files(caller, [(pending.pk, "f", Digest(md5(body)))]) == [True]:
        put(parts, pending.pk, "f", body, body)
    put_manifest(parts, pending.pk, {"f": {"digest": md5(body), "size": len(body)}})
    return uploads.commit(caller, pending.pk, lambda _: pending.pk)


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


def test_another_entitys_artifacts_and_bytes_do_not_exist(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    done = log(parts, ann, b"secret")
    with pytest.raises(NotFound):
        parts.services.artifacts.get(bob, done.pk)
    with pytest.raises(NotFound):
        parts.services.artifacts.update(bob, done.pk, {"description": "mine"}, [], [])
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
    parts.services.artifacts.delete(ann, first.pk, delete_aliases=True)
    [entry] = parts.services.artifacts.entries(second)
    assert entry.blob is not None
    assert parts.services.files.read(entry.blob) == b"same"
    parts.services.artifacts.delete(ann, second.pk, delete_aliases=True)
    with pytest.raises(NotFound):
        parts.services.files.read(entry.blob)


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


@pytest.fixture
def shared(parts: server.Parts, ann: Caller, bob: Caller) -> tuple[Caller, Caller]:
    """ann and bob as members of one team, each with projects of their own beside it."""
    parts.services.users.add_team("team", ["ann", "bob"])
    users = parts.services.users
    return users.get_caller("ann"), users.get_caller("bob")


def test_linked_version_is_seen_by_the_entity_it_is_linked_to_and_changed_by_its_own(
    parts: server.Parts, shared: tuple[Caller, Caller]
) -> None:
    ann, bob = shared
    services = parts.services.artifacts
    by, _ = parts.services.runs.upsert(ann, "ann", "p", "r", RunChange())
    done = log(parts, ann, b"weights", run_id="r")
    with pytest.raises(NotFound):
        services.get(bob, done.pk)
    place = services.collections.link(ann, done.pk, "team", "models", "best", ["prod"])
    assert services.get(bob, done.pk).digest == done.digest
    hex_digest = hashlib.md5(b"weights", usedforsecurity=False).hexdigest()
    blob = services.find_project_bytes(bob, hex_digest, "team", "models")
    assert services.find_bytes(bob, hex_digest, done.pk) == blob
    assert [p.pk for p in services.memberships(bob, done)] == [place.pk]
    assert services.producer(bob, done) is None
    found = services.producer(ann, done)
    assert found is not None and found.pk == by.pk
    with pytest.raises(Forbidden, match="linked here"):
        services.update(bob, done.pk, {"description": "mine"}, [], [])
    with pytest.raises(Forbidden):
        services.delete(bob, done.pk, delete_aliases=True)
    with pytest.raises(BadInput, match="not in a collection"):
        services.collections.set_aliases(bob, done.pk, [Alias("m", "x")], add=True)
    services.collections.set_aliases(bob, done.pk, [Alias("best", "x", "team", "models")], add=True)
    own, _ = parts.services.runs.upsert(bob, "team", "models", "r", RunChange())
    services.use(bob, own, done.pk, None)
    assert [run.pk for run in services.consumers(ann, done)] == [own.pk]
    services.collections.unlink(bob, done.pk, place.collection_pk)
    with pytest.raises(NotFound):
        services.get(bob, done.pk)
    assert services.used_by(bob, own) == []


def test_aliases_go_to_the_collection_of_the_project_named(
    parts: server.Parts, ann: Caller
) -> None:
    """A portfolio is often called as the sequence is, in another project."""
    services = parts.services.artifacts
    done = log(parts, ann, b"one")
    place = services.collections.link(ann, done.pk, "ann", "shown", "m", [])

    def held() -> list[tuple[str, ...]]:
        return [place.aliases for place in services.memberships(ann, done)]

    services.collections.set_aliases(ann, done.pk, [Alias("m", "a", "ann", "shown")], add=True)
    services.collections.set_aliases(ann, done.pk, [Alias("m", "b", "ann", "p")], add=True)
    services.collections.set_aliases(ann, done.pk, [Alias("m", "c")], add=True)
    assert held() == [("b", "best", "c", "latest"), ("a", "latest")]
    services.collections.set_aliases(ann, done.pk, [Alias("m", "b", "ann", "p")], add=False)
    assert held() == [("best", "c", "latest"), ("a", "latest")]
    assert place.version == 0


@pytest.mark.parametrize("alias", ["v7", "", "a:b", "x" * 257])
def test_alias_that_no_path_could_say_is_refused(
    parts: server.Parts, ann: Caller, alias: str
) -> None:
    services = parts.services.artifacts
    done = log(parts, ann, b"one")
    with pytest.raises(BadInput):
        services.collections.set_aliases(ann, done.pk, [Alias("m", alias)], add=True)
    with pytest.raises(BadInput):
        services.collections.link(ann, done.pk, "ann", "p", "shown", [alias])
    with pytest.raises(BadInput):
        services.update(ann, done.pk, {}, [], [], [alias])
    with pytest.raises(BadInput):
        services.uploads.create(
            ann, NewArtifact("ann", "p", None, "model", "m", "d", aliases=[alias])
        )


def test_version_whose_run_was_deleted_has_no_run(parts: server.Parts, ann: Caller) -> None:
    run_of, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    done = log(parts, ann, b"one", run_id="r")
    parts.services.artifacts.use(ann, run_of, done.pk, None)
    assert parts.services.artifacts.producer(ann, done) is not None
    parts.services.runs.delete(ann, run_of.pk)
    assert parts.services.artifacts.producer(ann, done) is None
    assert parts.services.artifacts.consumers(ann, done) == []


def test_run_that_logs_what_was_there_has_it_among_its_outputs(
    parts: server.Parts, ann: Caller
) -> None:
    """Two runs of one config may well end with the same model."""
    first, _ = parts.services.runs.upsert(ann, None, "p", "r1", RunChange())
    second, _ = parts.services.runs.upsert(ann, None, "p", "r2", RunChange())
    services = parts.services.artifacts
    done = log(parts, ann, b"weights", run_id="r1")
    again = begin(parts, ann, md5(b"weights"), run_id="r2")
    assert again.pk == done.pk
    for run_of in (first, second):
        assert [item.pk for item in services.output_artifacts(run_of)] == [done.pk]
    assert services.output_artifacts(second, first=True) == []
    found = services.producer(ann, done)
    assert found is not None and found.pk == first.pk


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


def test_version_is_found_by_its_digest(parts: server.Parts, ann: Caller) -> None:
    first = log(parts, ann, b"one")
    log(parts, ann, b"two")
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, f"m:{md5(b'one')}")
    assert place is not None and place.artifact_pk == first.pk


def test_writers_who_commit_at_once_get_a_number_each(parts: server.Parts, ann: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: log(parts, ann, b"%d" % n), range(16)))
    assert sorted(item.version or 0 for item in done) == list(range(16))
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, "m:latest")
    assert place is not None and place.version == 15
    best = parts.services.artifacts.collections.find_membership(project, "m:best")
    assert best is not None and best.version == 15


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
    services, seen, after = parts.services.artifacts, [], None
    for _ in range(3):
        page, total = services.page_entries(pending, None, after, 2)
        seen += [entry.path for entry in page]
        after = page[-1].path
        assert total == 5
    assert sorted(seen) == sorted(names)
    page, total = services.page_entries(pending, ["b", "Z", "none"], None, 1)
    assert (len(page), total) == (1, 2)


def test_large_file_is_put_together_while_its_client_asks_again(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading gigabytes takes longer than the client waits; asking again must not begin anew."""
    large, pending = parts.services.artifacts.uploads.large_files, begin(parts, ann, "d")
    digest, go_on, n_begun = Digest(md5(b"onetwo")), threading.Event(), []
    for number, body in enumerate((b"one", b"two"), 1):
        run(lambda number=number, body=body: large.put_part("u", number, stream(body), LIMIT, None))
    stream_parts = large._blobs.stream_parts

    async def slowly(upload: str, numbers: Sequence[int]) -> AsyncIterator[bytes]:
        n_begun.append(upload)
        await anyio.to_thread.run_sync(go_on.wait)
        async for part in stream_parts(upload, numbers):
            yield part

    monkeypatch.setattr(large._blobs, "stream_parts", slowly)
    large.patience_s = 0.01
    for _ in range(2):
        with pytest.raises(Unavailable, match="ask again"):
            large.complete(pending.pk, "f", "u", [1, 2], LIMIT, digest)
    go_on.set()
    large.patience_s = 10
    for _ in range(2):
        large.complete(pending.pk, "f", "u", [1, 2], LIMIT, digest)
    [entry] = parts.services.artifacts.entries(pending)
    assert (entry.size_bytes, n_begun) == (6, ["u"])
    with pytest.raises(BadInput, match="never came"):
        large.complete(pending.pk, "f", "v", [1], LIMIT, Digest(md5(b"other")))
