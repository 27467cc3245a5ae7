"""Automations and integrations: whose they are, what they ask about, how far they have read."""

import pytest

from sweepd.domain.automations import Automation, EventType, IntegrationKind, ScopeType
from sweepd.store import automations
from sweepd.store.automations import Mark
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases

EVERYWHERE = {"scope": ScopeType.ENTITY, "project_pk": None}


def called(found: list[Automation]) -> list[str]:
    return [automation.name for automation in found]


def test_names_of_integrations_are_their_entitys_own(world: World) -> None:
    c = world.connection
    mail = {"kind": IntegrationKind.MAIL, "target": "a@x", "secret": "s", "token": "t"}
    ann = [world.integration(name, user_pk=world.ann, **mail) for name in ("b", "a", "c")]
    assert world.integration("a") is None, "ann has one of that name"
    bob = world.integration("a", world.bob_entity)
    assert bob is not None and None not in ann

    found = automations.find_integration(c, ann[1] or 0)
    assert found is not None
    assert (found.pk, found.entity_pk, found.entity) == (ann[1], world.ann_entity, "ann")
    assert (found.kind, found.name, found.target) == (IntegrationKind.MAIL, "a", "a@x")
    assert (found.secret, found.token, found.user_name) == ("s", "t", "ann")
    assert found.created_at == START
    of_bob = automations.find_integration(c, bob)
    assert of_bob is not None and (of_bob.secret, of_bob.user_name) == ("", None)
    assert automations.find_integration(c, 999) is None

    oldest_first = automations.integrations_of(world.ann_entity).all(c)
    assert [one.pk for one in oldest_first] == ann
    by_name = automations.list_integrations(c, [world.ann_entity, world.bob_entity])
    assert [one.pk for one in by_name] == [ann[1], bob, ann[0], ann[2]]
    assert [one.pk for one in automations.list_integrations(c, [world.bob_entity])] == [bob]


def test_an_integration_takes_only_its_own_automations_with_it(world: World) -> None:
    c = world.connection
    keys = [world.integration(name) for name in "abc"]
    for name, key in (("one", keys[0]), ("two", keys[1]), ("also", keys[1]), ("three", keys[2])):
        world.automation(name, integration_pk=key)
    assert automations.names_using(c, keys[1] or 0) == ["also", "two"]
    automations.delete_integration(c, keys[1] or 0)
    assert automations.names_using(c, keys[1] or 0) == []
    assert called(automations.list_automations(c, world.p)) == ["one", "three"]
    left = automations.integrations_of(world.ann_entity).all(c)
    assert [one.name for one in left] == ["a", "c"]


def test_an_automation_is_found_by_key_and_by_its_entitys_name_for_it(world: World) -> None:
    c = world.connection
    key = world.integration("i")
    made = [
        world.automation(name, EventType.RUN_METRIC, integration_pk=key, user_pk=world.ann)
        for name in ("b", "a", "c")
    ]
    bobs = world.automation("a", entity_pk=world.bob_entity, project_pk=world.q, enabled=False)
    values = {"entity_pk": world.ann_entity, "name": "a", "scope": "PROJECT", "enabled": True}
    again = {**values, "event": "RUN_STATE", "action_type": "NO_OP", "created_at": START}
    assert automations.create_automation(c, again) is None, "ann has one of that name"

    found = automations.find_by_name(c, world.ann_entity, "a")
    assert found == made[1]
    assert (found.entity, found.project_pk, found.integration_pk) == ("ann", world.p, key)
    assert (found.user_name, found.enabled, found.event) == ("ann", True, EventType.RUN_METRIC)
    assert (found.filter, found.action, found.updated_at) == ("{}", "{}", None)
    assert automations.find_by_name(c, world.bob_entity, "a") == bobs
    assert (bobs.enabled, bobs.user_name, bobs.entity) == (False, None, "bob")
    assert automations.find_by_name(c, world.bob_entity, "b") is None
    assert automations.find_automation(c, 999) is None

    automations.update_automation(c, made[1].pk, {"enabled": False, "updated_at": at(9)})
    after = [automations.find_automation(c, one.pk) for one in made]
    assert [one and (one.enabled, one.updated_at) for one in after] == [
        (True, None),
        (False, at(9)),
        (True, None),
    ]
    automations.delete_automation(c, made[1].pk)
    assert called(automations.list_automations(c, world.p)) == ["b", "c"]
    assert automations.find_automation(c, bobs.pk) == bobs


def test_clients_do_not_see_automations_of_events_they_have_no_name_for(world: World) -> None:
    for event in EventType:
        world.automation(event.name, event)
    world.automation("bobs", entity_pk=world.bob_entity, project_pk=world.q)
    listed = automations.automations_of(world.ann_entity).all(world.connection)
    assert called(listed) == [event.name for event in EventType][:12], "oldest first"
    one = automations.automations_of(world.ann_entity, "RUN_STATE").all(world.connection)
    assert called(one) == ["RUN_STATE"]
    assert automations.automations_of(world.ann_entity, "bobs").all(world.connection) == []


def test_a_project_has_its_own_automations_and_those_of_its_whole_entity(world: World) -> None:
    c = world.connection
    other = world.project("other")
    world.automation("here")
    world.automation("everywhere", **EVERYWHERE)
    world.automation("elsewhere", project_pk=other)
    world.automation("bobs", entity_pk=world.bob_entity, **EVERYWHERE)
    world.automation("here too")
    assert called(automations.list_automations(c, world.p)) == ["here", "here too"]
    with_all = automations.list_automations(c, world.p, world.ann_entity)
    assert called(with_all) == ["here", "everywhere", "here too"]
    assert called(automations.list_automations(c, world.q, world.bob_entity)) == ["bobs"]


def test_who_is_asked_about_an_event(world: World) -> None:
    c = world.connection
    other = world.project("other")
    state, alert = EventType.RUN_STATE, EventType.RUN_ALERT
    world.automation("here")
    world.automation("off", enabled=False)
    world.automation("alert", alert)
    world.automation("elsewhere", project_pk=other)
    world.automation("everywhere", **EVERYWHERE)
    world.automation("bobs", entity_pk=world.bob_entity, **EVERYWHERE)
    assert called(automations.list_asking(c, [state], world.p)) == ["here", "everywhere"]
    assert called(automations.list_asking(c, [state], other)) == ["elsewhere", "everywhere"]
    assert called(automations.list_asking(c, [state], world.q)) == ["bobs"]
    assert called(automations.list_asking(c, [alert], world.p)) == ["alert"]
    assert called(automations.list_asking(c, [state, alert], world.p)) == [
        "here",
        "alert",
        "everywhere",
    ]
    everyone = automations.list_asking(c, [state])
    assert called(everyone) == ["here", "elsewhere", "everywhere", "bobs"]
    assert automations.list_asking(c, [], world.p) == []


def test_runs_whose_lines_an_automation_has_not_read(world: World) -> None:
    c = world.connection
    other = world.project("other")
    asking = world.automation("here", EventType.RUN_METRIC)
    beside = world.automation("beside", EventType.RUN_METRIC)
    everywhere = world.automation("everywhere", EventType.RUN_METRIC, **EVERYWHERE)
    new = world.run("new", history_lines=4, seconds=10).pk
    read = world.run("read", history_lines=4, seconds=10).pk
    more = world.run("more", history_lines=6, seconds=10).pk
    fewer = world.run("fewer", history_lines=2, seconds=10).pk  # it was cut off
    world.run("empty", seconds=10)
    world.run("deleted", history_lines=4, seconds=10, deleted_at=at(11))
    world.run("silent", history_lines=4, seconds=9)
    far = world.run("far", history_lines=4, seconds=10, project_pk=other).pk
    world.run("bobs", history_lines=4, seconds=10, project_pk=world.q)
    marks = [
        Mark(read, 4, True, (1.0,)),
        Mark(more, 4, True, (0.5, 2.0)),
        Mark(fewer, 4, False, ()),
    ]
    automations.set_marks(c, asking.pk, marks)
    automations.set_marks(c, beside.pk, [Mark(new, 4, True, ())])

    unread = automations.list_unread(c, asking, at(10), most=9)
    assert unread == [
        (new, 4, Mark(new, 0, False, ())),
        (more, 6, marks[1]),
        (fewer, 2, marks[2]),
    ]
    assert automations.list_unread(c, asking, at(10), most=2) == unread[:2]
    assert automations.list_unread(c, asking, at(11), most=9) == []
    keys = [pk for pk, _, _ in automations.list_unread(c, everywhere, at(10), most=9)]
    assert keys == [new, read, more, fewer, far], "in all projects of its entity"


def test_a_mark_is_moved_and_an_automations_marks_are_dropped(world: World) -> None:
    c = world.connection
    first, second, third = (world.automation(name, EventType.RUN_METRIC) for name in "abc")
    run = world.run(history_lines=5).pk

    def seen(automation: Automation) -> Mark | None:
        found = automations.list_unread(c, automation, START, most=9)
        return found[0][2] if found else None

    for automation in (first, second, third):
        automations.set_marks(c, automation.pk, [Mark(run, 2, False, ())])
    automations.set_marks(c, second.pk, [Mark(run, 3, True, (7.0,))])
    assert seen(second) == Mark(run, 3, True, (7.0,))
    assert seen(first) == seen(third) == Mark(run, 2, False, ())
    automations.drop_marks(c, second.pk)
    assert seen(second) == Mark(run, 0, False, ())
    assert seen(first) == seen(third) == Mark(run, 2, False, ())
