"""Leases: what a silent run, a dead agent and a restarted server do to a config handed out."""

import threading
from types import SimpleNamespace

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import CellState
from sweepd.domain.users import Caller
from sweepd.services.streams.lines import StreamPost
from sweepd.services.sweeps import leases
from sweepd.services.sweeps.commands import Command
from sweepd.store import cells, runs
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    beat,
    begin,
    end,
    log,
    make_sweep,
    next_run,
    register,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


ONE = """
method: grid
program: train.py
metric: {name: loss}
parameters: {a: {values: [1]}}
"""


@pytest.mark.slow
def test_killed_agents_config_goes_out_again_within_two_minutes_and_never_while_its_run_beats(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    lost = next_run(parts, ann, register(parts, ann, sweep))
    beating = next_run(parts, ann, register(parts, ann, sweep))  # its agent dies, its run lives
    other = register(parts, ann, sweep)
    got = []
    for _ in range(24):  # two minutes, looked at every 5 s as the server does
        clock.forward(5)
        log(parts, ann, str(beating.run_id), 0, 1.0)
        parts.leases.expire()
        for command in beat(parts, ann, other):
            if command.kind == "run":
                begin(parts, ann, str(command.run_id))
                end(parts, ann, str(command.run_id))
                got.append(command.config)
    assert lost.config in got
    assert beating.config not in got


def test_downtime_of_the_server_costs_a_silent_run_no_lease(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    run = next_run(parts, ann, agent)
    clock.forward(600)
    parts.core.listening.since = clock()  # as after a restart
    beat(parts, ann, agent)  # the agent is heard before the run's client is
    with parts.core.db.read() as connection:
        found = runs.find_run(connection, sweep.project_pk, str(run.run_id))
        reserved = cells.list_cells(connection, sweep.pk, [CellState.RESERVED])
    assert found is not None
    assert found.state is RunState.RUNNING
    assert found.cell_pk in [cell.pk for cell in reserved]


def test_run_that_never_starts_is_sent_again_then_given_up(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [first] = beat(parts, ann, agent)
    [second] = beat(parts, ann, agent)
    [third] = beat(parts, ann, agent)
    assert first.run_id == second.run_id != third.run_id
    assert third.config == first.config
    states = [point.state for point in parts.services.sweeps.points(sweep)]
    assert states == [RunState.FAILED, RunState.PENDING]


def test_silent_run_of_a_silent_agent_goes_to_another(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    dead, alive = register(parts, ann, sweep), register(parts, ann, sweep)
    [lost] = beat(parts, ann, dead)
    assert lost.run_id
    begin(parts, ann, lost.run_id)
    clock.forward(70)
    assert parts.leases.expire() == []
    clock.forward(10)
    assert [run.run_id for run in parts.leases.expire()] == [lost.run_id]
    [command] = beat(parts, ann, alive)
    assert command.config == lost.config
    assert command.run_id != lost.run_id


def test_run_that_beats_is_never_taken_back(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    [command] = beat(parts, ann, register(parts, ann, sweep))
    assert command.run_id
    begin(parts, ann, command.run_id)
    for _ in range(20):
        clock.forward(30)
        parts.services.history.append(ann, "ann", "p", command.run_id, StreamPost())
        assert parts.leases.expire() == []


@pytest.mark.slow
def test_run_whose_agent_still_has_it_is_never_taken_back(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    for _ in range(100):
        clock.forward(5)
        assert beat(parts, ann, agent, command.run_id) == []
        assert parts.leases.expire() == []


def test_late_results_of_a_lost_run_are_kept_and_counted_once(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    sleeper, other = register(parts, ann, sweep), register(parts, ann, sweep)
    [slept] = beat(parts, ann, sleeper)
    assert slept.run_id
    begin(parts, ann, slept.run_id)
    clock.forward(200)
    parts.leases.expire()
    [again] = beat(parts, ann, other)
    assert again.config == slept.config and again.run_id
    begin(parts, ann, again.run_id)
    log(parts, ann, slept.run_id, 0, 0.5)
    end(parts, ann, slept.run_id)
    end(parts, ann, again.run_id)
    assert len(work_off(parts, ann, other)) == 5
    points = parts.services.sweeps.points(sweep)
    assert [point.state for point in points] == [RunState.FINISHED] * 7
    assert state_of(parts, ann, sweep).n_cells == 6


def test_preempted_run_is_resumed_under_its_own_id(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent, other = register(parts, ann, sweep), register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    parts.services.history.append(ann, "ann", "p", command.run_id, StreamPost(is_preempting=True))
    end(parts, ann, command.run_id, exitcode=1)
    [resumed] = beat(parts, ann, other)
    assert (resumed.kind, resumed.run_id) == ("resume", command.run_id)


def lose(parts: server.Parts, clock: FakeClock) -> None:
    """Whoever runs now falls silent, the agents too."""
    clock.forward(400)
    parts.leases.expire()


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_config_a_machine_loses_goes_out_as_often_as_the_file_says(
    parts: server.Parts, ann: Caller, clock: FakeClock, retries: int
) -> None:
    text = f"sweepd: {{retries: {retries}, breaker: 0}}\n"
    sweep = make_sweep(parts, ann, ONE + text)
    n_given = 0
    while beat(parts, ann, register(parts, ann, sweep)) != [Command("exit")]:
        lose(parts, clock)
        n_given += 1
        assert n_given < 9
    assert n_given == 1 + retries
    with parts.core.db.read() as connection:
        [cell] = cells.list_cells(connection, sweep.pk)
    assert (cell.state, cell.n_lost, cell.n_attempts) == (CellState.FAILED, n_given, n_given)


@pytest.mark.parametrize(("is_asked", "state"), [(True, RunState.KILLED), (False, None)])
def test_run_that_was_told_to_stop_and_falls_silent_has_done_its_config(
    parts: server.Parts, ann: Caller, clock: FakeClock, is_asked: bool, state: RunState | None
) -> None:
    """Its result counts; a run that nobody stopped gives its config back."""
    sweep = make_sweep(parts, ann, ONE)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    if is_asked:
        run = parts.services.runs.get(ann, None, "p", run_id)
        assert parts.services.runs.stop(ann, run.pk)
    lose(parts, clock)
    assert parts.services.runs.get(ann, None, "p", run_id).state == (state or RunState.CRASHED)
    kinds = [command.kind for command in beat(parts, ann, register(parts, ann, sweep))]
    assert kinds == (["exit"] if is_asked else ["run"])
    with parts.core.db.read() as connection:
        [cell] = cells.list_cells(connection, sweep.pk)
    assert cell.state is (CellState.DONE if is_asked else CellState.RESERVED)


def test_run_that_a_stopped_script_ends_has_done_its_config(
    parts: server.Parts, ann: Caller
) -> None:
    """A stopped script ends with whatever code; only one nobody stopped has failed by it."""
    sweep = make_sweep(parts, ann, ONE)
    agent = register(parts, ann, sweep)
    run_id = str(next_run(parts, ann, agent).run_id)
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run_id).pk)
    end(parts, ann, run_id, exitcode=1)
    assert parts.services.runs.get(ann, None, "p", run_id).state is RunState.KILLED
    assert beat(parts, ann, agent) == [Command("exit")]
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed", "crashed"]) == 0


@pytest.mark.parametrize(("slept_s", "is_lost"), [(0.0, True), (119.0, True), (121.0, False)])
def test_server_that_was_stopped_for_a_while_listens_anew(
    parts: server.Parts, ann: Caller, clock: FakeClock, slept_s: float, is_lost: bool
) -> None:
    """SIGSTOP, a suspended laptop: nobody could be heard, so nobody was silent."""
    sweep = make_sweep(parts, ann)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    clock.forward(300)
    parts.leases.look(slept_s)
    run = parts.services.runs.get(ann, None, "p", run_id)
    assert run.state is (RunState.CRASHED if is_lost else RunState.RUNNING)
    if not is_lost:
        clock.forward(76)
        parts.leases.look(5.0)
        run = parts.services.runs.get(ann, None, "p", run_id)
        assert run.state is RunState.CRASHED, "an hour later it is silent as any other"


def test_each_look_is_told_how_long_ago_the_last_one_was(
    parts: server.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on while this process is stopped, counted from the start."""
    at = iter([1000.0, 1130.0, 1135.0])
    told: list[float] = []
    enough = threading.Event()

    class Looking(leases.Leases):
        def look(self, elapsed_s: float) -> None:
            told.append(elapsed_s)
            if len(told) == 2:
                enough.set()

    monkeypatch.setattr(leases, "TICK_S", 0.001)
    looking = Looking(parts.core)
    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=lambda: next(at, 2000.0)))
    looking.start()
    try:
        assert enough.wait(60)
    finally:
        looking.stop()
    assert told[:2] == [130.0, 5.0]
