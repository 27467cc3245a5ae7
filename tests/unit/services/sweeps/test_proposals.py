"""Configs are prepared ahead of need, also when the server has just been started again."""

import threading

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.proposals import Proposals
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


@pytest.mark.parametrize("method", ["grid", "random"])
def test_what_runs_of_a_sweep_without_a_model_log_wakes_nobody(
    parts: server.Parts, ann: Caller, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"method: {method}\nprogram: train.py\nparameters: {{a: {{values: [1, 2, 3]}}}}\n"
    sweep = make_sweep(parts, ann, text)
    proposals, woken = parts.proposals, threading.Event()
    prepared: list[int] = []
    proposals.start()
    wait_until(lambda: sweep.pk in proposals._needless, 60, lambda: "it was not looked at")

    def prepare(pk: int, *_: object) -> None:
        prepared.append(pk)
        woken.set()

    monkeypatch.setattr(proposals, "_prepare", prepare)
    agent = register(parts, ann, sweep)
    beat(parts, ann, agent)
    parts.core.changes.touch("sweep", sweep.pk)
    proposals.want(sweep.pk)
    assert proposals._wanted.empty() and prepared == []
    proposals.want(sweep.pk, is_changed=True)  # an edit may have given it a model
    assert woken.wait(30) and prepared == [sweep.pk]
    proposals.stop()


def _config(commands: list[Command]) -> float:
    [command] = commands
    assert command.config is not None
    return float(command.config["a"])
