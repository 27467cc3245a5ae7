"""Configs are prepared ahead of need, also when the server has just been started again."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.sweeps.proposals import Proposals
from sweepd.services.sweeps.scheduling import Command
from tests.conftest import wait_until
from tests.unit.services.handing_out import beat, make_sweep, register, state_of

BAYES = """
method: bayes
program: train.py
metric: {name: loss}
parameters: {a: {min: 0.0, max: 1.0}}
"""


@pytest.mark.slow
def test_running_sweeps_find_configs_ready_after_a_restart(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    register(parts, ann, sweep)
    again = Proposals(parts.core)  # as after a restart: nobody has asked it for anything
    again.start()
    try:
        found: list[dict[str, object]] = []

        def take() -> bool:
            config = again.take(state_of(parts, ann, sweep), lambda _: False)
            found.extend([config] if config else [])
            return bool(found)

        wait_until(take, 60, lambda: "no config was prepared")
    finally:
        again.stop()
    assert 0.0 <= float(str(found[0]["a"])) <= 1.0


@pytest.mark.slow
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
        # Both prepare before either hands anything out.
        wait_until(
            lambda: all(replica.proposals.n_ready(sweep.pk) == 2 for replica, _ in replicas),
            60,
            lambda: str([replica.proposals.n_ready(sweep.pk) for replica, _ in replicas]),
        )
        first, second = (beat(replica, ann, agent) for replica, agent in replicas)
        assert _config(first) != _config(second)
    finally:
        parts.proposals.stop()
        other.close()


def _config(commands: list[Command]) -> float:
    [command] = commands
    assert command.config is not None
    return float(command.config["a"])
