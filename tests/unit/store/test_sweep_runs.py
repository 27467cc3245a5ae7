"""A sweep's runs: in order, by cell, last ended, best."""

import pytest

from sweepd.domain.goals import Goal
from sweepd.store import cells, run_listings, sweep_runs
from tests.unit.store.world import World, at, names

pytestmark = pytest.mark.both_databases


def test_runs_of_a_sweep_come_in_order_from_a_place_on(world: World) -> None:
    c = world.connection
    sweep = world.sweep()
    made = [world.run(sweep_pk=sweep.pk, seconds=9 - i) for i in range(4)]
    world.run(sweep_pk=sweep.pk, deleted_at=at(1))
    world.run(sweep_pk=world.sweep().pk)
    assert [run.pk for run in sweep_runs.list_sweep_runs(c, sweep.pk)] == [run.pk for run in made]
    some = sweep_runs.list_sweep_runs(c, sweep.pk, first=2, after_pk=made[0].pk)
    assert [run.pk for run in some] == [made[1].pk, made[2].pk]
    listed = run_listings.of_sweep(sweep.pk).all(c)
    assert [run.pk for run in listed] == [run.pk for run in made]


def test_attempts_at_a_cell_with_those_deleted_unless_unwanted(world: World) -> None:
    c = world.connection
    cell = cells.reserve_new_cell(c, world.sweep().pk, "k", "{}")
    assert cell is not None
    world.run("a", cell_pk=cell.pk)
    world.run("b", cell_pk=cell.pk, deleted_at=at(1))
    world.run("c")
    assert names(sweep_runs.list_cell_runs(c, cell.pk)) == ["a", "b"]
    assert names(sweep_runs.list_cell_runs(c, cell.pk, deleted=False)) == ["a"]


def test_last_ended_after_a_time_newest_first(world: World) -> None:
    c = world.connection
    sweep = world.sweep()
    for seconds in (3, 9, 5, 7):
        world.run(f"at{seconds}", sweep_pk=sweep.pk, ended_at=at(seconds))
    world.run("gone", sweep_pk=sweep.pk, ended_at=at(8), deleted_at=at(8))
    world.run("other", ended_at=at(8))
    world.run("live", sweep_pk=sweep.pk)
    world.run("also", sweep_pk=sweep.pk, ended_at=at(5))
    assert names(sweep_runs.list_last_ended(c, sweep.pk, 9, at(3))) == ["at9", "at7", "also", "at5"]
    assert names(sweep_runs.list_last_ended(c, sweep.pk, 2, at(0))) == ["at9", "at7"]


@pytest.mark.parametrize(("goal", "expected"), [(Goal.MINIMIZE, "low"), (Goal.MAXIMIZE, "high")])
def test_best_run_by_its_extreme_of_equals_the_first(
    world: World, goal: Goal, expected: str
) -> None:
    c = world.connection
    sweep = world.sweep()
    assert sweep_runs.best_sweep_run(c, sweep.pk, goal) is None
    for name, low, high in (("none", None, None), ("low", -5, 0), ("high", 0, 5), ("again", -5, 5)):
        world.run(name, sweep_pk=sweep.pk, metric_min=low, metric_max=high)
    world.run("gone", sweep_pk=sweep.pk, metric_min=-9, metric_max=9, deleted_at=at(1))
    world.run("other", metric_min=-9, metric_max=9)
    best = sweep_runs.best_sweep_run(c, sweep.pk, goal)
    assert best is not None and best.run_id == expected
