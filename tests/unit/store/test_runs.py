"""Runs: found, listed in order, each list with the runs it should have and no other."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.domain.paging import Start
from sweepd.domain.runs import LIVE, RunState, StopOrigin
from sweepd.domain.sweeps import CellOrigin
from sweepd.store import (
    agents,
    artifacts,
    cells,
    deleted_runs,
    prior_runs,
    projects,
    run_listings,
    runs,
)
from tests.unit.store.world import World, at, names

pytestmark = pytest.mark.both_databases


def test_a_run_is_found_by_id_path_and_key_deleted_ones_when_asked_for(world: World) -> None:
    c = world.connection
    sweep = world.sweep("s1")
    run = world.run(
        "r", sweep_pk=sweep.pk, user_pk=world.ann, tags='["x", "y"]', stop_origin=StopOrigin.RULE
    )
    assert (run.sweep_id, run.user_name, run.tags) == ("s1", "ann", ("x", "y"))
    assert (run.stop_origin, run.state) == (StopOrigin.RULE, RunState.FINISHED)
    assert world.run().stop_origin is None
    for lock in (False, True):
        assert runs.find_run(c, world.p, "r", lock=lock) == run
        assert runs.find_run_by_pk(c, run.pk, lock=lock) == run
        assert runs.find_run(c, world.q, "r", lock=lock) is None
    assert runs.find_run_by_path(c, world.ann_entity, "p", "r") == run
    assert runs.find_run_by_path(c, world.bob_entity, "p", "r") is None
    runs.update_run(c, run.pk, {"deleted_at": at(1)})
    for lock in (False, True):
        assert runs.find_run(c, world.p, "r", lock=lock) is None
        found = runs.find_run(c, world.p, "r", deleted=True, lock=lock)
        assert found is not None and found.deleted_at == at(1)
    assert runs.find_run_by_path(c, world.ann_entity, "p", "r") is None
    assert runs.get_run_by_pk(c, run.pk).deleted_at == at(1)
    deleted_runs.purge_run(c, run.pk)
    with pytest.raises(Gone):
        runs.get_run_by_pk(c, run.pk)


def test_a_projects_runs_come_by_age(world: World) -> None:
    c = world.connection
    for name, seconds in (("b", 5), ("a", 1), ("c", 5)):
        world.run(name, seconds)
    world.run("gone", 2, deleted_at=at(9))
    world.run("other", 0, project_pk=world.q)
    assert names(runs.list_project_runs(c, world.p)) == ["a", "b", "c"]
    oldest = run_listings.of_project(world.p, newest_first=False).fetch(c, Start(), None)
    assert [run.run_id for _, run in oldest] == ["a", "b", "c"]
    newest = run_listings.of_project(world.p, newest_first=True).fetch(c, Start(), None)
    assert [run.run_id for _, run in newest] == ["b", "c", "a"]


def test_what_changed_since_is_told_with_what_was_deleted(world: World) -> None:
    c = world.connection
    for seconds in (1, 5, 6):
        world.run(f"at{seconds}", seconds)
    gone = world.run("gone", 7, deleted_at=at(7))
    world.run("gone before", 2, deleted_at=at(2))
    world.run("other", 9, project_pk=world.q)
    changed, deleted = runs.list_changed_runs(c, world.p, at(5))
    assert (names(changed), deleted) == (["at5", "at6"], [gone.pk])


def test_runs_by_key_come_in_the_order_asked_for(world: World) -> None:
    c = world.connection
    made = [world.run() for _ in range(4)]
    gone = world.run("gone", deleted_at=at(1))
    pks = [made[2].pk, gone.pk, 10**6, made[0].pk]
    assert [run.pk for run in runs.list_runs_by_pk(c, pks)] == [made[2].pk, gone.pk, made[0].pk]
    shown = runs.list_runs_by_pk(c, pks, deleted=False)
    assert [run.pk for run in shown] == [made[2].pk, made[0].pk]
    many = runs.list_runs_by_pk(c, [*range(10**6, 10**6 + 1200), made[1].pk])
    assert [run.pk for run in many] == [made[1].pk]


def test_named_runs_are_those_of_the_project_deleted_ones_when_asked_for(world: World) -> None:
    c = world.connection
    for name in ("a", "b"):
        world.run(name)
    world.run("gone", deleted_at=at(1))
    assert names(runs.find_runs_by_ids(c, world.p, ["b", "no", "gone"])) == ["b"]
    assert runs.find_runs_by_ids(c, world.q, ["b"]) == []
    found = runs.find_runs_by_ids(c, world.p, ["b", "gone"], deleted=True)
    assert sorted(names(found)) == ["b", "gone"]


def test_attached_runs_are_the_sweeps_prior_ones_and_those_of_others(world: World) -> None:
    c = world.connection
    sweep, other = world.sweep(), world.sweep()
    found = {}
    for key, origin in (("p", CellOrigin.PRIOR), ("s", CellOrigin.SEARCH)):
        cell = cells.reserve_new_cell(c, sweep.pk, key, "{}", origin=origin)
        assert cell is not None
        found[key] = world.run(sweep_pk=sweep.pk, cell_pk=cell.pk)
    theirs = world.run(sweep_pk=other.pk)
    for _ in range(2):
        prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": theirs.pk})
    attached = run_listings.attached_to(sweep.pk).all(c)
    assert [run.pk for run in attached] == [found["p"].pk, theirs.pk]
    assert run_listings.attached_to(other.pk).all(c) == []


def test_runs_of_an_agent_and_those_it_should_stop(world: World) -> None:
    c = world.connection
    agent = agents.create_agent(c, world.sweep(), "a", "h", world.ann, at(0)).pk
    for state in RunState:
        for is_stopping in (False, True):
            name = f"{state}-{is_stopping}"
            world.run(name, agent_pk=agent, state=state, stop_requested=is_stopping)
    world.run("gone", agent_pk=agent, state=RunState.RUNNING, stop_requested=True, deleted_at=at(1))
    world.run("other", state=RunState.RUNNING, stop_requested=True)
    assert len(runs.list_agent_runs(c, agent)) == 2 * len(RunState)
    live = runs.list_agent_runs(c, agent, live_only=True)
    assert names(live) == [f"{s}-{b}" for s in RunState if s in LIVE for b in (False, True)]
    assert names(runs.list_stopping_runs(c, agent)) == [f"{s}-True" for s in RunState if s in LIVE]
    newest = [run.run_id for run in run_listings.of_agent(agent, newest_first=True).all(c)]
    oldest = [run.run_id for run in run_listings.of_agent(agent, newest_first=False).all(c)]
    assert newest == oldest[::-1] and len(newest) == 2 * len(RunState)


def test_silent_are_live_runs_not_heard_since_or_heard_ahead_of_the_clock(world: World) -> None:
    c = world.connection
    for state in RunState:
        world.run(str(state), 0, state=state, heartbeat_at=at(9))
    for name, heard in (("at", 10), ("just before", 9.9), ("ahead", 100), ("far ahead", 100.1)):
        world.run(name, 0, state=RunState.RUNNING, heartbeat_at=at(heard))
    world.run("never", 9, state=RunState.PENDING)
    world.run("not yet", 11, state=RunState.PENDING)
    found = names(runs.list_silent_runs(c, at(10), at(100)))
    expected = {str(state) for state in LIVE} | {"just before", "far ahead", "never"}
    assert set(found) == expected and len(found) == len(expected)


def test_forks_that_read_beyond_a_line_come_longest_first(world: World) -> None:
    c = world.connection
    parent = world.run()
    for name, n in (("short", 5), ("long", 20), ("edge", 10), ("as long", 20)):
        world.run(name, parent_pk=parent.pk, inherited_lines=n)
    world.run("other", parent_pk=parent.pk + 1, inherited_lines=50)
    assert names(runs.list_forks(c, parent.pk, 10)) == ["long", "as long"]
    assert names(runs.list_forks(c, parent.pk, 9)) == ["long", "as long", "edge"]


def test_runs_that_used_a_version_in_the_order_they_did(world: World) -> None:
    c = world.connection
    version = world.version(world.collection())
    made = [world.run(name) for name in ("late", "early", "gone")]
    for run, seconds in zip(made, (9, 3, 5), strict=True):
        artifacts.record_use(c, run.pk, version.pk, None, at(seconds))
    runs.update_run(c, made[2].pk, {"deleted_at": at(10)})
    assert names(run_listings.using(version.pk).all(c)) == ["early", "late"]


def test_a_run_is_found_by_its_whole_path(world: World) -> None:
    c = world.connection
    _, carl = world.user("carl")
    owners = (world.ann_entity, world.bob_entity, carl)
    made = {}
    for entity in owners:
        for name in ("x", "y", "z"):
            project = world.project(name, entity)
            for run in ("a", "b", "c"):
                made[entity, name, run] = world.run(run, project_pk=project).pk
            world.run("gone", project_pk=project, deleted_at=at(1))
    for path, pk in made.items():
        found = runs.find_run_by_path(c, *path)
        assert found is not None and found.pk == pk
    assert len(made) == 27
    assert runs.find_run_by_path(c, carl, "x", "gone") is None
    assert runs.find_run_by_path(c, carl, "no project", "a") is None
    old = projects.find_project(c, carl, "y")
    assert old is not None
    projects.rename_project(c, old, "new")
    found = runs.find_run_by_path(c, carl, "y", "a")
    assert found is not None and found.pk == made[carl, "y", "a"], "by what it was called"
