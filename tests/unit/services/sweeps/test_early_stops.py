"""Early termination as numbers arrive."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    log,
    make_sweep,
    register,
)

pytestmark = pytest.mark.both_databases


def test_hyperband_stops_a_run_on_arrival_with_its_reason(parts: server.Parts, ann: Caller) -> None:
    rule = "early_terminate: {type: hyperband, min_iter: 2, eta: 2}\n"
    sweep = make_sweep(parts, ann, GRID + rule)
    good, bad = register(parts, ann, sweep), register(parts, ann, sweep)
    [first], [second] = beat(parts, ann, good), beat(parts, ann, bad)
    assert first.run_id and second.run_id
    begin(parts, ann, first.run_id)
    begin(parts, ann, second.run_id)
    assert not log(parts, ann, first.run_id, 0, 0.5, 0.1)
    assert not log(parts, ann, second.run_id, 0, 0.9)
    # Of two values the threshold is the second best, which the worse run equals, not exceeds.
    assert not log(parts, ann, second.run_id, 1, 0.8)
    third_agent = register(parts, ann, sweep)
    [third] = beat(parts, ann, third_agent)
    assert third.run_id
    begin(parts, ann, third.run_id)
    assert log(parts, ann, third.run_id, 0, 0.9, 0.95)
    run = parts.services.runs.get(ann, "ann", "p", third.run_id)
    assert run.stop_reason is not None and "hyperband" in run.stop_reason
