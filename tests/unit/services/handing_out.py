"""What suites of the hand-out share: a small grid, and the moves of an agent and a client."""

import json

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import awaited

GRID = """
method: grid
program: train.py
metric: {name: loss, goal: minimize}
parameters:
  a: {values: [1, 2, 3]}
  b: {values: [x, y]}
"""


def make_sweep(parts: server.Parts, caller: Caller, text: str = GRID) -> Sweep:
    sweep, _ = parts.services.sweeps.create(caller, None, "p", SweepChange(config_yaml=text))
    return sweep


def register(parts: server.Parts, caller: Caller, sweep: Sweep) -> int:
    agent = parts.services.scheduling.register_agent(
        caller, sweep.entity, sweep.project, sweep.sweep_id, "host"
    )
    return agent.pk


def beat(parts: server.Parts, caller: Caller, agent: int, *alive: str) -> list[Command]:
    return awaited(parts.services.scheduling.heartbeat(caller, agent, frozenset(alive)))[1]


def given(parts: server.Parts, caller: Caller, agent: int) -> str:
    """The id of the run that an agent is given."""
    [command] = beat(parts, caller, agent)
    assert command.run_id
    return command.run_id


def begin(parts: server.Parts, caller: Caller, run_id: str) -> None:
    """What `wandb.init` sends."""
    config = json.dumps({"_wandb": {"value": {"t": {}}}, "extra": {"value": True}})
    change = RunChange(config=config, host="host", program="train.py")
    parts.services.runs.upsert(caller, None, "p", run_id, change)


def end(parts: server.Parts, caller: Caller, run_id: str, exitcode: int = 0) -> None:
    post = StreamPost(exitcode=exitcode, is_complete=True)
    parts.services.history.append(caller, caller.name, "p", run_id, post)


def log(parts: server.Parts, caller: Caller, run_id: str, first: int, *values: float) -> bool:
    lines = [json.dumps({"_step": first + i, "loss": v}) for i, v in enumerate(values)]
    return parts.services.history.append(
        caller, caller.name, "p", run_id, StreamPost(history=Lines(first, lines))
    )


def work_off(parts: server.Parts, caller: Caller, agent: int, limit: int = 100) -> list[str]:
    """Let one agent run until it is told to leave; the ids of its runs."""
    done: list[str] = []
    for _ in range(limit):
        for command in beat(parts, caller, agent):
            if command.kind == "exit":
                return done
            assert command.run_id
            begin(parts, caller, command.run_id)
            end(parts, caller, command.run_id)
            done.append(command.run_id)
    pytest.fail("the agent was never told to leave")


def state_of(parts: server.Parts, caller: Caller, sweep: Sweep) -> Sweep:
    return parts.services.sweeps.get_by_pk(caller, sweep.pk)


def say(parts: server.Parts, caller: Caller, run_id: str, *lines: str) -> None:
    """Terminal output of a run, as the client sends it."""
    block = Lines(0, [json.dumps({"level": "error", "content": line}) for line in lines])
    post = StreamPost(console=[block])
    parts.services.history.append(caller, caller.name, "p", run_id, post)


def next_run(parts: server.Parts, caller: Caller, agent: int) -> Command:
    """Ask for a run, begin it, and give its command."""
    [command] = beat(parts, caller, agent)
    assert command.kind in ("run", "resume"), command
    assert command.run_id
    begin(parts, caller, command.run_id)
    return command


def edit(parts: server.Parts, caller: Caller, sweep: Sweep, text: str) -> Sweep:
    """`wandb sweep --update`."""
    return parts.services.sweeps.update(caller, sweep.pk, SweepChange(config_yaml=text))[0]


def set_state(parts: server.Parts, caller: Caller, sweep: Sweep, state: str) -> Sweep:
    """`wandb sweep --pause` and its like."""
    return parts.services.sweeps.update(caller, sweep.pk, SweepChange(state=SweepState(state)))[0]
