"""What happens is kept when an automation asks about it, by the names it had then."""

from typing import Any

import pytest

from sweepd.domain.artifacts import CollectionKind
from sweepd.domain.automations import EventType, Happening
from sweepd.store import automations, happenings, memberships
from tests.unit.store.world import World

pytestmark = pytest.mark.both_databases

LINK, UNLINK = EventType.LINK_ARTIFACT, EventType.UNLINK_ARTIFACT
CREATE, ADD_ALIAS = EventType.CREATE_ARTIFACT, EventType.ADD_ALIAS


def kept(world: World, most: int = 99) -> list[Happening]:
    return happenings.list_happenings(world.connection, most)


def events(world: World) -> list[tuple[EventType, dict[str, Any]]]:
    """What was kept since the last time, forgotten then."""
    found = kept(world)
    happenings.delete_happenings(world.connection, [one.pk for one in found])
    return [(one.event, one.details) for one in found]


def test_a_happening_is_kept_only_where_an_automation_asks_about_it(world: World) -> None:
    c = world.connection
    state, alert = EventType.RUN_STATE, EventType.RUN_ALERT
    asking = world.automation("here")
    world.automation("off", alert, enabled=False)
    assert happenings.is_asked(c, state) and not happenings.is_asked(c, alert)
    for event, project in ((state, world.p), (state, world.q), (alert, world.p)):
        happenings.happened(c, event, project, run_pk=7, sweep_pk=8, note=event.value)
    happenings.happened(c, state, world.p, collection_pk=9, artifact_pk=10)
    first, second = kept(world)
    assert first == Happening(first.pk, state, world.p, 7, 8, None, None, {"note": state.value})
    assert second == Happening(second.pk, state, world.p, None, None, 9, 10, {})
    assert kept(world, most=1) == [first], "the oldest"
    happenings.delete_happenings(c, [first.pk])
    assert kept(world) == [second]
    automations.update_automation(c, asking.pk, {"enabled": False})
    happenings.happened(c, state, world.p)
    assert kept(world) == [second]
    automations.update_automation(c, asking.pk, {"enabled": True, "project_pk": None})
    happenings.happened(c, state, world.p)
    assert len(kept(world)) == 2, "it looks at all projects"


def test_what_others_ask_about_is_not_kept_for_them(world: World) -> None:
    other = world.project("other")
    world.automation("elsewhere", EventType.RUN_STATE, project_pk=other)
    world.automation("other event", EventType.CREATE_ARTIFACT)
    world.automation("another", EventType.SWEEP_ENDED)
    happenings.happened(world.connection, EventType.RUN_STATE, world.p)
    assert kept(world) == []
    happenings.happened(world.connection, EventType.RUN_STATE, other)
    assert [one.project_pk for one in kept(world)] == [other]


@pytest.mark.parametrize(
    ("kind", "event", "told"),
    [
        (CollectionKind.SEQUENCE, LINK, CREATE),
        (CollectionKind.SEQUENCE, UNLINK, None),
        (CollectionKind.SEQUENCE, ADD_ALIAS, ADD_ALIAS),
        (CollectionKind.PORTFOLIO, LINK, LINK),
        (CollectionKind.PORTFOLIO, UNLINK, UNLINK),
        (CollectionKind.PORTFOLIO, ADD_ALIAS, ADD_ALIAS),
    ],
)
@pytest.mark.parametrize("asked", [LINK, UNLINK, CREATE, ADD_ALIAS])
def test_a_version_is_created_where_it_is_born_and_linked_elsewhere(
    world: World, kind: CollectionKind, event: EventType, told: EventType | None, asked: EventType
) -> None:
    world.automation("a", asked)
    home = world.collection("home", kind=kind)
    happenings.of_version(world.connection, event, home, 5, note=1)
    expected = [(asked, world.p, home, 5, {"note": 1})] if told is asked else []
    assert [
        (one.event, one.project_pk, one.collection_pk, one.artifact_pk, one.details)
        for one in kept(world)
    ] == expected
    happenings.of_version(world.connection, event, 999, 5)
    assert len(kept(world)) == len(expected), "a collection that is gone"


def test_what_happened_to_a_version_keeps_the_names_it_had_there(world: World) -> None:
    c = world.connection
    world.automation("a", ADD_ALIAS)
    places = [(world.collection(f"c{i}"), artifact) for i in range(2) for artifact in (1, 2)]
    for collection, artifact in places:
        happenings.of_version(c, ADD_ALIAS, collection, artifact, alias="x")
    happenings.of_version(c, ADD_ALIAS, places[1][0], places[1][1], aliases=["own"])
    happenings.keep_place(c, *places[1], ["x", "latest"], 3)
    assert [details for _, details in events(world)] == [
        {"alias": "x"},
        {"alias": "x", "aliases": ["x", "latest"], "version": 3},
        {"alias": "x"},
        {"alias": "x"},
        {"aliases": ["own"], "version": 3},
    ]


def test_an_alias_is_given_once(world: World) -> None:
    c = world.connection
    home, other = world.collection("home"), world.collection("other")
    versions = [world.version(home) for _ in range(2)]
    first, second = (place.pk for _, place in sorted(held(world, home).items()))
    world.version(other)
    happenings.alias_given(c, home, first, "x")
    assert events(world) == [], "nobody asks"
    world.automation("a", ADD_ALIAS)
    memberships.set_alias(c, home, first, "x")
    events(world)
    happenings.alias_given(c, home, first, "x")
    assert events(world) == [], "it has it"
    happenings.alias_given(c, home, first, "y")
    happenings.alias_given(c, home, second, "x")
    happenings.alias_given(c, home, 999, "x")
    assert [(one.artifact_pk, one.details) for one in kept(world)] == [
        (versions[0].pk, {"alias": "y"}),
        (versions[1].pk, {"alias": "x"}),
    ]


def held(world: World, collection_pk: int) -> dict[int, Any]:
    """Places in a collection, by version."""
    found = memberships.versions_in(collection_pk=collection_pk).all(world.connection)
    return {place.version: place for place, _ in found}


def test_tags_that_come_and_go_are_told_one_by_one(world: World) -> None:
    c = world.connection
    home = world.collection()
    of_versions = (EventType.ADD_TAG, EventType.REMOVE_TAG)
    of_collections = (EventType.ADD_COLLECTION_TAG, EventType.REMOVE_COLLECTION_TAG)
    for event in (*of_versions, *of_collections):
        world.automation(event.value, event)
    for artifact, (added, removed) in ((5, of_versions), (None, of_collections)):
        happenings.tags_changed(c, home, artifact, ["stays", "z", "a"], ["new", "stays", "b"])
        assert {one.artifact_pk for one in kept(world)} == {artifact}
        assert events(world) == [
            (added, {"tag": "b"}),
            (added, {"tag": "new"}),
            (removed, {"tag": "a"}),
            (removed, {"tag": "z"}),
        ]
        happenings.tags_changed(c, home, artifact, ["a", "b"], ["b", "a"])
        assert events(world) == []
