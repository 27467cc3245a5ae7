"""The places of versions in collections, their numbers and aliases."""

import pytest

from sweepd.domain.artifacts import ArtifactState
from sweepd.store import artifacts, memberships
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_numbers_are_given_once_and_never_again(world: World) -> None:
    c = world.connection
    pk = world.collection()
    made = [world.version(pk) for _ in range(3)]
    places = memberships.list_memberships(c, pk)
    assert [(p.version, p.artifact_pk) for p in places] == [(n, made[n].pk) for n in (2, 1, 0)], (
        "newest first"
    )
    assert memberships.add_membership(c, pk, made[1].pk, at(9)) == places[1].pk
    memberships.delete_membership(c, places[0])
    memberships.add_membership(c, pk, world.version(world.collection("o")).pk, at(9))
    assert [p.version for p in memberships.list_memberships(c, pk)] == [3, 1, 0]
    assert [p.version for p in memberships.list_memberships(c, pk, limit=1)] == [3]
    assert len(memberships.list_memberships(c, artifact_pk=made[0].pk)) == 1


def test_an_alias_names_one_version_of_its_collection(world: World) -> None:
    c = world.connection
    pk, other = world.collection(), world.collection("o")
    for collection in (pk, pk, other):
        world.version(collection)
    new, old = memberships.list_memberships(c, pk)
    [theirs] = memberships.list_memberships(c, other)
    for place, alias in ((old, "latest"), (new, "latest"), (new, "best"), (theirs, "best")):
        memberships.set_alias(c, place.collection_pk, place.pk, alias)
    new, old = memberships.list_memberships(c, pk)
    assert (new.aliases, old.aliases) == (("best", "latest"), ())
    assert memberships.aliases_in(pk).all(c) == ["best", "latest"]
    memberships.remove_alias(c, old.pk, "best")
    assert memberships.aliases_in(pk).all(c) == ["best", "latest"]
    memberships.remove_alias(c, new.pk, "best")
    assert memberships.aliases_in(pk).all(c) == ["latest"]
    assert memberships.aliases_in(other).all(c) == ["best"]


def test_latest_goes_to_the_newest_that_is_left(world: World) -> None:
    c = world.connection
    pk = world.collection()
    for _ in range(3):
        world.version(pk)
    new, middle, old = memberships.list_memberships(c, pk)
    memberships.set_alias(c, pk, new.pk, "latest")
    memberships.set_alias(c, pk, old.pk, "best")
    [old] = [place for place in memberships.list_memberships(c, pk) if place.pk == old.pk]
    memberships.delete_membership(c, old)
    assert memberships.aliases_in(pk).all(c) == ["latest"]
    [new, middle] = memberships.list_memberships(c, pk)
    memberships.delete_membership(c, new)
    [middle] = memberships.list_memberships(c, pk)
    assert middle.aliases == ("latest",)
    memberships.delete_membership(c, middle)
    assert memberships.list_memberships(c, pk) == []


def test_a_place_is_found_by_alias_number_or_digest_in_that_order(world: World) -> None:
    c = world.connection
    pk = world.collection()
    made = [world.version(pk, digest=digest) for digest in ("d", "e", "d", "v0")]
    places = {place.artifact_pk: place for place in memberships.list_memberships(c, pk)}

    def find(name: str) -> int | None:
        found = memberships.find_membership(c, pk, name)
        return None if found is None else found.artifact_pk

    assert [find(name) for name in ("v0", "v1", "v9", "best", "x1", "1", "v", "")] == [
        made[0].pk,
        made[1].pk,
        *[None] * 6,
    ]
    assert find("d") == made[2].pk, "the newest of its digest"
    assert find("e") == made[1].pk
    memberships.set_alias(c, pk, places[made[3].pk].pk, "v1")
    memberships.set_alias(c, pk, places[made[3].pk].pk, "a")
    assert find("v1") == made[3].pk
    found = memberships.find_membership(c, pk, "v1")
    assert found is not None and found.aliases == ("a", "v1")
    assert memberships.find_membership(c, world.collection("o"), "v1") is None


def test_places_of_a_version_begin_with_where_it_was_born(world: World) -> None:
    c = world.connection
    born, linked = world.collection(), world.collection("l")
    other = world.version(born)
    made = artifacts.create_artifact(
        c,
        {
            "project_pk": world.p,
            "collection_pk": born,
            "digest": "d",
            "state": ArtifactState.COMMITTED,
            "created_at": at(0),
            "updated_at": at(0),
        },
    )
    for collection in (linked, born):
        memberships.add_membership(c, collection, made.pk, at(1))
    found = memberships.places_of(made).all(c)
    assert [place.collection_pk for place in found] == [born, linked]
    assert len(memberships.places_of(other).all(c)) == 1


def test_versions_of_a_collection_or_of_projects_in_any_order(world: World) -> None:
    c = world.connection
    pk, other = world.collection(), world.collection("o")
    sizes = (5, 1, 5)
    made = [world.version(pk, seconds=9 - i, size_bytes=size) for i, size in enumerate(sizes)]
    theirs = world.version(other)
    elsewhere = world.version(world.collection("q", project_pk=world.q))

    def pks(by: tuple[str, bool] | None = None, **more: object) -> list[int]:
        listing = memberships.versions_in(by, **more)  # type: ignore[arg-type]
        return [artifact.pk for _, artifact in listing.all(c)]

    newest = [made[2].pk, made[1].pk, made[0].pk]
    assert pks(collection_pk=pk) == newest
    assert pks(("version", False), collection_pk=pk) == newest[::-1]
    assert pks(("created_at", False), collection_pk=pk) == newest
    assert pks(("size", False), collection_pk=pk) == [made[1].pk, made[2].pk, made[0].pk]
    assert pks(("size", True), collection_pk=pk) == [made[2].pk, made[0].pk, made[1].pk]
    assert pks(project_pks=[world.p]) == [theirs.pk, *newest]
    assert pks(project_pks=[world.q, world.p])[0] == elsewhere.pk
    artifacts.update_artifact(c, made[1].pk, {"state": ArtifactState.DELETED})
    assert pks(collection_pk=pk) == [made[2].pk, made[0].pk]


def test_aliases_of_many_places_are_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "MAX_VALUES", 2)
    c = world.connection
    pk = world.collection()
    for _ in range(5):
        world.version(pk)
    for place in memberships.list_memberships(c, pk):
        memberships.set_alias(c, pk, place.pk, f"a{place.version}")
    found = memberships.list_memberships(c, pk)
    assert [place.aliases for place in found] == [(f"a{place.version}",) for place in found]
