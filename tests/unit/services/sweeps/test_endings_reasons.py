"""When a sweep ends, and what it says of that."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import endings
from sweepd.services.sweeps.commands import Command
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

TWO = GRID.replace("[1, 2, 3]", "[1]")


def finish(parts: server.Parts, pk: int) -> bool:
    return parts.core.db.write(lambda c: endings.finish_if_done(c, pk, parts.core.now()))


@pytest.mark.parametrize("state", ["FINISHED", "CANCELED"])
def test_what_has_ended_is_over_as_it_is(parts: server.Parts, ann: Caller, state: str) -> None:
    sweep = make_sweep(parts, ann)
    before = set_state(parts, ann, sweep, state)
    assert finish(parts, sweep.pk)
    assert state_of(parts, ann, sweep) == before


def test_more_may_come_as_long_as_a_config_waits_runs_or_was_not_had(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, TWO)
    assert not finish(parts, sweep.pk), "two configs were not had"
    runs = [next_run(parts, ann, register(parts, ann, sweep)) for _ in range(2)]
    assert not finish(parts, sweep.pk), "two run"
    end(parts, ann, str(runs[0].run_id), 1)
    assert not finish(parts, sweep.pk), "one runs"
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    end(parts, ann, str(runs[1].run_id))
    assert not finish(parts, sweep.pk), "one waits"
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    work_off(parts, ann, register(parts, ann, sweep))
    found = state_of(parts, ann, sweep)
    assert found.state_reason == "all 2 configs were handed out and have ended"
    assert found.ended_at == parts.core.now()


def test_paused_sweep_is_not_over_though_nothing_can_come(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, TWO)
    runs = [next_run(parts, ann, register(parts, ann, sweep)) for _ in range(2)]
    set_state(parts, ann, sweep, "PAUSED")
    for run in runs:
        end(parts, ann, str(run.run_id))
    assert not finish(parts, sweep.pk)
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED
    assert set_state(parts, ann, sweep, "RUNNING").state is SweepState.FINISHED, "resumed, it is"


@pytest.mark.parametrize("waits", [True, False])
def test_sweep_waits_for_what_runs_unless_the_file_says_otherwise(
    parts: server.Parts, ann: Caller, waits: bool
) -> None:
    text = TWO + f"sweepd: {{wait_for_in_flight: {str(waits).lower()}}}\n"
    sweep = make_sweep(parts, ann, text)
    runs = [next_run(parts, ann, register(parts, ann, sweep)) for _ in range(2)]
    idle = register(parts, ann, sweep)
    assert beat(parts, ann, idle) == ([] if waits else [Command("exit")])
    assert state_of(parts, ann, sweep).state == ("RUNNING" if waits else "FINISHED")
    for run in runs:
        end(parts, ann, str(run.run_id))
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


def test_what_waits_is_handed_out_though_the_sweep_waits_for_nobody(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, TWO + "sweepd: {wait_for_in_flight: false, breaker: 0}\n")
    runs = [next_run(parts, ann, register(parts, ann, sweep)) for _ in range(2)]
    end(parts, ann, str(runs[0].run_id), 1)
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    assert not finish(parts, sweep.pk)
    assert len(beat(parts, ann, register(parts, ann, sweep))) == 1


@pytest.mark.parametrize(("cap", "is_capped"), [(1, True), (2, True), (3, False)])
def test_the_reason_names_the_cap_only_where_it_was_reached(
    parts: server.Parts, ann: Caller, cap: int, is_capped: bool
) -> None:
    sweep = make_sweep(parts, ann, TWO + f"run_cap: {cap}\n")
    work_off(parts, ann, register(parts, ann, sweep))
    reason = state_of(parts, ann, sweep).state_reason
    assert reason == (f"run_cap of {cap} reached" if is_capped else reason)
    assert reason.startswith("run_cap") is is_capped
