"""Users, members, keys and secrets."""

import pytest

from sweepd.store import users
from tests.unit.store.world import START, World

pytestmark = pytest.mark.both_databases


def test_a_caller_is_found_by_name_and_by_key_with_their_entities(world: World) -> None:
    c = world.connection
    team = users.create_entity(c, "team", "team", START)
    for _ in range(2):
        users.add_member(c, team, world.ann, "member")
    caller = users.find_caller_by_name(c, "ann")
    assert caller is not None
    assert (caller.user_pk, caller.email, caller.is_admin) == (world.ann, "ann@x", True)
    assert caller.entities == {"ann": world.ann_entity, "team": team}
    key = users.create_key(c, world.ann, "digest", "be", "hint", "for x", START)
    assert users.find_caller_by_digest(c, "digest") == caller
    assert users.find_key(c, "digest") == (key, world.ann)
    assert users.find_caller_by_digest(c, "other") is None
    assert users.find_caller_by_name(c, "nobody") is None
    assert users.find_key(c, "other") is None
    assert users.find_entity(c, "team") == (team, "team")
    assert users.find_entity(c, "nobody") is None


def test_members_are_listed_with_their_role_and_whether_they_are_people(world: World) -> None:
    c = world.connection
    team = users.create_entity(c, "team", "team", START)
    service = users.create_user(c, "robot", "", False, START)
    for user, role in ((service, "member"), (world.bob, "admin"), (world.ann, "viewer")):
        users.add_member(c, team, user, role)
    found = users.list_members(c, team)
    assert [(m.name, m.role, m.is_service) for m in found] == [
        ("ann", "viewer", False),
        ("bob", "admin", False),
        ("robot", "member", True),
    ]
    users.remove_member(c, team, world.bob)
    assert [m.name for m in users.list_members(c, team)] == ["ann", "robot"]
    assert [m.name for m in users.list_members(c, world.bob_entity)] == ["bob"]


def test_users_are_listed_by_name_and_removed_with_their_keys(world: World) -> None:
    c = world.connection
    users.create_user(c, "aaron", "", False, START)
    assert [user.name for user in users.list_users(c)] == ["aaron", "ann", "bob"]
    users.create_key(c, world.ann, "d", "", "", "", START)
    assert users.delete_user(c, "ann") and not users.delete_user(c, "ann")
    assert users.find_key(c, "d") is None
    assert users.find_entity(c, "ann") is not None


def test_keys_are_listed_oldest_first_and_revoked_by_their_owner_or_anybody(world: World) -> None:
    c = world.connection
    mine = [users.create_key(c, world.ann, f"d{i}", "b", "h", f"k{i}", START) for i in range(3)]
    theirs = users.create_key(c, world.bob, "e", "", "", "", START)
    found = users.list_keys(c, world.ann)
    assert [(key.pk, key.begins, key.hint, key.description) for key in found] == [
        (pk, "b", "h", f"k{i}") for i, pk in enumerate(mine)
    ]
    assert users.delete_key(c, world.ann, theirs) is None
    assert users.delete_key(c, world.ann, mine[1]) == world.ann
    assert users.delete_key(c, None, theirs) == world.bob
    assert users.delete_key(c, None, theirs) is None
    assert [key.pk for key in users.list_keys(c, world.ann)] == [mine[0], mine[2]]


def test_secrets_are_made_once_and_taken_once(world: World) -> None:
    c = world.connection
    assert users.find_secret(c, "s") is None
    assert users.get_or_create_secret(c, "s", "one") == "one"
    assert users.get_or_create_secret(c, "s", "two") == "one" == users.find_secret(c, "s")
    users.get_or_create_secret(c, "t", "three")
    assert users.take_secret(c, "s") == "one"
    assert users.take_secret(c, "s") is None and users.find_secret(c, "t") == "three"


def test_a_secret_is_its_own_whatever_lies_beside_it(world: World) -> None:
    c = world.connection
    for name in ("b", "c", "a"):
        assert users.get_or_create_secret(c, name, f"of {name}") == f"of {name}"
    for name in ("a", "b", "c"):
        assert users.get_or_create_secret(c, name, "fresh") == f"of {name}"
