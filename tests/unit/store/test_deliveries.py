"""Deliveries: each thing told once, taken in turns, tried until it arrived."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from sweepd.domain.automations import Automation, Delivery, DeliveryState, EventType
from sweepd.store import automations, deliveries
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases

LEASE = timedelta(seconds=60)


def sending(world: World, name: str) -> Automation:
    """An automation with an integration of its own."""
    return world.automation(name, integration_pk=world.integration(f"to {name}"))


def create(world: World, automation: Automation, key: str, seconds: float = 0) -> None:
    assert deliveries.create_delivery(world.connection, automation, key, "{}", at(seconds))


def take(
    world: World,
    seconds: float,
    most: int = 99,
    each: int = 99,
    busy: Mapping[int, int] | None = None,
) -> list[str]:
    return [one.key for one in taken(world, seconds, most, each, busy)]


def taken(
    world: World,
    seconds: float,
    most: int = 99,
    each: int = 99,
    busy: Mapping[int, int] | None = None,
) -> list[Delivery]:
    return deliveries.take_due(world.connection, at(seconds), most, LEASE, each, busy or {})


def listed(world: World, *found: Automation, most: int = 99) -> list[Delivery]:
    return deliveries.list_deliveries(world.connection, [one.pk for one in found], most)


def test_a_thing_is_told_once_by_each_automation(world: World) -> None:
    c = world.connection
    first, second = sending(world, "a"), sending(world, "b")
    assert deliveries.create_delivery(c, first, "k", "body", at(1))
    assert not deliveries.create_delivery(c, first, "k", "other", at(2))
    assert deliveries.create_delivery(c, first, "l", "", at(1))
    assert deliveries.create_delivery(c, second, "k", "", at(1))
    newer, k = listed(world, first)
    assert (newer.key, k.key, k.body) == ("l", "k", "body"), "the newest first"
    assert (k.automation_pk, k.automation, k.event) == (first.pk, "a", EventType.RUN_STATE)
    assert (k.integration_pk, k.integration) == (first.integration_pk, "to a")
    assert (k.state, k.n_tries, k.answer) == (DeliveryState.WAITING, 0, "")
    assert (k.created_at, k.next_at, k.ended_at) == (at(1), at(1), None)
    assert k.uid != newer.uid
    assert deliveries.find_delivery(c, k.pk) == k
    assert deliveries.find_delivery(c, 999) is None


def test_what_is_sent_nowhere_is_done_at_once(world: World) -> None:
    automation = world.automation("a")
    create(world, automation, "k", 5)
    (made,) = listed(world, automation)
    assert (made.state, made.ended_at) == (DeliveryState.DONE, at(5))
    assert (made.integration_pk, made.integration) == (None, None)
    assert not deliveries.is_due(world.connection, at(99)) and take(world, 99) == []
    deliveries.send_again(world.connection, made.pk, at(9))
    assert listed(world, automation) == [made], "there is still nowhere to send it"


def test_a_delivery_is_taken_when_its_time_has_come_and_not_again_in_its_lease(
    world: World,
) -> None:
    c = world.connection
    automation = sending(world, "a")
    for key, seconds in (("x", 1), ("late", 20), ("y", 1), ("z", 10)):
        create(world, automation, key, seconds)
    assert not deliveries.is_due(c, at(0.9)) and take(world, 0.9) == []
    assert deliveries.is_due(c, at(1))
    found = taken(world, 10)
    assert [(one.key, one.n_tries, one.next_at) for one in found] == [
        (key, 1, at(70)) for key in ("x", "y", "z")
    ]
    assert not deliveries.is_due(c, at(19)) and take(world, 19) == []
    assert take(world, 69) == ["late"]
    again = taken(world, 70)
    assert [(one.key, one.n_tries) for one in again] == [("x", 2), ("y", 2), ("z", 2)]


def test_one_integration_that_is_slow_leaves_room_for_the_others(world: World) -> None:
    slow, quick = sending(world, "slow"), sending(world, "quick")
    for i in range(4):
        create(world, slow, f"s{i}", i)
    for i in range(2):
        create(world, quick, f"q{i}", 10 + i)
    assert slow.integration_pk is not None and quick.integration_pk is not None
    assert sorted(take(world, 20, most=2)) == ["q0", "s0"], "each in turn"
    busy = {slow.integration_pk: 2}
    assert take(world, 20, each=3, busy=busy) == ["s1", "q1"], "s1 is the third of the slow one's"
    busy[slow.integration_pk] = 3
    assert take(world, 20, each=3, busy=busy) == []
    assert take(world, 20, each=1) == ["s2"]


def test_what_came_of_a_try_is_kept_unless_another_has_begun(world: World) -> None:
    c = world.connection
    automation = sending(world, "a")
    for key in "xyz":
        create(world, automation, key)
    x, y, z = taken(world, 0)
    deliveries.end_try(c, x, DeliveryState.SENT, "200", at(3))
    deliveries.end_try(c, y, DeliveryState.WAITING, "500", at(4), next_at=at(30))
    found = {one.key: one for one in listed(world, automation)}
    x, y = found["x"], found["y"]
    assert (x.state, x.answer, x.ended_at, x.next_at) == (DeliveryState.SENT, "200", at(3), at(60))
    assert (y.state, y.answer, y.ended_at, y.next_at) == (
        DeliveryState.WAITING,
        "500",
        None,
        at(30),
    )
    assert found["z"] == z, "of the others none is touched"
    assert take(world, 60) == ["y", "z"]
    deliveries.end_try(c, z, DeliveryState.FAILED, "too late", at(61))
    now = {one.key: one for one in listed(world, automation)}["z"]
    assert (now.state, now.answer, now.n_tries) == (DeliveryState.WAITING, "", 2)


def test_an_ended_delivery_may_be_sent_again(world: World) -> None:
    c = world.connection
    automation = sending(world, "a")
    for key in "xyz":
        create(world, automation, key)
    for one in taken(world, 0):
        deliveries.end_try(c, one, DeliveryState.FAILED, "no", at(1))
    y = next(one for one in listed(world, automation) if one.key == "y")
    assert take(world, 99) == []
    deliveries.send_again(c, y.pk, at(100))
    again = deliveries.find_delivery(c, y.pk)
    assert again is not None
    assert (again.state, again.n_tries, again.ended_at) == (DeliveryState.WAITING, 0, None)
    assert take(world, 99) == [] and take(world, 100) == ["y"]


def test_deliveries_that_wait_are_counted_so_far(world: World) -> None:
    c = world.connection
    first, second = sending(world, "a"), sending(world, "b")
    for key in "wxyz":
        create(world, first, key)
    create(world, second, "w")
    (w,) = taken(world, 0, most=1)
    assert w.automation_pk == first.pk
    deliveries.end_try(c, w, DeliveryState.SENT, "", at(1))
    assert deliveries.count_waiting(c, first.pk, 9) == 3
    assert deliveries.count_waiting(c, first.pk, 2) == 2
    assert deliveries.count_waiting(c, second.pk, 9) == 1


def test_the_newest_deliveries_of_some_automations(world: World) -> None:
    found = [sending(world, name) for name in "abc"]
    for seconds, (automation, key) in enumerate(
        [(found[0], "1"), (found[1], "2"), (found[2], "3"), (found[0], "4")]
    ):
        create(world, automation, key, seconds)
    create(world, found[2], "5", 3)
    assert [one.key for one in listed(world, found[0], found[2])] == ["5", "4", "3", "1"]
    assert [one.key for one in listed(world, found[0], found[2], most=2)] == ["5", "4"]


def test_old_deliveries_are_forgotten_once_they_have_ended(world: World) -> None:
    c = world.connection
    automation = sending(world, "a")
    for key in ("waits", "old", "new"):
        create(world, automation, key)
    for one, seconds in zip(taken(world, 0), (None, 4, 5), strict=True):
        if seconds is not None:
            deliveries.end_try(c, one, DeliveryState.SENT, "", at(seconds))
    deliveries.drop_old(c, at(5))
    assert {one.key for one in listed(world, automation)} == {"waits", "new"}
    automations.delete_integration(c, automation.integration_pk or 0)
    assert listed(world, automation) == [], "an automation goes with what it sends to"
