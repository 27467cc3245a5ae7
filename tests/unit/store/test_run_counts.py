"""Runs, counted."""

from datetime import timedelta

from sweepd.store import run_counts, runs
from tests.unit.store.world import World, at


def test_runs_are_counted_by_project_state_and_end(world: World) -> None:
    c = world.connection
    sweep = world.sweep()
    world.run(sweep_pk=sweep.pk, ended_at=at(1))
    world.run(sweep_pk=sweep.pk, state="running")
    world.run(sweep_pk=sweep.pk, ended_at=at(1), deleted_at=at(2))
    world.run(state="running")
    world.run(project_pk=world.q)
    assert run_counts.count_runs(c, world.p) == 4, "deleted ones included"
    assert run_counts.count_ended(c, sweep.pk) == 1
    assert run_counts.count_states(c, sweep.pk) == {"finished": 1, "running": 1}
    assert [run_counts.count_up_to(c, world.p, n) for n in (3, 4, 5)] == [3, 4, 4]


def test_large_projects_come_last_changed_first(world: World) -> None:
    c = world.connection
    for seconds in (1, 2):
        world.run(seconds=seconds)
        world.run(seconds=seconds + 10, project_pk=world.q)
    small = world.project("small")
    world.run(seconds=99, project_pk=small)
    assert run_counts.list_large_projects(c, 2, 9) == [world.q, world.p]
    assert run_counts.list_large_projects(c, 2, 1) == [world.q]
    assert run_counts.list_large_projects(c, 3, 9) == []


def test_version_differs_with_whatever_happens_to_a_run(world: World) -> None:
    c = world.connection
    seen = [run_counts.version_of_runs(c, world.p)]
    assert seen[0] == (0, 0, None)
    run = world.run(seconds=1)
    seen.append(run_counts.version_of_runs(c, world.p))
    assert seen[-1] == (run.pk, 1, at(1))
    runs.update_run(c, run.pk, {"updated_at": at(2)})
    seen.append(run_counts.version_of_runs(c, world.p))
    runs.update_run(c, run.pk, {"deleted_at": at(2)})
    seen.append(run_counts.version_of_runs(c, world.p))
    world.run(project_pk=world.q, seconds=50)
    assert run_counts.version_of_runs(c, world.p) == seen[-1]
    assert len(set(seen)) == 4


def test_what_is_newest_differs_with_whatever_happens_to_a_run(world: World) -> None:
    c, lately = world.connection, timedelta(seconds=60)
    seen = [run_counts.newest_of_runs(c, world.p, 0, lately)]
    assert seen[0] == (0, None, 0, 0)
    old = world.run(seconds=1)
    run = world.run(seconds=100)
    seen.append(run_counts.newest_of_runs(c, world.p, 0, lately))
    assert seen[-1] == (run.pk, at(100), 1, 1), "only what changed lately is counted"
    for values in ({"updated_at": at(101)}, {"deleted_at": at(101)}):
        runs.update_run(c, run.pk, values)
        seen.append(run_counts.newest_of_runs(c, world.p, run.pk, lately))
    runs.update_run(c, old.pk, {"updated_at": at(90)})  # by a server whose clock is behind
    seen.append(run_counts.newest_of_runs(c, world.p, run.pk, lately))
    world.run(project_pk=world.q, seconds=500)
    assert run_counts.newest_of_runs(c, world.p, run.pk, lately) == seen[-1]
    late = world.run(seconds=2)
    seen.append(run_counts.newest_of_runs(c, world.p, run.pk, lately))
    assert seen[-1].newest_pk == late.pk, "also one made by a clock that was set back"
    assert len(set(seen)) == 6
