"""Only what the sweep chose goes out, by every way a config can be handed out; lost ones do so
several times."""

import json
from collections.abc import Callable

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search.grammar.sections import NO_PROGRAM
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    beat,
    begin,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

ONE = """
method: grid
program: train.py
parameters:
  a: {values: [1]}
  net: {parameters: {depth: {values: [2]}}}
"""
CHOSEN = {"a": 1, "net": {"depth": 2}}
# What a script, the client or a callback writes into the config; `a` is changed too.
WRITTEN = {
    "framework": {"value": "x"},
    "a": {"value": 9},
    "net": {"value": {"depth": 2, "width": 3}},
    "_wandb": {"value": {}},
}


def write(parts: server.Parts, ann: Caller, run_id: str) -> None:
    begin(parts, ann, run_id)
    change = RunChange(config=json.dumps(WRITTEN))
    parts.services.runs.upsert(ann, None, "p", run_id, change)


def preempted(parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, _: FakeClock) -> None:
    post = StreamPost(is_preempting=True, is_complete=True, exitcode=1)
    parts.services.history.append(ann, "ann", "p", run_id, post)


def preempted_silent(
    parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, clock: FakeClock
) -> None:
    parts.services.history.append(ann, "ann", "p", run_id, StreamPost(is_preempting=True))
    lost(parts, ann, sweep, run_id, clock)


def lost(parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, clock: FakeClock) -> None:
    parts.core.listening.since = clock()
    clock.forward(1000)
    assert [run.run_id for run in parts.leases.expire()] == [run_id]


def failed(parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, _: FakeClock) -> None:
    end(parts, ann, run_id, exitcode=1)
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 1


def canceled(parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, _: FakeClock) -> None:
    set_state(parts, ann, sweep, "CANCELED")
    set_state(parts, ann, sweep, "RUNNING")


def deleted(parts: server.Parts, ann: Caller, sweep: Sweep, run_id: str, _: FakeClock) -> None:
    end(parts, ann, run_id)
    parts.services.runs.delete(ann, parts.services.runs.get(ann, None, "p", run_id).pk)


@pytest.mark.parametrize("leave", [preempted, preempted_silent, lost, failed, canceled, deleted])
def test_config_that_goes_out_again_is_what_the_sweep_chose(
    parts: server.Parts, ann: Caller, clock: FakeClock, leave: Callable[..., None]
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    command = next_run(parts, ann, register(parts, ann, sweep))
    assert command.config == CHOSEN
    write(parts, ann, str(command.run_id))
    leave(parts, ann, sweep, str(command.run_id), clock)
    if state_of(parts, ann, sweep).state is SweepState.FINISHED:
        set_state(parts, ann, sweep, "RUNNING")
    assert _next(parts, ann, sweep).config == CHOSEN


def test_config_sent_a_second_time_is_what_the_sweep_chose(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    agent = register(parts, ann, sweep)
    [first] = beat(parts, ann, agent)
    [again] = beat(parts, ann, agent)
    assert (again.run_id, again.config) == (first.run_id, CHOSEN)


def test_prior_run_whose_config_is_freed_goes_out_as_the_sweep_writes_it(
    parts: server.Parts, ann: Caller
) -> None:
    write(parts, ann, "before")
    change = RunChange(config=json.dumps(WRITTEN | {"a": {"value": 1}}))
    parts.services.runs.upsert(ann, None, "p", "before", change)
    end(parts, ann, "before")
    sweep, _ = parts.services.sweeps.create(
        ann, None, "p", SweepChange(config_yaml=ONE, prior_runs=["before"])
    )
    parts.services.runs.delete(ann, parts.services.runs.get(ann, None, "p", "before").pk)
    config = _next(parts, ann, sweep).config
    assert config is not None
    assert config.keys() == CHOSEN.keys()


def test_config_a_machine_loses_goes_out_several_times_a_failed_one_does_not(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    for _ in range(1 + 3):
        command = _next(parts, ann, sweep)
        assert command.kind == "run"
        begin(parts, ann, str(command.run_id))
        lost(parts, ann, sweep, str(command.run_id), clock)
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    other = make_sweep(parts, ann, ONE)
    end(parts, ann, str(next_run(parts, ann, register(parts, ann, other)).run_id), exitcode=1)
    assert work_off(parts, ann, register(parts, ann, other)) == []


def test_run_without_a_program_fails_with_that_reason_and_its_config_stays(
    parts: server.Parts, ann: Caller
) -> None:
    text = ONE.replace("program: train.py\n", "")
    sweep, warnings = parts.services.sweeps.create(ann, None, "p", SweepChange(config_yaml=text))
    assert warnings == [f"program: {NO_PROGRAM}"]
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    beat(parts, ann, agent)  # it is sent once more: an answer may be lost
    assert beat(parts, ann, agent) == []
    run = parts.services.runs.get(ann, None, "p", str(command.run_id))
    assert (run.state, run.stop_reason) == (RunState.FAILED, NO_PROGRAM)
    paused = state_of(parts, ann, sweep)
    assert (paused.state, paused.state_reason) == (SweepState.PAUSED, NO_PROGRAM)
    set_state(parts, ann, sweep, "RUNNING")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1, "by wandb.agent(function)"


def _next(parts: server.Parts, ann: Caller, sweep: Sweep) -> Command:
    [command] = beat(parts, ann, register(parts, ann, sweep))
    return command
