"""Sweeps, their log, and their runs as points."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.domain.sweeps import EventKind, SweepState
from sweepd.store import cells, prior_runs, sweeps
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


def test_the_log_keeps_its_order_and_a_warning_once(world: World) -> None:
    c = world.connection
    sweep, other = world.sweep(), world.sweep()
    sweeps.append_event(c, sweep.pk, at(9), "ann", EventKind.CREATED, "made")
    sweeps.append_warning_once(c, sweep.pk, at(1), "careful")
    sweeps.append_warning_once(c, sweep.pk, at(2), "careful")
    sweeps.append_warning_once(c, other.pk, at(3), "careful")
    sweeps.append_event(c, sweep.pk, at(4), "bob", EventKind.EDIT, "new file")
    found = sweeps.list_events(c, sweep.pk)
    assert [(e.at, e.actor, e.kind, e.message) for e in found] == [
        (at(9), "ann", EventKind.CREATED, "made"),
        (at(1), "", EventKind.WARNING, "careful"),
        (at(4), "bob", EventKind.EDIT, "new file"),
    ]
    kinds = (EventKind.EDIT, EventKind.WARNING)
    assert sweeps.last_event_at(c, sweep.pk, kinds) == at(4)
    assert sweeps.last_event_at(c, sweep.pk, [*kinds, EventKind.CREATED]) == at(9)


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
    found = sweeps.list_points(c, sweep.pk)
    assert [point.run_id for point in found] == ["theirs", "own", "bare"]
    assert (found[0].metric_last, found[0].metric_min, found[0].config) == (5.0, 4.0, '{"a":2}')
    assert (found[1].config, found[1].attempt, found[1].n_history) == ('{"a":1}', 3, 7)
    assert (found[1].metric_last, found[1].metric_min) == (1.0, None)
    assert (found[2].config, found[2].stop_origin, found[2].stop_reason) == ("{}", "rule", "why")
    assert [point.metric_last for point in sweeps.list_points(c, other.pk)] == [9.0]


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
    found = [point.run_id for point in sweeps.list_points(c, sweep.pk, at(5))]
    own = [f"{seconds} of {sweep.pk}" for seconds in (5, 7)]
    assert found == ["earlier at 5", "earlier at 6", *own]
    assert len(sweeps.list_points(c, sweep.pk)) == 6


def test_sweeps_whose_time_is_up(world: World) -> None:
    c = world.connection
    old = [world.sweep(deleted_at=at(seconds)).pk for seconds in (1, 4)]
    world.sweep(deleted_at=at(5))
    world.sweep()
    assert set(sweeps.list_expired_sweeps(c, at(5))) == set(old)
