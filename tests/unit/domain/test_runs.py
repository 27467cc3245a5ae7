"""What people read of how a run ended, for every state and whoever asked it to stop."""

import pytest

from sweepd.domain.runs import RunState, StopOrigin, outcome

ASKED = {
    StopOrigin.RULE: "stopped early",
    StopOrigin.PERSON: "stopped",
    StopOrigin.SWEEP: "canceled",
}


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("origin", [None, *StopOrigin])
def test_only_a_run_that_stopped_is_said_to_have_been_stopped(state, origin):
    is_stopped = state in (RunState.KILLED, RunState.FINISHED) and origin is not None
    assert outcome(state, origin) == (ASKED[origin] if is_stopped else str(state))
