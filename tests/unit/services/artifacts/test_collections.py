"""Where versions are: links, aliases, the runs that logged them, names, pages of files."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sweepd import server
from sweepd.domain.artifacts import Alias, ArtifactState, Digest
from sweepd.domain.errors import BadInput, Forbidden, NotFound
from sweepd.domain.users import Caller
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange
from tests.unit.services.logging_versions import (
    begin,
    log,
    md5,
    put,
    put_manifest,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))


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
