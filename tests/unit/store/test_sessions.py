"""Sessions and links end when their time comes, and with what began them."""

import pytest

from sweepd.store import sessions, users
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases


def begin(world: World, digest: str, user: int, key: int | None = None, ends: float = 10) -> None:
    sessions.create_session(world.connection, digest, user, key, START, at(ends))


def who(world: World, *digests: str, seconds: float = 5) -> list[str | None]:
    return [sessions.find_session_user(world.connection, d, at(seconds)) for d in digests]


def test_a_session_lasts_until_its_time(world: World) -> None:
    begin(world, "a", world.ann)
    begin(world, "b", world.bob, ends=20)
    assert who(world, "a", "b", "c", seconds=9.9) == ["ann", "bob", None]
    assert who(world, "a", "b", seconds=10) == [None, "bob"]
    sessions.forget_expired(world.connection, at(10))
    assert who(world, "a", "b", seconds=0) == [None, "bob"]
    sessions.end_session(world.connection, "b")
    sessions.end_session(world.connection, "b")
    assert who(world, "b") == [None]


def test_all_of_a_user_end_but_the_one_kept(world: World) -> None:
    c = world.connection
    for digest, user in (("a1", world.ann), ("a2", world.ann), ("a3", world.ann), ("b", world.bob)):
        begin(world, digest, user)
    sessions.create_link(c, "link", world.ann, START, at(9))
    sessions.create_link(c, "theirs", world.bob, START, at(9))
    assert sessions.end_sessions(c, world.ann, keep="a2") == 3
    assert who(world, "a1", "a2", "a3", "b") == [None, "ann", None, "bob"]
    assert [sessions.has_link(c, name) for name in ("link", "theirs")] == [False, True]
    assert sessions.end_sessions(c, world.ann) == 1


def test_those_no_key_began_end_apart(world: World) -> None:
    c = world.connection
    key = users.create_key(c, world.ann, "d", "", "", "", START)
    begin(world, "by key", world.ann, key)
    for digest in ("by link", "kept"):
        begin(world, digest, world.ann)
    begin(world, "theirs", world.bob)
    sessions.create_link(c, "link", world.ann, START, at(9))
    sessions.create_link(c, "other", world.bob, START, at(9))
    sessions.end_keyless(c, world.ann, keep="kept")
    assert who(world, "by key", "by link", "kept", "theirs") == ["ann", None, "ann", "bob"]
    assert [sessions.has_link(c, name) for name in ("link", "other")] == [False, True]
    users.delete_key(c, world.ann, key)
    assert who(world, "by key") == [None]


def test_a_link_works_once_and_not_after_its_time(world: World) -> None:
    c = world.connection
    for digest in ("a", "b", "c"):
        sessions.create_link(c, digest, world.ann, START, at(10))
    assert sessions.take_link(c, "a", at(9.9)) == world.ann
    assert sessions.take_link(c, "a", at(9.9)) is None and not sessions.has_link(c, "a")
    assert sessions.take_link(c, "b", at(10)) is None and not sessions.has_link(c, "b")
    sessions.forget_expired(c, at(9.9))
    assert sessions.has_link(c, "c")
    sessions.forget_expired(c, at(10))
    assert not sessions.has_link(c, "c")


def test_a_copy_that_goes_on_elsewhere_forgets_all(world: World) -> None:
    begin(world, "a", world.ann)
    sessions.create_link(world.connection, "l", world.ann, START, at(9))
    sessions.forget_all(world.connection)
    assert who(world, "a") == [None] and not sessions.has_link(world.connection, "l")


def test_ending_one_session_leaves_those_beside_it(world: World) -> None:
    for digest in "abc":
        begin(world, digest, world.ann)
    sessions.end_session(world.connection, "b")
    assert who(world, "a", "b", "c") == ["ann", None, "ann"]


def test_ending_says_how_many_sessions_and_links_there_were(world: World) -> None:
    c = world.connection
    sessions.create_session(c, "s", world.ann, None, START, at(9))
    sessions.create_link(c, "l", world.ann, START, at(9))
    sessions.create_session(c, "bobs", world.bob, None, START, at(9))
    assert sessions.end_sessions(c, world.ann) == 2
    assert sessions.end_sessions(c, world.ann) == 0
