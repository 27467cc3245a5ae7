"""What a sweep's page says of it beyond its runs."""

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.users import Caller
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    end,
    log,
    make_sweep,
    next_run,
    register,
)

pytestmark = pytest.mark.both_databases


def test_dry_run_tells_what_a_rule_would_have_stopped(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    ids = []
    for loss in (1.0, 2.0, 5.0, 0.5):
        run = next_run(parts, ann, agent)
        ids.append(run.run_id)
        for step in range(4):
            clock.forward(1)
            log(parts, ann, str(run.run_id), step, loss)
        end(parts, ann, str(run.run_id))
    rule = {"type": "hyperband", "min_iter": 2, "eta": 2}
    stops = parts.services.sweeps.stops(sweep, rule)
    assert [(stop.run, stop.n_values, stop.n_total) for stop in stops] == [(ids[2], 2, 4)]
    assert "threshold" in stops[0].stop.reason
    with pytest.raises(BadInput, match="no `early_terminate`"):
        parts.services.sweeps.stops(sweep)
    with pytest.raises(BadInput, match="early_terminate"):
        parts.services.sweeps.stops(sweep, {"type": "halving"})
