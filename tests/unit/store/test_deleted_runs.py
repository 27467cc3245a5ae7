"""Runs deleted with their sweep, brought back with it, and purged; never those beside them."""

import pytest

from sweepd.store import deleted_runs, runs
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_a_sweeps_runs_go_and_come_with_it(world: World) -> None:
    c = world.connection
    sweeps = [world.sweep() for _ in range(3)]
    pks = {
        (i, name): world.run(f"{name}{i}", sweep_pk=sweep.pk).pk
        for i, sweep in enumerate(sweeps)
        for name in ("a", "b")
    }
    by_hand = world.run("by hand", sweep_pk=sweeps[1].pk, deleted_at=at(3)).pk

    def times(pk: int) -> tuple[object, object]:
        run = runs.get_run_by_pk(c, pk)
        return run.deleted_at, run.updated_at

    deleted_runs.hide_sweep_runs(c, sweeps[1].pk, at(5))
    for (i, _), pk in pks.items():
        assert times(pk) == ((at(5), at(5)) if i == 1 else (None, at(0)))
    assert times(by_hand) == (at(3), at(0)), "it was deleted before"
    deleted_runs.show_sweep_runs(c, sweeps[1].pk, at(4))
    assert times(pks[1, "a"]) == (at(5), at(5)), "another moment"
    deleted_runs.show_sweep_runs(c, sweeps[0].pk, at(5))
    assert times(pks[1, "a"]) == (at(5), at(5)), "another sweep"
    deleted_runs.show_sweep_runs(c, sweeps[1].pk, at(5))
    assert [times(pk)[0] for pk in pks.values()] == [None] * 6
    assert times(by_hand) == (at(3), at(0)), "it was not deleted with the sweep"
    deleted_runs.touch_sweep_runs(c, sweeps[1].pk, at(9))
    for (i, _), pk in pks.items():
        assert times(pk)[1] == (at(9) if i == 1 else at(0))


def test_runs_whose_time_is_up_are_purged_one_by_one(world: World) -> None:
    c = world.connection
    old = [world.run(deleted_at=at(seconds)).pk for seconds in (1, 4)]
    late, kept = world.run(deleted_at=at(5)).pk, world.run().pk
    assert set(deleted_runs.list_expired_runs(c, at(5), 9)) == set(old)
    assert len(deleted_runs.list_expired_runs(c, at(5), 1)) == 1
    deleted_runs.purge_run(c, old[1])
    assert [runs.find_run_by_pk(c, pk) is not None for pk in (old[0], old[1], late, kept)] == [
        True,
        False,
        True,
        True,
    ]


def test_some_runs_of_a_project_deleted_or_not(world: World) -> None:
    c = world.connection
    r = world.project("r")
    own = {world.run(project_pk=world.q).pk, world.run(project_pk=world.q, deleted_at=at(1)).pk}
    for project in (world.p, r):
        world.run(project_pk=project)
    assert set(deleted_runs.list_some_runs(c, world.q, 9)) == own
    assert len(deleted_runs.list_some_runs(c, world.q, 1)) == 1
