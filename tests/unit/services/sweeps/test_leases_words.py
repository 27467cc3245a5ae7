"""Whose lease ends, and what is said of it."""

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from sweepd.services.sweeps.leases import LONE_RUN_SILENT_S
from sweepd.store import runs
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    beat,
    begin,
    end,
    log,
    make_sweep,
    next_run,
    register,
    state_of,
)

ONE = "method: grid\nprogram: t.py\nparameters: {a: {values: [1]}}\nsweepd: {retries: 0}\n"


def reason(parts: server.Parts, ann: Caller, run_id: str) -> str:
    return str(parts.services.runs.get(ann, None, "p", run_id).stop_reason)


def test_run_of_no_sweep_is_given_up_after_five_minutes(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    begin(parts, ann, "lone")
    waiting = RunChange(state="pending")
    parts.services.runs.upsert(ann, None, "p", "waiting", waiting)
    clock.forward(LONE_RUN_SILENT_S - 1)
    assert parts.leases.expire() == []
    clock.forward(1)
    assert [run.run_id for run in parts.leases.expire()] == ["lone"]
    assert parts.services.runs.get(ann, None, "p", "lone").state is RunState.CRASHED
    assert reason(parts, ann, "lone") == "no word from its client for 300 s"
    assert parts.services.runs.get(ann, None, "p", "waiting").state is RunState.PENDING


def test_run_that_joined_a_sweep_without_an_agent_is_given_up_as_any_other(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    change = RunChange(config="{}", host="h", sweep_id=sweep.sweep_id)
    parts.services.runs.upsert(ann, None, "p", "joined", change)
    parts.services.runs.upsert(
        ann, None, "p", "made", RunChange(state="pending", sweep_id=sweep.sweep_id)
    )
    clock.forward(74)
    assert parts.leases.expire() == []
    clock.forward(2)
    assert [run.run_id for run in parts.leases.expire()] == ["joined"]
    assert reason(parts, ann, "joined") == "fell silent: no word from it for 76 s"


def test_why_a_config_went_back_names_the_machine(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE.replace("[1]", "[1, 2, 3]"))
    begun = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    [never] = beat(parts, ann, register(parts, ann, sweep))
    agent = register(parts, ann, sweep)
    left = str(next_run(parts, ann, agent).run_id)
    for _ in range(16):
        clock.forward(5)
        beat(parts, ann, agent, left)
    assert {run.run_id for run in parts.leases.expire()} == {begun, never.run_id}
    assert reason(parts, ann, begun) == "fell silent on host: no word from it for 80 s"
    assert reason(parts, ann, str(never.run_id)) == "never started: its agent on host fell silent"
    beat(parts, ann, agent)  # it no longer has the run, which has been silent as long
    assert reason(parts, ann, left) == (
        "fell silent on host: its process is gone and it said no exit code"
    )


def test_agent_that_lost_its_run_gets_the_next_only_when_the_run_is_silent_too(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    agent = register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, agent).run_id)
    clock.forward(74)
    beat(parts, ann, agent)
    assert parts.services.runs.get(ann, None, "p", run_id).state is RunState.RUNNING
    clock.forward(1)
    beat(parts, ann, agent)
    assert parts.services.runs.get(ann, None, "p", run_id).state is RunState.CRASHED


def test_agent_that_was_told_to_leave_says_nothing_of_its_run(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    """It has no other run to tell of: only the run's own silence counts then."""
    sweep = make_sweep(parts, ann, ONE + "run_cap: 1\n")
    agent = register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, agent).run_id)
    clock.forward(60)
    end(parts, ann, run_id)
    assert [c.kind for c in beat(parts, ann, agent)] == ["exit"]
    parts.services.history.append(ann, "ann", "p", run_id, StreamPost(is_preempting=True))
    begin(parts, ann, run_id)  # resumed by hand, under the same id
    clock.forward(40)
    beat(parts, ann, agent)
    clock.forward(40)
    assert [run.run_id for run in parts.leases.expire()] == [run_id]


def test_run_that_is_deleted_while_it_is_given_up_is_nobodys(
    parts: server.Parts, ann: Caller, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_run(parts, ann, register(parts, ann, make_sweep(parts, ann)))
    clock.forward(300)
    monkeypatch.setattr(runs, "find_run_by_pk", lambda *_, **__: None)
    assert parts.leases.expire() == []
    monkeypatch.undo()
    assert len(parts.leases.expire()) == 1


def test_last_lease_that_ends_ends_the_sweep(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    next_run(parts, ann, register(parts, ann, sweep))
    clock.forward(400)
    before = parts.core.changes.count("sweep", sweep.pk)
    parts.leases.expire()
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    assert parts.core.changes.count("sweep", sweep.pk) == before + 1, "pages hear of it"


@pytest.mark.parametrize("said", ["run", "agent"])
def test_either_of_the_two_keeps_the_lease(
    parts: server.Parts, ann: Caller, clock: FakeClock, said: str
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    agent = register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, agent).run_id)
    for step in range(10):
        clock.forward(50)
        if said == "run":
            log(parts, ann, run_id, step, 1.0)
        else:
            beat(parts, ann, agent, run_id)
        assert parts.leases.expire() == []
    clock.forward(59)
    assert parts.leases.expire() == []
    clock.forward(17)
    assert len(parts.leases.expire()) == 1
