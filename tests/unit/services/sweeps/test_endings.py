"""What ends a sweep when it arrives: the target, the last config."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    log,
    make_sweep,
    register,
    state_of,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Hand-out promises the same on both databases."""
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))


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
