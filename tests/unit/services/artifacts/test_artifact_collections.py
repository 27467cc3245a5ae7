"""Where versions are: links, aliases, the runs that logged them, names, pages of files."""

import hashlib

import pytest

from sweepd import server
from sweepd.domain.artifacts import Alias
from sweepd.domain.errors import BadInput, Forbidden, NotFound
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import ArtifactChange
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange
from tests.unit.services.logging_versions import (
    log,
    md5,
)

pytestmark = pytest.mark.both_databases


@pytest.fixture
def shared(parts: server.Parts, ann: Caller, bob: Caller) -> tuple[Caller, Caller]:
    """ann and bob as members of one team, each with projects of their own beside it."""
    parts.services.users.add_team("team", ["ann", "bob"])
    users = parts.services.users
    return users.get_caller("ann"), users.get_caller("bob")


@pytest.mark.slow
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
    blob = services.bytes.find_project_bytes(bob, hex_digest, "team", "models")
    assert services.bytes.find_bytes(bob, hex_digest, done.pk) == blob
    assert [p.pk for p in services.memberships(bob, done)] == [place.pk]
    assert services.producer(bob, done) is None
    found = services.producer(ann, done)
    assert found is not None and found.pk == by.pk
    with pytest.raises(Forbidden, match="linked here"):
        services.update(bob, done.pk, ArtifactChange(description="mine"))
    with pytest.raises(Forbidden):
        services.removals.delete(bob, done.pk, delete_aliases=True)
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


@pytest.mark.slow
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
        services.update(ann, done.pk, ArtifactChange(aliases=[alias]))
    with pytest.raises(BadInput):
        services.uploads.create(
            ann, NewArtifact("ann", "p", None, "model", "m", "d", aliases=[alias])
        )


def test_version_is_found_by_its_digest(parts: server.Parts, ann: Caller) -> None:
    first = log(parts, ann, b"one")
    log(parts, ann, b"two")
    project = parts.services.projects.get(ann, "ann", "p")
    place = parts.services.artifacts.collections.find_membership(project, f"m:{md5(b'one')}")
    assert place is not None and place.artifact_pk == first.pk
