"""A sweep's runs as points."""

import pytest

from sweepd.store import cells, prior_runs, sweep_points
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_points_are_those_attached_then_its_own_in_order(world: World) -> None:
    c = world.connection
    sweep, other = world.sweep(), world.sweep()
    cell = cells.reserve_new_cell(c, sweep.pk, "k", '{"a":1}')
    prior = cells.reserve_new_cell(c, sweep.pk, "p", '{"a":2}')
    assert cell is not None and prior is not None
    world.run(
        "own", sweep_pk=sweep.pk, cell_pk=cell.pk, metric_last=1.0, attempt=3, history_lines=7
    )
    world.run("bare", sweep_pk=sweep.pk, stop_origin="rule", stop_reason="why")
    world.run("gone", sweep_pk=sweep.pk, deleted_at=at(1))
    theirs = world.run("theirs", sweep_pk=other.pk, metric_last=9.0, metric_min=9.0)
    row = {"metric_last": 5.0, "metric_min": 4.0, "metric_max": 6.0, "cell_pk": prior.pk}
    prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": theirs.pk, **row})
    found = sweep_points.list_points(c, sweep.pk)
    assert [point.run_id for point in found] == ["theirs", "own", "bare"]
    assert (found[0].metric_last, found[0].metric_min, found[0].config) == (5.0, 4.0, '{"a":2}')
    assert (found[1].config, found[1].attempt, found[1].n_history) == ('{"a":1}', 3, 7)
    assert (found[1].metric_last, found[1].metric_min) == (1.0, None)
    assert (found[2].config, found[2].stop_origin, found[2].stop_reason) == ("{}", "rule", "why")
    assert [point.metric_last for point in sweep_points.list_points(c, other.pk)] == [9.0]


def test_points_that_changed_are_those_of_the_sweep_and_of_what_counts_for_it(
    world: World,
) -> None:
    c = world.connection
    before, sweep, after = (world.sweep() for _ in range(3))
    for one in (before, sweep, after):
        for seconds in (3, 5, 7):
            world.run(f"{seconds} of {one.pk}", seconds, sweep_pk=one.pk)
        world.run(f"gone of {one.pk}", 7, sweep_pk=one.pk, deleted_at=at(7))
    for seconds in (4, 5, 6):
        earlier = world.run(f"earlier at {seconds}", seconds)
        prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": earlier.pk})
    found = [point.run_id for point in sweep_points.list_points(c, sweep.pk, at(5))]
    own = [f"{seconds} of {sweep.pk}" for seconds in (5, 7)]
    assert found == ["earlier at 5", "earlier at 6", *own]
    assert len(sweep_points.list_points(c, sweep.pk)) == 6
