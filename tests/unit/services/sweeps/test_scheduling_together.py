"""Heartbeats of agents that have a run: several in one transaction, each answered for itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound, Unavailable
from sweepd.domain.sweeps import Agent
from sweepd.domain.users import Caller
from sweepd.services.sweeps.commands import Command
from sweepd.store import agents
from tests.conftest import FakeClock, awaited
from tests.unit.services.handing_out import beat, make_sweep, next_run, register

pytestmark = pytest.mark.both_databases
Asked = tuple[Caller, int, str]


def found(parts: server.Parts, pk: int) -> Agent:
    with parts.core.db.read() as connection:
        agent = agents.find_agent(connection, pk)
    assert agent is not None
    return agent


def heartbeat(
    parts: server.Parts, asked: Asked
) -> Coroutine[Any, Any, tuple[Agent, list[Command]]]:
    caller, pk, run = asked
    return parts.services.scheduling.heartbeat(caller, pk, frozenset({run}))


def beat_at_once(parts: server.Parts, *asked: Asked) -> list[Any]:
    """What heartbeats that come at once are answered, or fail with."""

    async def all_of_them() -> list[Any]:
        waiting = [heartbeat(parts, one) for one in asked]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    return awaited(all_of_them())


def test_heartbeats_that_come_together_are_all_noted(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    pks = [register(parts, ann, sweep) for _ in range(12)]
    clock.forward(5)
    for pk, (agent, commands) in zip(
        pks, beat_at_once(parts, *((ann, pk, f"run{pk}") for pk in pks)), strict=True
    ):
        assert (found(parts, pk), commands) == (agent, [])
        assert (agent.alive_runs, agent.heartbeat_at) == ((f"run{pk}",), clock())


def test_each_heartbeat_is_answered_for_itself(
    parts: server.Parts, ann: Caller, bob: Caller, clock: FakeClock
) -> None:
    """One of a stranger, one of a deleted sweep, one that has to stop a run, one of nothing."""
    sweep, gone = make_sweep(parts, ann), make_sweep(parts, ann)
    mine, strange, stopping = (register(parts, ann, sweep) for _ in range(3))
    lost = register(parts, ann, gone)
    run = str(next_run(parts, ann, stopping).run_id)
    parts.services.sweeps.delete(ann, gone.pk)
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run).pk)
    clock.forward(60)
    before = found(parts, strange)
    asked = [(ann, mine, "r"), (bob, strange, "r"), (ann, stopping, run), (ann, lost, "r")]
    own, refused, stop, deleted, nothing = beat_at_once(parts, *asked, (ann, 10**6, "r"))
    assert (own[0], own[1]) == (found(parts, mine), [])
    assert own[0].heartbeat_at == clock()
    for error in (refused, deleted, nothing):
        assert isinstance(error, NotFound)
    assert [command.kind for command in stop[1]] == ["stop"]
    assert found(parts, strange) == before
    assert [command.kind for command in beat(parts, ann, stopping, run)] == ["stop"]


def test_when_the_database_fails_all_are_told_and_later_ones_are_noted(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pks = [register(parts, ann, make_sweep(parts, ann)) for _ in range(3)]

    def refuse(*_: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(agents, "touch_agent", refuse)
        answers = beat_at_once(parts, *((ann, pk, "r") for pk in pks))
    assert [str(answer) for answer in answers] == ["the disk is full"] * 3
    again = beat_at_once(parts, *((ann, pk, "r") for pk in pks))
    assert [agent.pk for agent, _ in again] == pks


def test_a_heartbeat_given_up_holds_up_no_other(parts: server.Parts, ann: Caller) -> None:
    pks = [register(parts, ann, make_sweep(parts, ann)) for _ in range(4)]

    async def give_one_up() -> list[Any]:
        tasks = [asyncio.create_task(heartbeat(parts, (ann, pk, "r"))) for pk in pks]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = awaited(give_one_up())
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [agent.pk for agent, _ in answers[1:]] == pks[1:]
