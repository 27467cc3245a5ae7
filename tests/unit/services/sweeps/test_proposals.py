"""Configs are prepared ahead of need, also when the server has just been started again."""

import time

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.sweeps.proposals import Proposals
from sweepd.services.sweeps.scheduling import Command
from tests.unit.services.handing_out import beat, make_sweep, register, state_of

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
            config = again.take(state_of(parts, ann, sweep), lambda _: False)
            time.sleep(0.05)
    finally:
        again.stop()
    assert config is not None
    assert 0.0 <= config["a"] <= 1.0


def test_replicas_that_prepared_the_same_configs_hand_out_different_ones(
    parts: server.Parts, ann: Caller
) -> None:
    """Both prepare with the sweep's seed: the second used to hand out what the first had."""
    other = server.build(parts.settings, parts.core.now)
    sweep = make_sweep(parts, ann, BAYES)
    replicas = [(replica, register(replica, ann, sweep)) for replica in (parts, other)]
    try:
        for replica, _ in replicas:
            replica.proposals.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # both prepared before either hands anything out
            n_ready = [replica.proposals.n_ready(sweep.pk) for replica, _ in replicas]
            if all(n == 2 for n in n_ready):
                break
            time.sleep(0.05)
        assert n_ready == [2, 2]
        first, second = (beat(replica, ann, agent) for replica, agent in replicas)
        assert _config(first) != _config(second)
    finally:
        parts.proposals.stop()
        other.close()


def _config(commands: list[Command]) -> float:
    [command] = commands
    assert command.config is not None
    return float(command.config["a"])
