"""Sweeps made, changed, listed and removed: what each of these keeps."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.paging import BEGINNING, Start
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    log,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

NAMED = GRID + "name: from the file\ndescription: said there\nsweepd: {seed: 0}\n"


def test_new_sweep_has_what_its_file_and_its_maker_say(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep, warnings = parts.services.sweeps.create(ann, None, "p", SweepChange(config_yaml=NAMED))
    assert (sweep.state, sweep.seed, warnings) == (SweepState.PENDING, 0, [])
    assert (sweep.display_name, sweep.description) == ("from the file", "said there")
    assert (sweep.controller, sweep.scheduler, sweep.user_name) == ("{}", "{}", "ann")
    assert (sweep.created_at, sweep.updated_at, sweep.ended_at) == (clock(), clock(), None)
    assert (sweep.method, sweep.n_configs, sweep.run_cap) == ("grid", 6, None)
    change = SweepChange(
        config_yaml=NAMED,
        display_name="given",
        description="told",
        controller='{"a": 1}',
        scheduler='{"b": 2}',
    )
    other, _ = parts.services.sweeps.create(ann, None, "p", change)
    assert (other.display_name, other.description) == ("given", "told")
    assert (other.controller, other.scheduler) == ('{"a": 1}', '{"b": 2}')
    assert other.sweep_id != sweep.sweep_id


def test_sweeps_without_a_seed_get_different_ones(parts: server.Parts, ann: Caller) -> None:
    assert len({make_sweep(parts, ann).seed for _ in range(4)}) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GRID, "method grid, 6 runs"),
        (GRID + "sweepd: {repeats: 2}\n", "method grid, 12 runs"),
        (GRID.replace("grid", "random"), "method random, no end of its own"),
        (
            "method: grid\nprogram: t.py\nparameters: {a: {min: 1, max: 1000000}}\n",
            "method grid, 1,000,000 runs",
        ),
    ],
)
def test_first_line_of_the_log_tells_the_size(
    parts: server.Parts, ann: Caller, text: str, said: str
) -> None:
    event = parts.services.sweeps.events(make_sweep(parts, ann, text))[0]
    assert (event.kind, event.actor, event.message) == ("created", "ann", said)


def test_warnings_about_a_file_are_answered_and_logged(parts: server.Parts, ann: Caller) -> None:
    text = GRID.replace("[1, 2, 3]", "[1, 2, 2]")
    sweep, warnings = parts.services.sweeps.create(ann, None, "p", SweepChange(config_yaml=text))
    logged = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert warnings == logged and "repeats count once" in warnings[0]
    assert parts.services.sweeps.preview(text) == (warnings, 4)
    assert parts.services.sweeps.preview(text + "run_cap: 3\n")[1] == 3


@pytest.mark.parametrize(
    "change",
    [
        SweepChange(),
        SweepChange(config_yaml=""),
        SweepChange(config_yaml=GRID, controller="no json"),
        SweepChange(config_yaml=GRID, scheduler="[]"),
        SweepChange(config_yaml="method: grid"),
    ],
)
def test_what_cannot_run_is_refused_and_nothing_made(
    parts: server.Parts, ann: Caller, change: SweepChange
) -> None:
    project = parts.services.sweeps.project(make_sweep(parts, ann))
    with pytest.raises(BadInput):
        parts.services.sweeps.create(ann, None, "p", change)
    assert parts.services.sweeps.count(project) == 1


def test_names_are_changed_one_by_one(parts: server.Parts, ann: Caller, clock: FakeClock) -> None:
    sweep = make_sweep(parts, ann, NAMED)
    clock.forward(5)
    found, _ = parts.services.sweeps.update(ann, sweep.pk, SweepChange(display_name="x"))
    assert (found.display_name, found.description) == ("x", "said there")
    assert found.updated_at == clock()
    found, _ = parts.services.sweeps.update(ann, sweep.pk, SweepChange(description=""))
    assert (found.display_name, found.description) == ("x", "")
    clock.forward(5)
    found, warnings = parts.services.sweeps.update(ann, sweep.pk, SweepChange())
    assert found.updated_at != clock() and warnings == []
    found, _ = parts.services.sweeps.update(ann, sweep.pk, SweepChange(scheduler='{"b": 1}'))
    assert json.loads(found.scheduler) == {"b": 1}


def test_pages_hear_of_every_change(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 0}\n")
    count = lambda: parts.core.changes.count("sweep", sweep.pk)  # noqa: E731
    agent = register(parts, ann, sweep)
    moves = [
        lambda: register(parts, ann, sweep),
        lambda: parts.services.sweeps.update(ann, sweep.pk, SweepChange(display_name="x")),
        lambda: parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"}),
        lambda: parts.services.sweeps.retry(ann, sweep.pk, ["failed"]),
        lambda: parts.services.sweeps.raise_cap(ann, sweep.pk, 9),
        lambda: beat(parts, ann, agent),
    ]
    for move in moves:
        before = count()
        move()
        assert count() > before
    before = count()
    beat(parts, ann, agent, "some-run")
    assert count() == before, "a heartbeat that brings nothing is no news"


def test_sweeps_are_listed_newest_first_in_pages_and_found_by_filters(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    made = []
    for n in range(5):
        clock.forward(1)
        made.append(make_sweep(parts, ann, GRID if n % 2 else GRID.replace("grid", "random")))
    project = parts.services.sweeps.project(made[0])
    newest = [sweep.pk for sweep in reversed(made)]
    assert [sweep.pk for sweep in parts.services.sweeps.list_all(project)] == newest
    assert parts.services.sweeps.count(project) == 5
    page = parts.services.sweeps.page(project, None, BEGINNING, 2)
    assert [sweep.pk for sweep in page.values] == newest[:2]
    following = parts.services.sweeps.page(project, None, Start(page.items[-1][0]), 9)
    assert [sweep.pk for sweep in following.values] == newest[2:]
    grids = parts.services.sweeps.page(project, '{"method": "grid"}', BEGINNING, None)
    assert [sweep.pk for sweep in grids.values] == [newest[1], newest[3]]


def test_sweep_is_found_by_its_path_or_not_at_all(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    assert parts.services.sweeps.find(ann, None, "p", sweep.sweep_id) == sweep
    assert parts.services.sweeps.find(ann, None, "p", "nobody") is None
    assert parts.services.sweeps.find(ann, None, "q", sweep.sweep_id) is None
    assert parts.services.sweeps.find(bob, "ann", "p", sweep.sweep_id) is None
    for move in (
        lambda: parts.services.sweeps.get_by_pk(bob, sweep.pk),
        lambda: parts.services.sweeps.update(bob, sweep.pk, SweepChange(display_name="x")),
        lambda: parts.services.sweeps.update(bob, sweep.pk, SweepChange(config_yaml=NAMED)),
        lambda: parts.services.sweeps.retry(bob, sweep.pk, ["failed"]),
        lambda: parts.services.sweeps.enqueue(bob, sweep.pk, {"a": 1}),
        lambda: parts.services.sweeps.raise_cap(bob, sweep.pk, 9),
        lambda: parts.services.sweeps.delete(bob, sweep.pk),
    ):
        with pytest.raises(NotFound):
            move()
    assert state_of(parts, ann, sweep) == sweep


def test_deleted_sweep_leaves_its_runs(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    parts.services.sweeps.delete(ann, sweep.pk)
    run = parts.services.runs.get(ann, None, "p", run_id)
    assert run.sweep_id is None
    assert not log(parts, ann, run_id, 0, 1.0)


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_best_run_is_the_one_with_the_best_value_at_any_step(
    parts: server.Parts, ann: Caller, goal: str
) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("minimize", goal))
    assert parts.services.sweeps.best_run(sweep) is None
    agent, ids = register(parts, ann, sweep), []
    sign = 1 if goal == "minimize" else -1
    for values in ((3.0, 9.0), (9.0, 1.0, 9.0), (1.0,), ()):
        ids.append(str(next_run(parts, ann, agent).run_id))
        if values:
            log(parts, ann, ids[-1], 0, *(sign * value for value in values))
        end(parts, ann, ids[-1])
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None and best.run_id == ids[1], "of equals the first"
    parts.services.runs.delete(ann, best.pk)
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None and best.run_id == ids[2]


def test_best_run_with_repeats_is_of_the_best_mean_once_there_is_one(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {repeats: 2}\n")
    assert parts.services.sweeps.best_run(sweep) is None
    assert len(parts.services.sweeps.repeated(sweep)) == 0
    agent = register(parts, ann, sweep)
    first = str(next_run(parts, ann, agent).run_id)
    log(parts, ann, first, 0, 5.0)
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None and best.run_id == first
    plain = make_sweep(parts, ann)
    next_run(parts, ann, register(parts, ann, plain))
    assert parts.services.sweeps.repeated(plain) == []


def test_runs_of_a_sweep_come_in_order_and_in_pages(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    ids = work_off(parts, ann, register(parts, ann, sweep))
    found = parts.services.sweeps.runs(sweep)
    assert [run.run_id for run in found] == ids
    assert [run.run_id for run in parts.services.sweeps.runs(sweep, 2)] == ids[:2]
    after = parts.services.sweeps.runs(sweep, 2, after_pk=found[1].pk)
    assert [run.run_id for run in after] == ids[2:4]
    some = json.dumps({"name": {"$in": ids[1::2]}})
    page = parts.services.sweeps.page_runs(sweep, some, BEGINNING, None)
    assert [run.run_id for run in page.values] == ids[1::2]
    every = parts.services.sweeps.page_runs(sweep, None, BEGINNING, 4)
    assert [run.run_id for run in every.values] == ids[:4]
    assert parts.services.sweeps.count_runs(sweep) == {"finished": 6}


def test_agents_of_a_sweep_come_oldest_first_with_their_runs_counted(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    busy, idle = register(parts, ann, sweep), register(parts, ann, sweep)
    ids = work_off(parts, ann, busy)
    found = parts.services.sweeps.agents(sweep)
    assert [(agent.pk, agent.n_runs) for agent in found] == [(busy, 6), (idle, 0)]
    page = parts.services.sweeps.page_agents(sweep, BEGINNING, 1)
    assert [agent.pk for agent in page.values] == [busy]
    runs = parts.services.scheduling.agent_runs(found[0], newest_first=True)
    assert [run.run_id for run in runs.values] == ids[::-1]
    oldest = parts.services.scheduling.agent_runs(found[0], first=2)
    assert [run.run_id for run in oldest.values] == ids[:2]


def test_state_and_file_may_change_at_once(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    set_state(parts, ann, sweep, "PAUSED")
    change = SweepChange(config_yaml=GRID.replace("[1, 2, 3]", "[1]"), state="RUNNING")
    found, _ = parts.services.sweeps.update(ann, sweep.pk, change)
    assert (found.state, found.n_configs) == (SweepState.RUNNING, 2)
