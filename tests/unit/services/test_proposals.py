"""Configs are prepared ahead of need, also when the server has just been started again."""

import time

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.proposals import Proposals
from tests.unit.services.handing_out import make_sweep, register, state_of

BAYES = """
method: bayes
program: train.py
metric: {name: loss}
parameters: {a: {min: 0.0, max: 1.0}}
"""


def test_running_sweeps_find_configs_ready_after_a_restart(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    register(parts, ann, sweep)
    again = Proposals(parts.core)  # as after a restart: nobody has asked it for anything
    again.start()
    try:
        deadline = time.monotonic() + 60
        config = None
        while config is None and time.monotonic() < deadline:
            config = again.take(state_of(parts, ann, sweep))
            time.sleep(0.05)
    finally:
        again.stop()
    assert config is not None
    assert 0.0 <= config["a"] <= 1.0
