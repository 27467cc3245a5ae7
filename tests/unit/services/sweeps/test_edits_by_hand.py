"""Configs put in by hand and handed out again; what each move leaves in the sweep's log."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import CellState, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.store import cells
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    edit,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

RANDOM = GRID.replace("method: grid", "method: random")


def messages(parts: server.Parts, sweep: Sweep, kind: str) -> list[str]:
    return [e.message for e in parts.services.sweeps.events(sweep) if e.kind == kind]


def states(parts: server.Parts, sweep: Sweep) -> list[CellState]:
    with parts.core.db.read() as connection:
        return [cell.state for cell in cells.list_cells(connection, sweep.pk)]


def test_only_configs_whose_last_attempt_ended_so_are_handed_out_again(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 0}\n")
    agent = register(parts, ann, sweep)
    runs = [next_run(parts, ann, register(parts, ann, sweep)) for _ in range(4)]
    for run, exitcode in zip(runs, (1, 1, 0, 1), strict=True):
        end(parts, ann, str(run.run_id), exitcode)
    assert parts.services.sweeps.retry(ann, sweep.pk, ["crashed", "killed"]) == 0
    assert messages(parts, sweep, "retry") == []
    assert parts.services.sweeps.retry(ann, sweep.pk, ["crashed", "failed"]) == 3
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 0, "they wait already"
    assert messages(parts, sweep, "retry") == [
        "3 configs of crashed, failed runs are handed out again"
    ]
    again = next_run(parts, ann, agent)
    assert again.config == runs[0].config
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 0, "one of them runs"
    end(parts, ann, str(again.run_id))
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 0, "its last one finished"
    with pytest.raises(BadInput, match=r"failed, crashed, killed, preempted; got \['running'\]"):
        parts.services.sweeps.retry(ann, sweep.pk, ["failed", "running"])


def test_config_of_a_run_that_speaks_again_is_not_handed_out_beside_it(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    """It was lost twice over, handed out again, and its first run is back."""
    sweep = make_sweep(parts, ann, GRID + "sweepd: {retries: 0, breaker: 0}\n")
    first = next_run(parts, ann, register(parts, ann, sweep))
    clock.forward(400)
    parts.leases.expire()
    assert parts.services.sweeps.retry(ann, sweep.pk, ["crashed"]) == 1
    second = next_run(parts, ann, register(parts, ann, sweep))
    assert second.config == first.config
    end(parts, ann, str(second.run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    third = next_run(parts, ann, register(parts, ann, sweep))
    assert third.config == first.config
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed", "crashed"]) == 0


@pytest.mark.parametrize("state", ["FINISHED", "CANCELED", "PAUSED"])
def test_sweep_that_has_ended_goes_on_with_what_is_handed_out_again(
    parts: server.Parts, ann: Caller, state: str
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 0}\n")
    end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id), 1)
    set_state(parts, ann, sweep, state)
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 1
    expected = "PAUSED" if state == "PAUSED" else "RUNNING"
    assert state_of(parts, ann, sweep).state == expected


def test_lost_attempts_are_forgotten_when_the_user_asks_again(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {retries: 1, breaker: 0}\n")

    def lose() -> None:
        next_run(parts, ann, register(parts, ann, sweep))
        clock.forward(400)
        parts.leases.expire()

    lose()
    lose()
    assert states(parts, sweep) == [CellState.FAILED]
    assert parts.services.sweeps.retry(ann, sweep.pk, ["crashed"]) == 1
    lose()
    assert states(parts, sweep) == [CellState.QUEUED], "one more machine may fail it"


def test_config_put_in_by_hand_has_a_run_a_name_and_a_line_in_the_log(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    plain = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 2, "b": "x"})
    named = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "x"}, "by hand")
    assert plain.state is RunState.PENDING
    found = [parts.services.runs.get(ann, None, "p", r.run_id) for r in (plain, named)]
    assert found[1].display_name == "by hand" != found[0].display_name
    assert json.loads(found[0].config) == {"a": {"value": 2}, "b": {"value": "x"}}
    assert messages(parts, sweep, "enqueue") == [
        f'{plain.run_id}: {{"a": 2, "b": "x"}}',
        f'{named.run_id}: {{"a": 3, "b": "x"}}',
    ]
    assert states(parts, sweep) == [CellState.QUEUED] * 2
    assert state_of(parts, ann, sweep).n_expected == 6, "both are cells of the grid"


def test_the_same_config_may_be_put_in_twice_and_comes_on_top(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    ids = [parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"}).run_id for _ in "12"]
    assert state_of(parts, ann, sweep).n_expected == 7
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 9, "b": "x"})
    assert state_of(parts, ann, sweep).n_expected == 8, "9 is no value of the grid"
    done = work_off(parts, ann, register(parts, ann, sweep))
    assert done[:2] == ids
    assert len(done) == 8


def test_part_of_a_config_will_do_but_not_none_of_it(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "other": 5})
    assert state_of(parts, ann, sweep).n_expected == 7, "no cell of the grid"
    for config in ({}, {"other": 5}):
        with pytest.raises(BadInput, match=r"\(a, b\)"):
            parts.services.sweeps.enqueue(ann, sweep.pk, config)


def test_config_that_breaks_a_constraint_comes_on_top(parts: server.Parts, ann: Caller) -> None:
    text = GRID + "sweepd: {constraints: ['a < 3']}\n"
    sweep = make_sweep(parts, ann, text)
    assert sweep.n_expected == 4
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "x"})
    assert state_of(parts, ann, sweep).n_expected == 5
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 5


def test_config_put_in_by_hand_takes_the_place_of_all_its_repeats(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {repeats: 3}\n")
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"})
    assert state_of(parts, ann, sweep).n_expected == 16
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 16


def test_the_cap_counts_what_is_put_in_by_hand(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID + "run_cap: 2\n")
    for a in (1, 2):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": a, "b": "x"})
    with pytest.raises(BadInput, match="run_cap of 2"):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "x"})
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 2


def test_finished_sweep_goes_on_with_a_config_and_a_canceled_one_takes_none(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    set_state(parts, ann, sweep, "FINISHED")
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"})
    found = state_of(parts, ann, sweep)
    assert (found.state, found.state_reason) == (SweepState.RUNNING, "a config was queued")
    set_state(parts, ann, sweep, "PAUSED")
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 2, "b": "x"})
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED
    set_state(parts, ann, sweep, "CANCELED")
    with pytest.raises(BadInput, match="canceled; resume it"):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "x"})


def test_new_file_tells_what_it_dropped_and_warns(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id), 1)
    end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    text = GRID.replace("[1, 2, 3]", "[2, 3, 3]")
    edit(parts, ann, sweep, text)
    [event] = messages(parts, sweep, "edit")
    assert event == f"new file; 2 waiting configs left the space:\n{text}"
    assert any("repeats count once" in message for message in messages(parts, sweep, "warning"))
    edit(parts, ann, sweep, text + "# no other values\n")
    assert messages(parts, sweep, "edit")[1].startswith("new file:\n")


def test_new_file_with_the_very_text_changes_nothing(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    edit(parts, ann, sweep, GRID)
    assert messages(parts, sweep, "edit") == []


def test_what_was_put_in_by_hand_stays_when_the_file_leaves_it_out(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    run = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"})
    edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2, 3]"))
    assert state_of(parts, ann, sweep).n_expected == 5
    assert work_off(parts, ann, register(parts, ann, sweep))[0] == run.run_id


def test_waiting_draws_of_a_random_search_outlive_narrower_values(
    parts: server.Parts, ann: Caller
) -> None:
    """Only a grid says which configs there are; a draw that was made was right when it was."""
    sweep = make_sweep(parts, ann, RANDOM + "run_cap: 3\nsweepd: {breaker: 0}\n")
    drawn = next_run(parts, ann, register(parts, ann, sweep))
    end(parts, ann, str(drawn.run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    narrow = RANDOM.replace("[1, 2, 3]", "[7]") + "run_cap: 3\nsweepd: {breaker: 0}\n"
    edit(parts, ann, sweep, narrow)
    again = next_run(parts, ann, register(parts, ann, sweep))
    assert again.config == drawn.config
    assert next_run(parts, ann, register(parts, ann, sweep)).config["a"] == 7  # type: ignore[index]


def test_random_search_goes_on_with_new_draws_after_an_edit(
    parts: server.Parts, ann: Caller
) -> None:
    text = "method: random\nprogram: t.py\nparameters: {a: {min: 0.0, max: 1.0}}\n"
    text += "sweepd: {seed: 5}\n"
    sweep = make_sweep(parts, ann, text)
    agents = [register(parts, ann, sweep) for _ in range(4)]
    before = [next_run(parts, ann, agent).config for agent in agents[:2]]
    edit(parts, ann, sweep, text + "run_cap: 9\n")
    after = [next_run(parts, ann, agent).config for agent in agents[2:]]
    assert len({str(config) for config in before + after}) == 4


def test_raised_cap_lets_a_finished_sweep_go_on_and_a_lower_one_does_not(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, GRID + "run_cap: 2\n")
    work_off(parts, ann, register(parts, ann, sweep))
    assert parts.services.sweeps.raise_cap(ann, sweep.pk, 1).state is SweepState.FINISHED
    found = parts.services.sweeps.raise_cap(ann, sweep.pk, 3)
    assert (found.state, found.run_cap) == (SweepState.RUNNING, 3)
    assert found.state_reason == "the edit left more to do"
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1
    assert parts.services.sweeps.raise_cap(ann, sweep.pk, None).run_cap is None
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 3


def test_columns_follow_the_new_file(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    assert (sweep.metric_name, str(sweep.metric_goal), sweep.retries) == ("loss", "minimize", 3)
    text = GRID.replace("loss, goal: minimize", "acc, goal: maximize") + "sweepd: {retries: 7}\n"
    found = edit(parts, ann, sweep, text)
    assert (found.metric_name, str(found.metric_goal), found.retries) == ("acc", "maximize", 7)
    plain = edit(parts, ann, sweep, GRID.replace("metric: {name: loss, goal: minimize}", ""))
    assert (plain.metric_name, str(plain.metric_goal)) == (None, "minimize")


def test_of_several_metrics_the_first_is_shown(parts: server.Parts, ann: Caller) -> None:
    text = (
        "method: bayes\nprogram: t.py\nparameters: {a: {values: [1, 2]}}\n"
        "metrics: [{name: acc, goal: maximize}, {name: size}]\nsweepd: {sampler: nsga2}\n"
    )
    sweep = make_sweep(parts, ann, text)
    assert (sweep.metric_name, str(sweep.metric_goal)) == ("acc", "maximize")


@pytest.mark.slow
def test_a_grid_too_large_to_count_is_taken(parts: server.Parts, ann: Caller) -> None:
    axes = "".join(f"  p{i}: {{min: 0, max: 99}}\n" for i in range(4))
    rule = 'sweepd: {constraints: ["p0 + p1 + p2 > p3"]}\n'
    sweep = make_sweep(parts, ann, f"method: grid\nparameters:\n{axes}{rule}")
    assert sweep.n_configs is None


def test_grid_that_the_constraints_leave_empty_is_refused(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    for text in (GRID + "sweepd: {constraints: ['a > 9']}\n", GRID.replace("[1, 2, 3]", "[]")):
        with pytest.raises(BadInput):
            edit(parts, ann, sweep, text)
    assert state_of(parts, ann, sweep).config_yaml == GRID
    distinct = RANDOM + "sweepd: {distinct: true, constraints: ['a > 9']}\n"
    with pytest.raises(BadInput, match="no configs"):
        make_sweep(parts, ann, distinct)


def test_paused_sweep_still_waits_after_an_edit(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    set_state(parts, ann, sweep, "PAUSED")
    assert edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2]")).state is SweepState.PAUSED
    assert beat(parts, ann, agent) == []


CONDITIONAL = """
method: grid
program: train.py
metric: {name: loss}
parameters:
  opt: {values: [sgd, adam]}
  mom: {values: [1, 2]}
sweepd: {when: {mom: "opt == 'sgd'"}, breaker: 0}
"""


def test_waiting_config_without_what_its_condition_leaves_out_stays_in_the_space(
    parts: server.Parts, ann: Caller
) -> None:
    """An edit dropped it for good: its cell was known, so the grid passed over it."""
    sweep = make_sweep(parts, ann, CONDITIONAL)
    for _ in range(3):
        end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    edit(parts, ann, sweep, CONDITIONAL.replace("[1, 2]", "[2]"))
    [event] = messages(parts, sweep, "edit")
    assert "1 waiting configs left the space" in event
    agent = register(parts, ann, sweep)
    found = []
    for _ in range(2):
        command = next_run(parts, ann, agent)
        found.append(command.config)
        end(parts, ann, str(command.run_id))
    assert found == [{"opt": "adam"}, {"opt": "sgd", "mom": 2}] or found[::-1] == [
        {"opt": "adam"},
        {"opt": "sgd", "mom": 2},
    ]
    assert [c.kind for c in beat(parts, ann, agent)] == ["exit"]


def test_condition_that_is_added_takes_waiting_configs_it_leaves_out_of_the_space(
    parts: server.Parts, ann: Caller
) -> None:
    plain = CONDITIONAL.replace("when: {mom: \"opt == 'sgd'\"}, ", "")
    sweep = make_sweep(parts, ann, plain)
    for _ in range(4):
        end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    edit(parts, ann, sweep, CONDITIONAL)
    assert "2 waiting configs left the space" in messages(parts, sweep, "edit")[0]
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 3


def test_config_put_in_by_hand_is_a_cell_though_a_condition_leaves_some_of_it_out(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, CONDITIONAL)
    parts.services.sweeps.enqueue(ann, sweep.pk, {"opt": "adam"})
    assert state_of(parts, ann, sweep).n_expected == 3
    parts.services.sweeps.enqueue(ann, sweep.pk, {"opt": "sgd"})
    parts.services.sweeps.enqueue(ann, sweep.pk, {"opt": "adam", "mom": 1})
    assert state_of(parts, ann, sweep).n_expected == 5, "one lacks a value, one has too many"
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 5
