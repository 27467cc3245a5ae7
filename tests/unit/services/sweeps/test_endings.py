"""What ends a sweep when it arrives: the target, the last config."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.sweeps.commands import CommandKind
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    end,
    log,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


def test_target_ends_the_sweep_when_the_number_arrives(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("goal: minimize", "goal: minimize, target: 0.1"))
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    log(parts, ann, command.run_id, 0, 0.5, 0.05)
    found = state_of(parts, ann, sweep)
    assert found.state is SweepState.FINISHED
    assert "0.05" in found.state_reason


@pytest.mark.parametrize(
    ("goal", "target", "values", "reached"),
    [
        ("minimize", 0.1, [0.5, 0.11], None),
        ("minimize", 0.1, [0.5, 0.1], "0.1"),
        ("minimize", 0.1, [0.05, 0.9], "0.05"),
        ("maximize", 0.9, [0.5, 0.89], None),
        ("maximize", 0.9, [0.5, 0.9], "0.9"),
        ("maximize", 0.9, [0.95, 0.2], "0.95"),
        ("maximize", 0.0, [-1.0, -0.1], None),
        ("minimize", 0.0, [1.0, 0.0], "0"),
    ],
)
def test_target_is_reached_by_the_best_value_equal_to_it_or_beyond(
    parts: server.Parts,
    ann: Caller,
    goal: str,
    target: float,
    values: list[float],
    reached: str | None,
) -> None:
    text = GRID.replace("goal: minimize", f"goal: {goal}, target: {target}")
    sweep = make_sweep(parts, ann, text)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    log(parts, ann, run_id, 0, *values)
    found = state_of(parts, ann, sweep)
    assert found.state is (SweepState.FINISHED if reached else SweepState.RUNNING)
    if reached:
        assert f"loss = {reached}, the target is {target:g}" in found.state_reason


def test_target_of_a_paused_sweep_waits_for_nobody(parts: server.Parts, ann: Caller) -> None:
    """Runs go on while a sweep is paused; what they reach does not end it behind its user."""
    sweep = make_sweep(parts, ann, GRID.replace("goal: minimize", "goal: minimize, target: 0.1"))
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    set_state(parts, ann, sweep, "PAUSED")
    log(parts, ann, run_id, 0, 0.05)
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED


def begin_prior(parts: server.Parts, ann: Caller, run_id: str, **config: object) -> None:
    wrapped = {key: {"value": value} for key, value in config.items()}
    change = RunChange(config=json.dumps(wrapped), host="h")
    parts.services.runs.upsert(ann, None, "p", run_id, change)
    end(parts, ann, run_id)


def test_prior_runs_are_results_that_use_up_no_cap(parts: server.Parts, ann: Caller) -> None:
    """Three of six configs are there before: two of the others run, then the cap holds."""
    for n, config in enumerate([(1, "x"), (1, "y"), (2, "x")]):
        begin_prior(parts, ann, f"old{n}", a=config[0], b=config[1])
    change = SweepChange(config_yaml=GRID + "run_cap: 2\n", prior_runs=["old0", "old1", "old2"])
    sweep, _ = parts.services.sweeps.create(ann, None, "p", change)
    assert state_of(parts, ann, sweep).n_cells == 0
    done = work_off(parts, ann, register(parts, ann, sweep))
    configs = [json.loads(parts.services.runs.get(ann, None, "p", r).config) for r in done]
    assert len(done) == 2
    points = parts.services.sweeps.points(sweep)
    assert [json.loads(point.config) for point in points[3:]] == [
        {"a": 2, "b": "y"},
        {"a": 3, "b": "x"},
    ]
    assert len(configs) == 2 and len(points) == 5
    found = state_of(parts, ann, sweep)
    assert (found.n_cells, found.state_reason) == (2, "run_cap of 2 reached")


def test_prior_runs_that_do_not_fit_are_named_with_the_reason(
    parts: server.Parts, ann: Caller
) -> None:
    begin_prior(parts, ann, "part", a=1)
    begin(parts, ann, "live")
    change = SweepChange(config_yaml=GRID, prior_runs=["part", "live", "nobody"])
    sweep, told = parts.services.sweeps.create(ann, None, "p", change)
    said = " ".join(e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning")
    assert " ".join(told) == said  # the client's own warnings, too
    assert "(without a value for b): part" in said
    assert "(still running): live" in said
    assert "(not in this project): nobody" in said
    assert parts.services.sweeps.points(sweep) == []


def test_runs_of_another_sweep_count_here_and_stay_there(parts: server.Parts, ann: Caller) -> None:
    """Users seed a sweep from an earlier one; what the runs reached is what this one goes by."""
    first = make_sweep(parts, ann, GRID)
    done = work_off(parts, ann, register(parts, ann, first))
    log(parts, ann, done[0], 0, 0.25)
    begin_prior(parts, ann, "free", a=1, b="x")
    log(parts, ann, "free", 0, 0.75)
    change = SweepChange(config_yaml=GRID, prior_runs=[*done, "free"])
    second, warnings = parts.services.sweeps.create(ann, None, "p", change)
    assert [w for w in warnings if done[0] in w or "free" in w] == []
    points = {point.run_id: point for point in parts.services.sweeps.points(second)}
    assert set(points) == {*done, "free"}
    assert points[done[0]].metric_last == 0.25 and points["free"].metric_last == 0.75
    assert len(parts.services.sweeps.runs(first)) == len(done)
    assert [run.run_id for run in parts.services.sweeps.runs(second)] == ["free"]
    assert work_off(parts, ann, register(parts, ann, second)) == []


def test_runs_may_be_added_when_a_sweep_is_changed(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID)
    begin_prior(parts, ann, "late", a=1, b="x")
    change = SweepChange(prior_runs=["late", "nobody"])
    _, warnings = parts.services.sweeps.update(ann, sweep.pk, change)
    assert warnings == [
        "prior runs left out (not in this project): nobody",
        "prior runs without a value of loss: late; their configs count as done, "
        "and teach the search nothing",
    ]
    assert [point.run_id for point in parts.services.sweeps.points(sweep)] == ["late"]


BUDGET = GRID + "sweepd: {budget: 2h, retries: 3}\n"


def test_a_budget_of_time_ends_the_sweep_after_what_runs_by_then(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, BUDGET)
    clock.forward(9 * 3600)  # only the first hand-out starts it
    agent, other = register(parts, ann, sweep), register(parts, ann, sweep)
    first = next_run(parts, ann, agent).run_id or ""
    begin(parts, ann, first)
    clock.forward(2 * 3600 - 1)
    second = next_run(parts, ann, other).run_id or ""
    begin(parts, ann, second)
    end(parts, ann, first)
    clock.forward(1)
    assert [command.kind for command in beat(parts, ann, agent)] == [CommandKind.EXIT]
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    end(parts, ann, second)
    found = state_of(parts, ann, sweep)
    assert (found.state, found.state_reason) == (SweepState.FINISHED, "budget of 2h used up")
    assert parts.services.sweeps.count_runs(found) == {"finished": 2}


def test_what_is_queued_when_the_budget_is_used_up_is_never_handed_out(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, BUDGET)
    agent = register(parts, ann, sweep)
    first = next_run(parts, ann, agent).run_id or ""
    begin(parts, ann, first)
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1})
    end(parts, ann, first)
    clock.forward(3 * 3600)
    assert [command.kind for command in beat(parts, ann, agent)] == [CommandKind.EXIT]
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    with pytest.raises(BadInput, match=r"raise sweepd\.budget"):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 2})


def test_the_page_is_told_until_when_a_budget_lasts(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, BUDGET)
    assert parts.services.sweeps.hands_out_until(sweep) is None
    next_run(parts, ann, register(parts, ann, sweep))
    until = parts.services.sweeps.hands_out_until(sweep)
    assert until is not None and (until - clock()).total_seconds() == 2 * 3600
    plain = make_sweep(parts, ann, GRID)
    next_run(parts, ann, register(parts, ann, plain))
    assert parts.services.sweeps.hands_out_until(plain) is None
