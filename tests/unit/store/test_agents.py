"""Agents: found, heard of, counted."""

import pytest

from sweepd.domain.paging import Start
from sweepd.domain.runs import LIVE, RunState
from sweepd.store import agents
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_an_agent_is_as_it_was_made_and_last_heard_of(world: World) -> None:
    sweep = world.sweep()
    made = agents.create_agent(world.connection, sweep, "a", "host", world.ann, at(1))
    assert agents.find_agent(world.connection, made.pk) == made
    assert (made.entity, made.heartbeat_at, made.exited_at, made.n_runs) == (
        "ann",
        at(1),
        None,
        None,
    )
    heard = agents.touch_agent(world.connection, made, {"r2", "r1"}, at(5), False)
    assert (heard.alive_runs, heard.heartbeat_at, heard.exited_at) == (("r1", "r2"), at(5), None)
    assert agents.find_agent(world.connection, made.pk) == heard
    left = agents.touch_agent(world.connection, heard, (), at(6), True)
    assert (left.alive_runs, left.exited_at) == ((), at(6))
    again = agents.touch_agent(world.connection, left, (), at(9), False)
    assert (again.exited_at, again.heartbeat_at) == (at(6), at(9))
    assert agents.find_agent(world.connection, made.pk + 1) is None


def test_an_agent_is_told_whether_any_live_run_of_its_should_stop(world: World) -> None:
    c = world.connection

    def is_any_stopping(state: RunState, **values: object) -> bool:
        agent = agents.create_agent(c, world.sweep(), "a", "h", world.ann, at(0)).pk
        world.run(agent_pk=agent, state=state, **values)
        found = agents.find_beating(c, agent)
        assert found is not None and found[0].pk == agent
        return found[1]

    told = {state: is_any_stopping(state, stop_requested=True) for state in RunState}
    assert {state for state, is_told in told.items() if is_told} == LIVE
    assert not is_any_stopping(RunState.RUNNING, stop_requested=False)
    assert not is_any_stopping(RunState.RUNNING, stop_requested=True, deleted_at=at(1))
    assert agents.find_beating(c, 10**6) is None


def test_agents_of_a_sweep_come_oldest_first_with_their_runs_counted(world: World) -> None:
    sweep, other = world.sweep(), world.sweep()
    pks = [
        agents.create_agent(world.connection, s, f"a{i}", "h", world.ann, at(0)).pk
        for i, s in enumerate((sweep, other, sweep))
    ]
    for agent_pk in (pks[2], pks[2], pks[1]):
        world.run(agent_pk=agent_pk)
    listed = agents.list_agents(world.connection, sweep.pk)
    assert [(agent.pk, agent.n_runs) for agent in listed] == [(pks[0], 0), (pks[2], 2)]
    items = agents.of_sweep(sweep.pk).fetch(world.connection, Start(), None)
    assert [agent for _, agent in items] == listed
    rest = agents.of_sweep(sweep.pk).fetch(world.connection, Start(items[0][0]), 5)
    assert [agent.pk for _, agent in rest] == [pks[2]]


def test_active_are_those_heard_of_since_and_not_told_to_leave(world: World) -> None:
    sweep, other = world.sweep(), world.sweep()
    for n, (place, seconds, leaves) in enumerate(
        [
            (sweep, 8, False),
            (sweep, 9, False),
            (sweep, 10, False),
            (sweep, 20, False),
            (sweep, 20, True),
            (other, 20, False),
        ]
    ):
        made = agents.create_agent(world.connection, place, f"a{n}", "h", world.ann, at(0))
        agents.touch_agent(world.connection, made, (), at(seconds), leaves)
    assert agents.count_active(world.connection, sweep.pk, at(10)) == 2
