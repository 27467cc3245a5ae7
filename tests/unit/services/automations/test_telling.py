"""What is told: each kind of event, once, to those who asked, and to nobody else."""

import json
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.automations import ActionType, EventType, IntegrationKind, ScopeType
from sweepd.domain.errors import BadInput, Conflict, NotFound, Taken
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.automations.automations import AutomationChange
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services import handing_out
from tests.unit.services.automations.world import World
from tests.unit.services.logging_versions import log as log_version

BELOW = {"name": "loss", "agg_op": None, "window_size": 1, "cmp_op": "$lt", "threshold": 0.5}


@pytest.fixture
def world(parts: server.Parts, ann: Caller) -> World:
    return World(parts, ann)


def metric_filter(run_filter: str = "{}", **changed: Any) -> str:
    threshold = {"threshold_filter": BELOW | changed}
    return json.dumps({"run_filter": run_filter, "run_metric_filter": threshold})


@pytest.mark.both_databases
def test_a_metric_is_told_each_time_it_crosses(world: World, clock: FakeClock) -> None:
    world.automation(EventType.RUN_METRIC, metric_filter())
    process, run = world.delivering(), world.run()
    process.work()
    for values, n_told in (
        ([0.9, 0.8], 0),
        ([0.4], 1),
        ([0.3, 0.2], 1),
        ([float("nan"), 0.1], 1),
        ([0.7], 1),
        ([0.3, 0.9, 0.2], 3),
    ):
        world.log(run, *({"loss": value} for value in values))
        process.work()
        process.work()
        assert len(world.sent) == n_told, values
    assert sorted(body["metric_value"] for body in world.bodies()) == [0.2, 0.3, 0.4]
    clock.forward(1000)
    world.delivering().work()  # another process reads from where this one was
    assert len(world.sent) == 3


def test_a_window_spans_requests(world: World) -> None:
    world.automation(EventType.RUN_METRIC, metric_filter(agg_op="AVERAGE", window_size=3))
    process, run = world.delivering(), world.run()
    for n_told, value in ((0, 0.1), (0, 0.1), (1, 0.1), (1, 0.9)):
        world.log(run, {"loss": value}, {"other": 1})
        process.work()
        assert len(world.sent) == n_told
    [body] = world.bodies()
    assert body["metric_value"] == pytest.approx(0.1)


def test_runs_are_chosen_by_the_filter(world: World) -> None:
    filters = '{"$and":[{"display_name":{"$eq":"wanted"}}]}'
    world.automation(EventType.RUN_METRIC, metric_filter(filters))
    process = world.delivering()
    for run_id in ("a", "b"):
        run = world.run(run_id)
        name = "wanted" if run_id == "b" else "other"
        change = handing_out.RunChange(display_name=name)
        world.parts.services.runs.change(world.caller, run.pk, change)
        world.log(run, {"loss": 0.1})
    process.work()
    assert [body["run_id"] for body in world.bodies()] == ["b"]


def test_an_old_run_is_not_told_of_when_an_automation_is_made(
    world: World, clock: FakeClock
) -> None:
    run = world.run()
    world.log(run, {"loss": 0.1})
    clock.forward(1000)
    world.automation(EventType.RUN_METRIC, metric_filter())
    world.delivering().work()
    assert world.sent == []


def test_a_history_that_was_cut_is_read_from_there(world: World) -> None:
    world.automation(EventType.RUN_METRIC, metric_filter())
    process, run = world.delivering(), world.run()
    world.log(run, *({"_step": i, "loss": 0.9} for i in range(4)))
    process.work()
    world.parts.services.runs.rewind(world.caller, None, "p", "r", 1)
    process.work()
    world.log(run, {"_step": 2, "loss": 0.1})
    process.work()
    assert len(world.sent) == 1


@pytest.mark.parametrize(
    ("states", "exitcode", "n_told"),
    [(["FINISHED"], 0, 1), (["FINISHED"], 1, 0), (["FAILED"], 1, 1), (["RUNNING"], 0, 1)],
)
def test_states_of_runs(world: World, states: list[str], exitcode: int, n_told: int) -> None:
    world.automation(filter=json.dumps({"run_state_filter": {"states": states}}))
    run = world.run()
    world.log(run, {"loss": 1})
    world.end(run, exitcode)
    world.end(run, exitcode)  # a client that did not hear the answer
    world.delivering().work()
    assert len(world.sent) == n_told


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("is_told_before", [True, False])
def test_versions_and_aliases(world: World, is_told_before: bool) -> None:
    """Also of a version that has left its place before anybody looked."""
    place = world.place()
    for event, text in (
        (EventType.CREATE_ARTIFACT, "{}"),
        (EventType.ADD_ALIAS, '{"alias": "best"}'),
        (EventType.LINK_ARTIFACT, '{"alias": {"$in": ["prod"]}}'),
        (EventType.UNLINK_ARTIFACT, "{}"),
    ):
        world.automation(event, text, place, name=str(event))
    parts, caller = world.parts, world.caller
    made = log_version(parts, caller, b"one")
    collections = parts.services.artifacts.collections
    collections.link(caller, made.pk, None, "p", "reads", ["prod"])
    collections.link(caller, made.pk, None, "p", "reads", ["prod"])
    reads = collections.find_collection(world.project, "reads")
    assert reads is not None
    if is_told_before:
        world.delivering().work()
    collections.unlink(caller, made.pk, reads.pk)
    world.delivering().work()
    told = [(body["event_type"], body["artifact_version_string"]) for body in world.bodies()]
    assert sorted(told) == [
        ("ADD_ARTIFACT_ALIAS", "ann/p/m:v0"),
        ("CREATE_ARTIFACT", "ann/p/m:v0"),
        ("LINK_MODEL", "ann/p/reads:v0"),
        ("UNLINK_ARTIFACT", "ann/p/reads:v0"),
    ]


@pytest.mark.slow
def test_a_collection_is_watched_by_itself(world: World) -> None:
    log_version(world.parts, world.caller, b"one", "m")
    home = world.parts.services.artifacts.collections.find_collection(world.project, "m")
    assert home is not None
    made = world.automation(EventType.CREATE_ARTIFACT, "{}")
    scope = (ScopeType.COLLECTION, home.pk)
    world.services.update(world.caller, made.pk, AutomationChange(scope=scope))
    log_version(world.parts, world.caller, b"two", "m")
    log_version(world.parts, world.caller, b"two", "other")
    world.delivering().work()
    assert [body["artifact_collection_name"] for body in world.bodies()] == ["m"]
    with pytest.raises(BadInput, match="not in a collection"):
        world.services.update(
            world.caller, made.pk, AutomationChange(event=EventType.RUN_ALERT, scope=scope)
        )


def test_an_alert_is_told(world: World) -> None:
    place = world.place("https://chat.example/x", kind=IntegrationKind.CHAT)
    world.automation(EventType.RUN_ALERT, "{}", place)
    run = world.run()
    for _ in range(2):  # the second is a repetition within its wait
        world.parts.services.notices.alert(run, "loss", "it rises", "ERROR", 60)
    world.delivering().work()
    [body] = world.bodies()
    assert body["title"] == f"Run {run.display_name}: loss"
    assert (body["message"], body["severity"]) == ("it rises", "ERROR")


@pytest.mark.slow
@pytest.mark.both_databases
def test_a_sweep_that_ends_and_the_better_runs_in_it(world: World) -> None:
    parts, caller, place = world.parts, world.caller, world.place()
    world.automation(EventType.SWEEP_ENDED, "{}", place, name="ended")
    world.automation(EventType.SWEEP_BEST, "{}", place, name="best")
    sweep = handing_out.make_sweep(parts, caller)
    agent = handing_out.register(parts, caller, sweep)
    process = world.delivering()
    for value in (5, 3, 4, 2, 9, 9):
        [command] = handing_out.beat(parts, caller, agent)
        run_id = command.run_id or ""
        handing_out.begin(parts, caller, run_id)
        handing_out.log(parts, caller, run_id, 0, value)
        handing_out.end(parts, caller, run_id)
        process.work()
    told = [(body["event_type"], body["metric_value"]) for body in world.bodies()]
    assert sorted(told) == [("SWEEP_BEST", 2.0), ("SWEEP_BEST", 3.0), ("SWEEP_ENDED", 2.0)]


@pytest.mark.slow
def test_a_sweep_that_its_breaker_pauses(world: World, clock: FakeClock) -> None:
    parts, caller = world.parts, world.caller
    world.automation(EventType.SWEEP_PAUSED, "{}")
    sweep = handing_out.make_sweep(parts, caller, handing_out.GRID + "sweepd: {breaker: 2}\n")
    agent = handing_out.register(parts, caller, sweep)
    process = world.delivering()
    for state in (SweepState.PAUSED, SweepState.RUNNING):  # a person's own pause
        handing_out.beat(parts, caller, agent)
        parts.services.sweeps.update(caller, sweep.pk, SweepChange(state=state))
    process.work()
    assert world.sent == []
    for _ in range(6):
        clock.forward(1)
        for command in handing_out.beat(parts, caller, agent):
            if command.run_id:
                handing_out.begin(parts, caller, command.run_id)
                handing_out.end(parts, caller, command.run_id, 1)
    process.work()
    [body] = world.bodies()
    assert "failed alike" in body["reason"] and body["sweep_state"] == "PAUSED"


def test_nothing_is_written_where_nobody_asks(world: World) -> None:
    made = world.automation()
    world.services.update(world.caller, made.pk, AutomationChange(enabled=False))
    world.end(world.run())
    world.services.update(world.caller, made.pk, AutomationChange(enabled=True))
    world.delivering().work()
    assert world.sent == []


@pytest.mark.both_databases
def test_no_entity_tells_of_another(parts: server.Parts, ann: Caller, bob: Caller) -> None:
    anns, bobs = World(parts, ann), World(parts, bob)
    place = anns.place()
    everywhere = AutomationChange(
        name="all",
        scope=(ScopeType.ENTITY, bob.entities["bob"]),
        event=EventType.RUN_STATE,
        filter='{"run_state_filter": {"states": ["FINISHED"]}}',
        action=(ActionType.NO_OP, None, {}),
    )
    bobs.services.create(bob, everywhere)
    made = anns.automation(place=place)
    anns.end(anns.run())
    anns.delivering().work()
    assert len(anns.log_of()) == 1 and bobs.log_of() == []
    for ask in (
        lambda: bobs.services.get(bob, made.pk),
        lambda: bobs.services.delete(bob, made.pk),
        lambda: bobs.services.update(bob, made.pk, AutomationChange(enabled=False)),
        lambda: bobs.services.integration(bob, place.pk),
        lambda: bobs.services.delete_integration(bob, place.pk),
        lambda: bobs.services.send_again(bob, anns.log_of()[0].pk),
        lambda: bobs.automation(place=place, name="theirs"),
        lambda: anns.services.create(ann, everywhere),
    ):
        with pytest.raises(NotFound):
            ask()


def test_names_are_taken_once_and_places_stay_while_used(world: World) -> None:
    place = world.place()
    made = world.automation()
    with pytest.raises(Taken):
        world.automation()
    other = world.automation(name="other")
    with pytest.raises(Conflict):
        world.services.update(world.caller, other.pk, AutomationChange(name="tell"))
    with pytest.raises(Conflict, match="other, tell"):
        world.services.delete_integration(world.caller, place.pk)
    for found in (made, other):
        world.services.delete(world.caller, found.pk)
    world.services.delete_integration(world.caller, place.pk)
    assert world.services.integrations(world.caller) == []


def test_a_teams_automation_sends_to_the_teams_places(world: World) -> None:
    parts = world.parts
    parts.services.users.add_team("team", ["ann"])
    caller = parts.services.users.get_caller("ann")
    project = parts.services.projects.ensure(caller, "team", "p", None)[0]
    mine = world.place()
    change = AutomationChange(
        name="x",
        scope=(ScopeType.PROJECT, project.pk),
        event=EventType.RUN_ALERT,
        action=(ActionType.WEBHOOK, mine.pk, {}),
    )
    with pytest.raises(BadInput, match="is ann's"):
        world.services.create(caller, change)
