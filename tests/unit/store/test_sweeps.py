"""Sweeps: found, counted, listed."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.domain.sweeps import SweepState
from sweepd.store import sweeps
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_a_sweep_is_found_changed_and_removed(world: World) -> None:
    c = world.connection
    made = world.sweep("s", run_cap=10**30, n_configs=10**40, user_pk=world.ann, ended_at=at(3))
    assert (made.entity, made.project, made.user_name) == ("ann", "p", "ann")
    assert (made.run_cap, made.n_configs, made.next_index) == (10**30, 10**40, 0)
    assert sweeps.find_sweep(c, world.p, "s") == made
    assert sweeps.find_sweep(c, world.q, "s") is None
    for lock in (False, True):
        assert sweeps.find_sweep_by_pk(c, made.pk, lock) == made
    sweeps.update_sweep(c, made.pk, {"next_index": 2**70, "display_name": "x"})
    found = sweeps.get_sweep_by_pk(c, made.pk)
    assert (found.next_index, found.display_name) == (2**70, "x")
    run = world.run(sweep_pk=made.pk)
    sweeps.delete_sweep(c, made.pk)
    with pytest.raises(Gone):
        sweeps.get_sweep_by_pk(c, made.pk)
    assert world.run().pk > run.pk


def test_counts_shift_and_runs_are_numbered(world: World) -> None:
    c = world.connection
    sweep, other = world.sweep(), world.sweep()
    for cells_, open_ in ((3, 2), (-1, 0), (0, 1), (0, 0)):
        sweeps.shift_counts(c, sweep.pk, cells_, open_)
    found = sweeps.get_sweep_by_pk(c, sweep.pk)
    assert (found.n_cells, found.n_open) == (2, 3)
    assert [sweeps.next_run_number(c, sweep.pk) for _ in range(3)] == [1, 2, 3]
    assert sweeps.next_run_number(c, other.pk) == 1
    assert sweeps.get_sweep_by_pk(c, other.pk).n_cells == 0


def test_sweeps_of_a_project_come_newest_first(world: World) -> None:
    c = world.connection
    made = [world.sweep(seconds=s) for s in (1, 9, 5, 5)]
    world.sweep(project_pk=world.q)
    expected = [made[1].pk, made[3].pk, made[2].pk, made[0].pk]
    assert [sweep.pk for sweep in sweeps.list_sweeps(c, world.p)] == expected
    assert [sweep.pk for sweep in sweeps.of_project(world.p).all(c)] == expected


def test_open_are_those_that_may_hand_out(world: World) -> None:
    made = {state: world.sweep(state=state) for state in SweepState}
    found = [sweep.pk for sweep in sweeps.list_open_sweeps(world.connection)]
    assert found == [made[SweepState.PENDING].pk, made[SweepState.RUNNING].pk]


def test_sweeps_whose_time_is_up(world: World) -> None:
    c = world.connection
    old = [world.sweep(deleted_at=at(seconds)).pk for seconds in (1, 4)]
    world.sweep(deleted_at=at(5))
    world.sweep()
    assert set(sweeps.list_expired_sweeps(c, at(5))) == set(old)
