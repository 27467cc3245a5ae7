"""A sweep's states: pausing, canceling, retrying."""

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    beat,
    begin,
    end,
    log,
    make_sweep,
    register,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


def test_failed_script_is_handed_out_again_only_on_request(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    end(parts, ann, command.run_id, exitcode=1)
    assert len(work_off(parts, ann, agent)) == 5
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 1
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1


def test_paused_sweep_answers_with_nothing_and_goes_on(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state=SweepState.PAUSED))
    assert beat(parts, ann, agent) == []
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state=SweepState.RUNNING))
    assert [command.kind for command in beat(parts, ann, agent)] == ["run"]


def test_cancel_stops_runs_and_sends_agents_home(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state=SweepState.CANCELED))
    assert log(parts, ann, command.run_id, 0, 0.5), "the file stream says stop"
    clock.forward(21)
    assert beat(parts, ann, agent, command.run_id) == [Command("stop", command.run_id)]
    end(parts, ann, command.run_id, exitcode=255)
    assert beat(parts, ann, agent) == [Command("exit")]
    assert [p.state for p in parts.services.sweeps.points(sweep)] == [RunState.KILLED]
