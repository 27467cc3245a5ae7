"""Versions: found by whatever names them, deleted ones never."""

import pytest

from sweepd.domain.artifacts import ArtifactState, DigestAlgorithm
from sweepd.domain.errors import Gone
from sweepd.store import artifacts, memberships
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_a_version_is_found_by_key_until_it_is_deleted(world: World) -> None:
    c = world.connection
    made = world.version(world.collection(), tags='["x"]', metadata='{"a": 1}', ttl_s=5)
    assert (made.tags, made.ttl_s, made.digest_algorithm) == (("x",), 5, DigestAlgorithm.MD5)
    for lock in (False, True):
        assert artifacts.find_artifact(c, made.pk, lock) == made
    assert artifacts.find_artifacts(c, [made.pk, 999]) == {made.pk: made}
    assert artifacts.count_versions(c) == 1
    artifacts.update_artifact(c, made.pk, {"state": ArtifactState.DELETED})
    for lock in (False, True):
        assert artifacts.find_artifact(c, made.pk, lock) is None
    assert artifacts.find_artifacts(c, [made.pk]) == {} and artifacts.count_versions(c) == 0
    with pytest.raises(Gone):
        artifacts.get_artifact(c, made.pk)


def test_many_versions_are_found_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MAX_VALUES", 2)
    collection = world.collection()
    made = [world.version(collection).pk for _ in range(5)]
    assert artifacts.find_artifacts(world.connection, made).keys() == set(made)


def test_ids_that_clients_made_up_name_the_newest(world: World) -> None:
    c = world.connection
    collection = world.collection()
    old = world.version(collection, client_id="x")
    assert artifacts.find_by_client_id(c, "x") == old
    new = world.version(collection, client_id="y")
    for _ in range(2):
        artifacts.add_client_id(c, new.pk, "x")
    assert artifacts.find_by_client_id(c, "x") == new
    assert artifacts.find_by_client_id(c, "x", project_pk=world.p) == new
    assert artifacts.find_by_client_id(c, "x", project_pk=world.q) is None
    assert artifacts.find_by_client_id(c, "x", entity_pk=world.ann_entity) == new
    assert artifacts.find_by_client_id(c, "x", entity_pk=world.bob_entity) is None
    artifacts.update_artifact(c, new.pk, {"state": ArtifactState.DELETED})
    assert artifacts.find_by_client_id(c, "x") == old
    assert artifacts.find_by_client_id(c, "z") is None


def test_entities_of_a_version_are_its_own_and_those_of_its_links(world: World) -> None:
    c = world.connection
    made = world.version(world.collection())
    assert artifacts.list_entities(c, made.pk) == {"ann"}
    linked = world.collection("l", project_pk=world.q)
    memberships.add_membership(c, linked, made.pk, at(1))
    assert artifacts.list_entities(c, made.pk) == {"ann", "bob"}


def test_several_writers_find_the_pending_version_of_their_id(world: World) -> None:
    c = world.connection
    collection = world.collection()
    done = world.version(collection, distributed_id="d")
    assert artifacts.find_distributed(c, collection, "d") is None
    pending = [
        world.version(collection, distributed_id="d", state=ArtifactState.PENDING) for _ in "12"
    ]
    assert artifacts.find_distributed(c, collection, "d") == pending[0]
    assert artifacts.find_distributed(c, collection, "e") is None
    assert artifacts.find_distributed(c, world.collection("o"), "d") is None
    assert artifacts.is_distributed(c, done.pk)
    assert not artifacts.is_distributed(c, world.version(collection).pk)


def test_expired_are_committed_ones_whose_time_has_passed(world: World) -> None:
    c = world.connection
    collection = world.collection()
    made = {
        name: world.version(collection, seconds, ttl_s=ttl, state=state).pk
        for name, seconds, ttl, state in (
            ("due", 0, 10, ArtifactState.COMMITTED),
            ("due now", 5, 5, ArtifactState.COMMITTED),
            ("later", 5, 6, ArtifactState.COMMITTED),
            ("never", 0, -1, ArtifactState.COMMITTED),
            ("none", 0, None, ArtifactState.COMMITTED),
            ("pending", 0, 1, ArtifactState.PENDING),
        )
    }
    found = [item.pk for item in artifacts.list_expired(c, at(10))]
    assert found == [made["due"], made["due now"]]


def test_pending_are_those_begun_before(world: World) -> None:
    collection = world.collection()
    old = [world.version(collection, s, state=ArtifactState.PENDING).pk for s in (4, 1)]
    world.version(collection, 5, state=ArtifactState.PENDING)
    world.version(collection, 1)
    assert [item.pk for item in artifacts.list_pending(world.connection, at(5))] == old


def test_the_newest_committed_one_of_a_content_is_the_same(world: World) -> None:
    c = world.connection
    collection = world.collection()
    made = [world.version(collection, digest="d", version=v) for v in (2, 5, 3)]
    world.version(collection, digest="d", version=9, state=ArtifactState.PENDING)
    world.version(collection, digest="d", version=8, digest_algorithm=DigestAlgorithm.XXH128)
    world.version(world.collection("o"), digest="d", version=7)
    assert artifacts.find_same(c, collection, "d", DigestAlgorithm.MD5) == made[1]
    assert artifacts.find_same(c, collection, "e", DigestAlgorithm.MD5) is None


def test_what_a_run_logged_first_or_again_and_used(world: World) -> None:
    c = world.connection
    collection = world.collection()
    run, other = world.run().pk, world.run().pk
    again = world.version(collection, run_pk=other)
    own = [world.version(collection, run_pk=run) for _ in "12"]
    world.version(collection, run_pk=run, state=ArtifactState.PENDING)
    for _ in range(2):
        artifacts.record_output(c, run, again.pk)
    assert artifacts.list_logged(c, run) == [again, *own]
    assert artifacts.list_logged(c, run, first=True) == own
    assert artifacts.list_logged(c, other) == [again]
    for version, seconds in ((own[1], 5), (own[0], 9), (own[1], 99), (again, 1)):
        artifacts.record_use(c, other, version.pk, "model", at(seconds))
    assert artifacts.list_used(c, other) == [again, own[1], own[0]]
    assert artifacts.list_used(c, run) == []


def test_aliases_asked_for_are_kept_until_the_commit(world: World) -> None:
    made = world.version(world.collection(), pending_aliases='["best"]')
    assert artifacts.pending_aliases(world.connection, made.pk) == '["best"]'
