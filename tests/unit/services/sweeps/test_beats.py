"""Heartbeats of agents that have a run: several in one transaction, each answered for itself."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound, Unavailable
from sweepd.domain.sweeps import Agent
from sweepd.domain.users import Caller
from sweepd.services.sweeps import beats
from sweepd.services.sweeps.beats import Beats
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


def join(joined: Beats, *asked: Asked) -> list[Any]:
    """What heartbeats that come at once are answered: an agent, None, or what they fail with."""

    async def all_of_them() -> list[Any]:
        waiting = [joined.join(caller, pk, frozenset({run})) for caller, pk, run in asked]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    return awaited(all_of_them())


@pytest.fixture
def n_writes(parts: server.Parts, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many transactions there were: one item each."""
    write, done = parts.core.db.write_async, []

    async def counted(change: Callable[..., Any]) -> Any:
        done.append(1)
        return await write(change)

    monkeypatch.setattr(parts.core.db, "write_async", counted)
    return done


def test_heartbeats_that_wait_together_share_a_transaction(
    parts: server.Parts, ann: Caller, clock: FakeClock, n_writes: list[int]
) -> None:
    sweep = make_sweep(parts, ann)
    pks = [register(parts, ann, sweep) for _ in range(12)]
    clock.forward(5)
    n_writes.clear()
    answers = join(Beats(parts.core), *((ann, pk, f"run{pk}") for pk in pks))
    assert len(n_writes) <= 2 * beats.AT_ONCE
    for pk, answer in zip(pks, answers, strict=True):
        assert found(parts, pk) == answer
        assert (answer.alive_runs, answer.heartbeat_at) == ((f"run{pk}",), clock())


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
    before = {pk: found(parts, pk) for pk in (strange, stopping)}
    asked = [(ann, mine, "r"), (bob, strange, "r"), (ann, stopping, run), (ann, lost, "r")]
    [own, refused, alone, deleted, nothing] = join(Beats(parts.core), *asked, (ann, 10**6, "r"))
    assert found(parts, mine) == own and own.heartbeat_at == clock()
    for error in (refused, deleted, nothing):
        assert isinstance(error, NotFound)
    assert alone is None
    assert {pk: found(parts, pk) for pk in before} == before
    assert [command.kind for command in beat(parts, ann, stopping, run)] == ["stop"]


def test_when_the_database_fails_all_are_told_and_later_ones_are_noted(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pks = [register(parts, ann, make_sweep(parts, ann)) for _ in range(3)]
    joined = Beats(parts.core)

    def refuse(*_: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(agents, "touch_some", refuse)
        answers = join(joined, *((ann, pk, "r") for pk in pks))
    assert [str(answer) for answer in answers] == ["the disk is full"] * 3
    assert all(
        isinstance(answer, Agent) for answer in join(joined, *((ann, pk, "r") for pk in pks))
    )


def test_a_heartbeat_given_up_holds_up_no_other(parts: server.Parts, ann: Caller) -> None:
    pks = [register(parts, ann, make_sweep(parts, ann)) for _ in range(4)]
    joined = Beats(parts.core)

    async def give_one_up() -> list[Any]:
        tasks = [asyncio.create_task(joined.join(ann, pk, frozenset({"r"}))) for pk in pks]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = awaited(give_one_up())
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [answer.pk for answer in answers[1:]] == pks[1:]


def test_no_heartbeat_is_left_waiting_when_one_comes_as_the_last_is_answered(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = Beats(parts.core)

    async def at_once(_: Callable[..., Any]) -> list[None]:
        await asyncio.sleep(0)
        return [None]

    monkeypatch.setattr(beats, "AT_ONCE", 1)
    monkeypatch.setattr(parts.core.db, "write_async", at_once)

    async def one_after_the_other() -> None:
        for _ in range(20):
            await joined.join(ann, 1, frozenset({"r"}))

    async def within_a_minute() -> None:
        await asyncio.wait_for(one_after_the_other(), 60)

    awaited(within_a_minute())
