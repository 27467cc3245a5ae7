"""A post changes what no index holds, and yet whoever asks what changed is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sweepd.domain.automations import EventType
from sweepd.domain.runs import LIVE, RunState
from sweepd.domain.sweeps import Sweep
from sweepd.store import (
    automations,
    overviews,
    prior_runs,
    run_counts,
    run_moments,
    run_rows,
    runs,
    schema,
    sweep_points,
)
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases

LATELY = timedelta(seconds=60)
Read = Callable[[World, Sweep], Any]
READERS: dict[str, Read] = {
    "version": lambda w, _: run_counts.version_of_runs(w.connection, w.p),
    "newest": lambda w, _: run_counts.newest_of_runs(w.connection, w.p, 0, LATELY),
    "version of points": lambda w, sweep: overviews.version_of_points(w.connection, w.p, sweep.pk),
    "project": lambda w, _: overviews.list_projects(w.connection, [w.ann_entity])[0].last_at,
    "states": lambda w, _: sorted(zip(*run_rows.list_states(w.connection, w.p), strict=True)),
    "rows": lambda w, _: [
        (row.pk, row.updated_at) for part in run_rows.list_rows(w.connection, w.p) for row in part
    ],
    "run": lambda w, _: [run.updated_at for run in runs.list_project_runs(w.connection, w.p)],
}
CHANGES: dict[str, Read] = {  # from the sixth second on
    "times": lambda w, _: sorted(run_rows.list_changes(w.connection, w.p, at(6))),
    "runs": lambda w, _: [run.pk for run in runs.list_changed_runs(w.connection, w.p, at(6))[0]],
    "points": lambda w, sweep: [
        point.pk for point in sweep_points.list_points(w.connection, sweep.pk, at(6))
    ],
    "unread": lambda w, _: [
        pk
        for asking in automations.list_asking(w.connection, [EventType.RUN_METRIC])
        for pk, _, _ in automations.list_unread(w.connection, asking, at(6), most=9)
    ],
}


@pytest.fixture(params=["own", "of another sweep"])
def sweep(request: pytest.FixtureRequest, world: World) -> Sweep:
    """A sweep of one run in each state, its own or one that counts for it."""
    sweep, other = world.sweep(), world.sweep()
    world.automation("asking", EventType.RUN_METRIC)
    for state in RunState:
        of = sweep if request.param == "own" else other
        pk = world.run(state, 1, sweep_pk=of.pk, state=state, history_lines=3).pk
        if of is other:
            prior_runs.add_prior_run(world.connection, {"sweep_pk": sweep.pk, "run_pk": pk})
    world.run("bobs", 9, project_pk=world.q, state=RunState.RUNNING, heartbeat_at=at(9))
    return sweep


def post(world: World, state: RunState, seconds: float) -> int:
    """What a post to the run of that state does to its times."""
    run = runs.find_run(world.connection, world.p, state)
    assert run is not None
    runs.update_run(world.connection, run.pk, {**run_moments.of_post(run, at(seconds))})
    return run.pk


@pytest.mark.parametrize("state", RunState)
def test_every_reader_sees_a_post(world: World, sweep: Sweep, state: RunState) -> None:
    before = {name: read(world, sweep) for name, read in READERS.items()}
    post(world, state, 5)
    between = {name: read(world, sweep) for name, read in READERS.items()}
    assert not any(read(world, sweep) for read in CHANGES.values())
    pk = post(world, state, 6)
    after = {name: read(world, sweep) for name, read in READERS.items()}
    for name in READERS:
        seen = [before[name], between[name], after[name]]
        assert all(seen.count(one) == 1 for one in seen), name
    assert all(read(world, sweep) == [pk] for read in CHANGES.values())


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_post_is_seen_after_the_clock_was_set_back(
    world: World, sweep: Sweep, state: RunState
) -> None:
    pk = post(world, state, 2)
    runs.update_run(world.connection, pk, {"updated_at": at(3600)})
    ahead = {name: read(world, sweep) for name, read in READERS.items()}
    post(world, state, 6)
    back = {name: read(world, sweep) for name, read in READERS.items()}
    post(world, state, 7)
    for name, read in READERS.items():
        assert len({str(one[name]) for one in (ahead, back)} | {str(read(world, sweep))}) == 3, name
    assert all(read(world, sweep) == [pk] for read in CHANGES.values())


@pytest.mark.parametrize("state", sorted(LIVE))
def test_what_changed_after_the_last_post_counts_as_changed_then(
    world: World, sweep: Sweep, state: RunState
) -> None:
    pk = post(world, state, 5)
    runs.update_run(world.connection, pk, {"updated_at": at(6), "notes": "seen"})
    assert run_counts.version_of_runs(world.connection, world.p).changed_at == at(6)
    assert all(read(world, sweep) == [pk] for read in CHANGES.values())


def test_a_run_counts_once_among_those_changed_lately(world: World) -> None:
    """By a post, otherwise, and by both."""
    live = {"state": RunState.RUNNING}
    world.run("posted", 1, heartbeat_at=at(100), **live)
    world.run("edited", 99, heartbeat_at=at(2), **live)
    world.run("both", 98, heartbeat_at=at(99), **live)
    world.run("neither", 1, heartbeat_at=at(2), **live)
    world.run("ended", 1, heartbeat_at=at(99))
    world.run("deleted", 98, heartbeat_at=at(97), deleted_at=at(98), **live)
    newest = run_counts.newest_of_runs(world.connection, world.p, 0, LATELY)
    assert newest[1:] == (at(100), 4, 3)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_no_index_holds_what_a_post_to_a_live_run_sets(world: World, state: RunState) -> None:
    held = {column.name for index in schema.runs.indexes for column in index.columns}
    assert not held & run_moments.of_post(world.run(state=state), at(0)).keys()
