"""A sweep's state as clients write it."""

import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import SweepState
from sweepd.wandb_api.graphql.inputs.sweeps import _read_state


@pytest.mark.parametrize("state", SweepState)
def test_states_are_read_in_any_case(state: SweepState) -> None:
    assert _read_state(state.lower(), "state") is _read_state(state.upper(), "state") is state


@pytest.mark.parametrize("text", ["on", "", None, 3, "x" * 1_000])
def test_others_are_refused_with_those_that_are(text: object) -> None:
    with pytest.raises(BadInput, match="PENDING, RUNNING, PAUSED, FINISHED, CANCELED") as caught:
        _read_state(text, "state")
    assert len(str(caught.value)) < 300
