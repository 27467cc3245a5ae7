"""What each agent is told, and when an agent counts as lost."""

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import Agent, AgentState, CellState, SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.commands import STOP_GRACE_S, Command
from sweepd.services.sweeps.scheduling import MAX_DELIVERIES
from sweepd.store import cells
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
)

ONE = "method: grid\nprogram: t.py\nparameters: {a: {values: [1]}}\n"


def agent_of(parts: server.Parts, ann: Caller, pk: int) -> Agent:
    [sweep] = parts.services.sweeps.list_all(
        parts.services.sweeps.project(parts.services.sweeps.get_by_pk(ann, 1))
    )
    return next(agent for agent in parts.services.sweeps.agents(sweep) if agent.pk == pk)


def test_agent_is_lost_after_a_minute_of_silence_and_finished_once_told_to_leave(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, ONE)
    pk = register(parts, ann, sweep)
    state = lambda: parts.services.scheduling.agent_state(agent_of(parts, ann, pk))  # noqa: E731
    assert state() is AgentState.RUNNING
    clock.forward(59.9)
    assert state() is AgentState.RUNNING
    clock.forward(0.1)
    assert state() is AgentState.LOST
    run_id = str(next_run(parts, ann, pk).run_id)
    assert state() is AgentState.RUNNING
    clock.forward(61)
    parts.core.listening.since = clock()  # the server was down
    assert state() is AgentState.RUNNING
    end(parts, ann, run_id)
    assert beat(parts, ann, pk) == [Command("exit")]
    assert state() is AgentState.FINISHED
    agent = agent_of(parts, ann, pk)
    assert (agent.exited_at, agent.heartbeat_at) == (clock(), clock())
    clock.forward(5)
    beat(parts, ann, pk)
    assert agent_of(parts, ann, pk).exited_at == clock()


def test_first_agent_begins_a_sweep_and_says_so(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    register(parts, ann, sweep)
    found = state_of(parts, ann, sweep)
    assert (found.state, found.state_reason) == (SweepState.RUNNING, "an agent on host began")
    set_state(parts, ann, sweep, "PAUSED")
    register(parts, ann, sweep)
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED
    with pytest.raises(NotFound, match="no sweep ann/p/none"):
        parts.services.scheduling.register_agent(ann, "ann", "p", "none", "host")


def test_alive_runs_of_an_agent_are_kept(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    pk = register(parts, ann, sweep)
    assert beat(parts, ann, pk, "b", "a") == []
    assert agent_of(parts, ann, pk).alive_runs == ("a", "b")
    beat(parts, ann, pk)
    assert agent_of(parts, ann, pk).alive_runs == ()


def test_a_script_has_twenty_seconds_to_stop_by_itself(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    pk = register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, pk).run_id)
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run_id).pk)
    for seconds in (0.0, STOP_GRACE_S - 0.1):
        clock.forward(seconds)
        assert beat(parts, ann, pk, run_id) == []
    clock.forward(0.1)
    assert beat(parts, ann, pk, run_id) == [Command("stop", run_id)]
    assert beat(parts, ann, pk, run_id, "other") == [Command("stop", run_id)]
    assert beat(parts, ann, pk, "other") == [], "it has no such process"


def test_a_run_that_never_began_is_stopped_at_once(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    pk = register(parts, ann, sweep)
    [command] = beat(parts, ann, pk)
    run_id = str(command.run_id)
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run_id).pk)
    assert beat(parts, ann, pk, run_id) == [Command("stop", run_id)]


def test_runs_of_other_agents_are_not_stopped_here(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    pk, other = register(parts, ann, sweep), register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, pk).run_id)
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run_id).pk)
    clock.forward(30)
    assert beat(parts, ann, other, run_id) == []


def test_an_answer_that_was_lost_is_given_again_so_often(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, ONE + "sweepd: {retries: 0, breaker: 0}\n")
    pk = register(parts, ann, sweep)
    answers = [beat(parts, ann, pk) for _ in range(MAX_DELIVERIES)]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0] == [Command("run", answers[0][0].run_id, "t.py", {"a": 1})]
    assert beat(parts, ann, pk) == [Command("exit")], "given up, and nothing is left"
    run = parts.services.runs.get(ann, None, "p", str(answers[0][0].run_id))
    why = "never started: the script ended before it called wandb.init"
    assert (run.state, run.stop_reason) == (RunState.FAILED, why)
    [warning] = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert warning == f"run {run.run_id} {why}; read the agent's output on host"


@pytest.mark.parametrize(
    ("state", "answer"), [("PAUSED", []), ("FINISHED", ["exit"]), ("CANCELED", ["exit"])]
)
def test_nothing_is_given_again_once_the_sweep_runs_no_more(
    parts: server.Parts, ann: Caller, state: str, answer: list[str]
) -> None:
    sweep = make_sweep(parts, ann)
    pk = register(parts, ann, sweep)
    beat(parts, ann, pk)
    set_state(parts, ann, sweep, state)
    assert [c.kind for c in beat(parts, ann, pk)] == answer


def test_agent_with_a_run_that_began_waits_until_that_is_settled(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    """Its process is gone and its run not yet silent: another config goes out meanwhile."""
    sweep = make_sweep(parts, ann)
    pk = register(parts, ann, sweep)
    first = next_run(parts, ann, pk)
    [second] = beat(parts, ann, pk)
    assert (second.kind, second.run_id != first.run_id) == ("run", True)


def test_config_put_in_by_hand_begins_a_sweep_whose_agents_wait(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID.replace("method: grid", "method: custom") + "controller: {type: local}\n"
    sweep = make_sweep(parts, ann, text)
    pk = register(parts, ann, sweep)
    assert beat(parts, ann, pk) == []
    run = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"})
    assert beat(parts, ann, pk) == [Command("run", run.run_id, "train.py", {"a": 1, "b": "x"})]
    with parts.core.db.read() as connection:
        [cell] = cells.list_cells(connection, sweep.pk)
    assert (cell.state, cell.n_attempts, cell.run_id) == (CellState.RESERVED, 1, None)


def test_run_queued_by_hand_that_is_deleted_gets_a_fresh_one(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    run = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 1, "b": "x"})
    with parts.core.db.read() as connection:
        [before] = cells.list_cells(connection, sweep.pk)
    assert before.run_id == run.run_id
    parts.services.runs.delete(ann, run.pk)
    [command] = beat(parts, ann, register(parts, ann, sweep))
    assert command.config == {"a": 1, "b": "x"}
    assert command.run_id != run.run_id


def test_sweep_without_a_program_pauses_with_its_config_kept(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, ONE.replace("program: t.py\n", ""))
    pk = register(parts, ann, sweep)
    for _ in range(MAX_DELIVERIES + 1):
        beat(parts, ann, pk)
    with parts.core.db.read() as connection:
        [cell] = cells.list_cells(connection, sweep.pk)
    assert (cell.state, cell.n_lost) == (CellState.QUEUED, 1)
    warnings = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert warnings[-1].startswith("paused: this sweep names no program")
    begin(parts, ann, "other")
    set_state(parts, ann, sweep, "RUNNING")
    assert [c.kind for c in beat(parts, ann, pk)] == ["run"]


def test_runs_of_a_sweep_are_numbered_as_attempts(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    names = [
        parts.services.runs.get(
            ann, None, "p", str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
        ).display_name
        for _ in range(3)
    ]
    assert [name.rsplit("-", 1)[1] for name in names] == ["1", "2", "3"]
    assert all("-sweep-" in name for name in names)
