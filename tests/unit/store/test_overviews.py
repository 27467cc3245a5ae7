"""Lists of many things, counted."""

import pytest

from sweepd.domain.artifacts import ArtifactState
from sweepd.domain.runs import ENDED, RunState
from sweepd.store import memberships, overviews, prior_runs, users
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases


def test_projects_are_counted_and_come_last_changed_first(world: World) -> None:
    late = world.project("late", seconds=50)
    for seconds, state in ((5, RunState.RUNNING), (7, RunState.RUNNING), (6, RunState.FINISHED)):
        world.run(seconds=seconds, state=state)
    world.run(seconds=99, state=RunState.RUNNING, deleted_at=at(99))
    world.run(project_pk=world.q, seconds=1000)
    world.sweep()
    world.sweep()
    found = overviews.list_projects(world.connection, [world.ann_entity])
    assert [(s.project.pk, s.n_runs, s.n_running, s.n_sweeps, s.last_at) for s in found] == [
        (late, 0, 0, 0, at(50)),
        (world.p, 3, 2, 2, at(7)),
    ]
    both = overviews.list_projects(world.connection, iter([world.ann_entity, world.bob_entity]))
    assert [s.project.pk for s in both] == [world.q, late, world.p]


def test_sweeps_are_told_how_far_they_are(world: World) -> None:
    sweep, empty = world.sweep(), world.sweep()
    for state in RunState:
        world.run(sweep_pk=sweep.pk, state=state, metric_min=1.0, metric_max=5.0)
    world.run(sweep_pk=sweep.pk, metric_min=0.5, metric_max=0.6)
    world.run(sweep_pk=sweep.pk, metric_min=-9.0, metric_max=99.0, deleted_at=at(1))
    world.run()
    found = overviews.sweeps_of(world.connection, world.p)
    assert found.keys() == {sweep.pk} and empty.pk not in found
    summary = found[sweep.pk]
    assert (summary.n_runs, summary.n_ended) == (len(RunState) + 1, len(ENDED) + 1)
    assert (summary.metric_min, summary.metric_max) == (0.5, 5.0)
    assert overviews.sweeps_of(world.connection, world.q) == {}


def test_the_nearest_before_come_first_then_those_after(world: World) -> None:
    sweep = world.sweep()
    inside = [world.run(f"s{i}", sweep_pk=sweep.pk, display_name=f"S{i}") for i in range(6)]
    outside = [world.run(f"o{i}") for i in range(3)]
    world.run("gone", sweep_pk=sweep.pk, deleted_at=at(1))
    near = overviews.list_neighbours(world.connection, inside[3], 4)
    assert [found[:2] for found in near] == [
        ("s2", "S2"),
        ("s1", "S1"),
        ("s0", "S0"),
        ("s4", "S4"),
    ]
    first = overviews.list_neighbours(world.connection, inside[0], 2)
    assert [name for name, *_ in first] == ["s1", "s2"]
    of_project = overviews.list_neighbours(world.connection, outside[1], 3)
    assert [name for name, *_ in of_project] == ["o0", "s5", "s4"]


def test_deleted_runs_come_last_deleted_first(world: World) -> None:
    kept = world.run("kept")
    rows = [world.run(f"d{i}", deleted_at=at(9 - i % 2)) for i in range(3)]
    found = overviews.list_deleted_runs(world.connection, world.p, 5)
    assert [(pk, name, when) for pk, name, _, when in found] == [
        (rows[2].pk, "d2", at(9)),
        (rows[0].pk, "d0", at(9)),
        (rows[1].pk, "d1", at(8)),
    ]
    assert len(overviews.list_deleted_runs(world.connection, world.p, 2)) == 2
    assert overviews.list_deleted_runs(world.connection, world.q, 5) == []
    assert kept.deleted_at is None


def test_what_was_deleted_since_is_of_the_project_or_of_the_sweep(world: World) -> None:
    sweep = world.sweep().pk
    world.run("kept", sweep_pk=sweep)
    for name, seconds, own in (("early", 4, sweep), ("late", 6, sweep), ("alone", 5, None)):
        world.run(name, sweep_pk=own, deleted_at=at(seconds), updated_at=at(seconds))
    world.run("bobs", project_pk=world.q, deleted_at=at(6), updated_at=at(6))
    found = overviews.ids_deleted_since(world.connection, world.p, at(5))
    assert sorted(found) == ["alone", "late"]
    assert overviews.ids_deleted_since(world.connection, world.p, at(5), sweep) == ["late"]


def test_collections_and_versions_are_those_committed(world: World) -> None:
    old = world.collection("old", updated_at=at(1))
    new = world.collection("new", updated_at=at(2))
    kept = [world.version(old, seconds=i, size_bytes=10 * i) for i in range(3)]
    world.version(old, state=ArtifactState.PENDING)
    world.version(old, state=ArtifactState.COMMITTED)
    found = overviews.list_collections(world.connection, world.p)
    assert [(s.collection.pk, s.n_versions, s.newest) for s in found] == [
        (new, 0, None),
        (old, 4, 4),
    ]
    places = memberships.list_memberships(world.connection, old)
    by_artifact = {place.artifact_pk: place for place in places}
    for alias in ("z", "a"):
        memberships.set_alias(world.connection, old, by_artifact[kept[2].pk].pk, alias)
    versions, total = overviews.list_versions(world.connection, old, 2)
    assert total == 4
    assert [(v.version, v.aliases, v.size_bytes) for v in versions] == [
        (4, (), 0),
        (2, ("a", "z"), 20),
    ]


def test_teams_come_by_name_with_their_members(world: World) -> None:
    for name in ("zeta", "alpha"):
        users.create_entity(world.connection, name, "team", START)
    pk = users.find_entity(world.connection, "zeta")
    assert pk is not None
    for user in (world.bob, world.ann):
        users.add_member(world.connection, pk[0], user, "member")
    found = overviews.list_teams(world.connection)
    assert [(team.name, team.members) for team in found] == [
        ("alpha", ()),
        ("zeta", ("ann", "bob")),
    ]


def test_a_sweep_without_runs_has_not_changed_with_its_project(world: World) -> None:
    c = world.connection
    empty, sweep = world.sweep(), world.sweep()
    run = world.run(sweep_pk=sweep.pk, seconds=3)
    world.run(seconds=5)
    assert overviews.version_of_points(c, world.p, empty.pk) == (0, 0, None)
    assert overviews.version_of_points(c, world.p, sweep.pk) == (run.pk, 1, at(5))


def test_runs_of_others_that_count_for_a_sweep_belong_to_its_version(world: World) -> None:
    c, sweep = world.connection, world.sweep()
    earlier = world.run(project_pk=world.q, seconds=7)
    prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": earlier.pk})
    assert overviews.version_of_points(c, world.p, sweep.pk) == (0, 1, at(7))
