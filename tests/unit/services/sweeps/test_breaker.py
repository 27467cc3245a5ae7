"""The breaker: a sweep whose runs fail alike is paused."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.store import sweep_runs
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    make_sweep,
    next_run,
    register,
    say,
    set_state,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/home/x/train.py", line {n}, in <module>',
    "ValueError: no data for worker {n}",
)


def fail(parts: server.Parts, ann: Caller, agent: int, clock: FakeClock, *said: str) -> None:
    run = next_run(parts, ann, agent)
    clock.forward(1)
    if said:
        say(parts, ann, str(run.run_id), *said)
    end(parts, ann, str(run.run_id), 1)


def test_breaker_pauses_after_alike_failures_with_the_traceback(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 3}\n")
    agent = register(parts, ann, sweep)
    for n in range(3):
        fail(parts, ann, agent, clock, "loading", *(line.format(n=n) for line in TRACEBACK))
    paused = state_of(parts, ann, sweep)
    assert paused.state is SweepState.PAUSED
    first, *rest = paused.state_reason.splitlines()
    assert first == "3 runs in a row failed alike: ValueError: no data for worker 2"
    assert rest == [line.format(n=2) for line in TRACEBACK]
    [warning] = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert "sweepd retry" in warning
    assert beat(parts, ann, agent) == []
    clock.forward(1)
    set_state(parts, ann, sweep, "RUNNING")
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    clock.forward(1)
    fail(parts, ann, agent, clock, *(line.format(n=9) for line in TRACEBACK))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING, "the streak began anew"
    assert len(work_off(parts, ann, agent)) == 5, "and no config was lost"


def test_different_failures_or_a_success_between_do_not_trip(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 2}\n")
    agent = register(parts, ann, sweep)
    fail(parts, ann, agent, clock, "ValueError: a")
    fail(parts, ann, agent, clock, "KeyError: b")
    clock.forward(1)
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    clock.forward(1)
    fail(parts, ann, agent, clock, "KeyError: b")
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    fail(parts, ann, agent, clock, "KeyError: b")
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED


def test_breaker_catches_scripts_that_die_before_they_start(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 2, retries: 0}\n")
    agent = register(parts, ann, sweep)
    for _ in range(6):
        clock.forward(5)
        beat(parts, ann, agent)
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED
    with parts.core.db.read() as connection:
        assert len(sweep_runs.list_sweep_runs(connection, sweep.pk)) == 2
