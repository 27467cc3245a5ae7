"""Hand-out: every config once, the cap never exceeded, nothing lost; agents are told to leave."""

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import LIVE, RunState
from sweepd.domain.sweeps import OPEN_CELLS, UNCOUNTED_CELLS, CellState, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.scheduling import Command
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.settings import Settings
from sweepd.store import cells, runs, sweeps
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    edit,
    end,
    log,
    make_sweep,
    register,
    set_state,
    state_of,
    work_off,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Hand-out promises the same on both databases."""
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))


def test_grid_hands_out_each_config_once_in_order_and_ends(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    assert len(work_off(parts, ann, agent)) == 6
    configs = [json.loads(point.config) for point in parts.services.sweeps.points(sweep)]
    assert configs == [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y")]
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


def test_heartbeat_sent_twice_reserves_once(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    first, again = beat(parts, ann, agent), beat(parts, ann, agent)
    assert first == again
    assert state_of(parts, ann, sweep).n_cells == 1


def test_what_a_script_writes_into_its_config_changes_no_cell(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    change = RunChange(config='{"a": {"value": 3}, "b": {"value": "y"}}', host="host")
    parts.services.runs.upsert(ann, None, "p", command.run_id, change)
    end(parts, ann, command.run_id)
    assert len(work_off(parts, ann, agent)) == 5


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


def test_failed_script_is_handed_out_again_only_on_request(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    end(parts, ann, command.run_id, exitcode=1)
    assert len(work_off(parts, ann, agent)) == 5
    assert parts.services.sweeps.retry(ann, sweep.pk, ["failed"]) == 1
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1


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


def test_paused_sweep_answers_with_nothing_and_goes_on(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state="PAUSED"))
    assert beat(parts, ann, agent) == []
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state="RUNNING"))
    assert [command.kind for command in beat(parts, ann, agent)] == ["run"]


def test_cancel_stops_runs_and_sends_agents_home(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state="CANCELED"))
    assert log(parts, ann, command.run_id, 0, 0.5), "the file stream says stop"
    clock.forward(21)
    assert beat(parts, ann, agent, command.run_id) == [Command("stop", command.run_id)]
    end(parts, ann, command.run_id, exitcode=255)
    assert beat(parts, ann, agent) == [Command("exit")]
    assert [p.state for p in parts.services.sweeps.points(sweep)] == [RunState.KILLED]


def test_target_ends_the_sweep_when_the_number_arrives(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("goal: minimize", "goal: minimize, target: 0.1"))
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    log(parts, ann, command.run_id, 0, 0.5, 0.05)
    found = state_of(parts, ann, sweep)
    assert found.state is SweepState.FINISHED
    assert "0.05" in found.state_reason


def test_hyperband_stops_a_run_on_arrival_with_its_reason(parts: server.Parts, ann: Caller) -> None:
    rule = "early_terminate: {type: hyperband, min_iter: 2, eta: 2}\n"
    sweep = make_sweep(parts, ann, GRID + rule)
    good, bad = register(parts, ann, sweep), register(parts, ann, sweep)
    [first], [second] = beat(parts, ann, good), beat(parts, ann, bad)
    assert first.run_id and second.run_id
    begin(parts, ann, first.run_id)
    begin(parts, ann, second.run_id)
    assert not log(parts, ann, first.run_id, 0, 0.5, 0.1)
    assert not log(parts, ann, second.run_id, 0, 0.9)
    # Of two values the threshold is the second best, which the worse run equals, not exceeds.
    assert not log(parts, ann, second.run_id, 1, 0.8)
    third_agent = register(parts, ann, sweep)
    [third] = beat(parts, ann, third_agent)
    assert third.run_id
    begin(parts, ann, third.run_id)
    assert log(parts, ann, third.run_id, 0, 0.9, 0.95)
    run = parts.services.runs.get(ann, "ann", "p", third.run_id)
    assert run.stop_reason is not None and "hyperband" in run.stop_reason


def test_nan_is_a_warning_and_hand_out_goes_on(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    line = '{"_step": 0, "loss": NaN}'
    parts.services.history.append(
        ann, "ann", "p", command.run_id, StreamPost(history=Lines(0, [line]))
    )
    end(parts, ann, command.run_id)
    assert [c.kind for c in beat(parts, ann, agent)] == ["run"]
    warnings = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert any("NaN" in message for message in warnings)


def test_queued_config_goes_first_and_keeps_its_run(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    run = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "y"})
    [command] = beat(parts, ann, register(parts, ann, sweep))
    assert (command.run_id, command.config) == (run.run_id, {"a": 3, "b": "y"})


def test_edit_keeps_what_was_done_and_adds_the_rest(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    wider = GRID.replace("[1, 2, 3]", "[2, 3, 4]")
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(config_yaml=wider))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 2


def test_random_in_a_finite_space_never_repeats_and_ends(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("method: grid", "method: random"))
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    configs = {point.config for point in parts.services.sweeps.points(sweep)}
    assert len(configs) == 6


def test_same_seed_gives_the_same_random_sequence(parts: server.Parts, ann: Caller) -> None:
    text = "method: random\nrun_cap: 5\nparameters: {x: {min: 0.0, max: 1.0}}\nsweepd: {seed: 7}\n"
    found = []
    for _ in range(2):
        sweep = make_sweep(parts, ann, text)
        work_off(parts, ann, register(parts, ann, sweep))
        found.append([point.config for point in parts.services.sweeps.points(sweep)])
    assert found[0] == found[1]
    assert len(set(found[0])) == 5


def test_deleted_sweep_tells_its_agents_with_not_found(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    parts.services.sweeps.delete(ann, sweep.pk)
    with pytest.raises(NotFound):
        beat(parts, ann, agent)


def test_sweeps_of_another_entity_do_not_exist(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    with pytest.raises(NotFound):
        register(parts, bob, sweep)
    with pytest.raises(NotFound):
        beat(parts, bob, agent)
    with pytest.raises(NotFound):
        parts.services.sweeps.get(bob, "ann", "p", sweep.sweep_id)


class HandOut(RuleBasedStateMachine):
    """Agents, heartbeats, crashes, returns and time in any order."""

    run_cap: int | None = None

    @initialize(method=st.sampled_from(["grid", "random"]), cap=st.sampled_from([None, 4]))
    def create(self, method: str, cap: int | None) -> None:
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.parts = server.build(Settings(data=Path(self.folder.name)), self.clock)
        self.parts.services.users.add_user("ann")
        self.ann = self.parts.services.users.get_caller("ann")
        self.cap = cap
        text = GRID.replace("method: grid", f"method: {method}")
        self.text = text + (f"run_cap: {cap}\n" if cap else "") + "sweepd: {breaker: 0}\n"
        self.sweep = make_sweep(self.parts, self.ann, self.text)
        self.agents: dict[int, str | None] = {}
        self.orphans: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "parts"):
            try:
                self.finish()
            finally:
                self.parts.core.db.close()
                self.folder.cleanup()

    @rule()
    def join(self) -> None:
        if len(self.agents) < 5:
            self.agents[register(self.parts, self.ann, self.sweep)] = None

    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        if not self.agents:
            return
        agent = data.draw(st.sampled_from(sorted(self.agents)))
        run_id = self.agents[agent]
        for command in beat(self.parts, self.ann, agent, *([run_id] if run_id else [])):
            self.begin_on(agent, command)
            if command.kind == "exit":
                del self.agents[agent]

    @rule(data=st.data(), exitcode=st.sampled_from([0, 0, 1, 255]))
    def end_a_run(self, data: st.DataObject, exitcode: int) -> None:
        busy = sorted(agent for agent, run_id in self.agents.items() if run_id)
        if busy:
            agent = data.draw(st.sampled_from(busy))
            end(self.parts, self.ann, str(self.agents[agent]), exitcode)
            self.agents[agent] = None

    @rule(data=st.data())
    def lose_an_agent(self, data: st.DataObject) -> None:
        if self.agents:
            agent = data.draw(st.sampled_from(sorted(self.agents)))
            run_id = self.agents.pop(agent)
            if run_id:
                self.orphans.append(run_id)

    @rule(data=st.data())
    def an_orphan_ends_late(self, data: st.DataObject) -> None:
        if self.orphans:
            run_id = data.draw(st.sampled_from(self.orphans))
            self.orphans.remove(run_id)
            end(self.parts, self.ann, run_id)

    @rule(seconds=st.sampled_from([5, 40, 100]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        for agent, run_id in self.agents.items():
            if run_id:
                beat(self.parts, self.ann, agent, run_id)
        self.parts.leases.expire()

    @rule()
    def pause_and_resume(self) -> None:
        if state_of(self.parts, self.ann, self.sweep).state is SweepState.RUNNING:
            set_state(self.parts, self.ann, self.sweep, "PAUSED")
            for agent, run_id in self.agents.items():
                if not run_id:
                    commands = beat(self.parts, self.ann, agent)
                    assert all(command.kind in ("run", "stop") for command in commands)
                    for command in commands:  # only what was handed out before, said again
                        self.begin_on(agent, command)
            set_state(self.parts, self.ann, self.sweep, "RUNNING")

    @rule()
    def take_a_value_out_and_put_it_back(self) -> None:
        edit(self.parts, self.ann, self.sweep, self.text.replace("[1, 2, 3]", "[1, 3]"))
        edit(self.parts, self.ann, self.sweep, self.text)

    @rule(data=st.data(), keep=st.booleans())
    def delete_a_run(self, data: st.DataObject, keep: bool) -> None:
        with self.parts.core.db.read() as connection:
            ended = [
                run
                for run in runs.list_sweep_runs(connection, self.sweep.pk)
                if run.state not in LIVE and run.run_id not in self.orphans
            ]
        if ended:
            run = data.draw(st.sampled_from(ended))
            self.parts.services.runs.delete(self.ann, run.pk, keep_config=keep)
            if data.draw(st.booleans()):
                self.parts.services.runs.undelete(self.ann, run.pk)

    def begin_on(self, agent: int, command: Command) -> None:
        if command.kind == "run":
            assert command.run_id
            begin(self.parts, self.ann, command.run_id)
            self.agents[agent] = command.run_id

    @rule()
    def retry_failed(self) -> None:
        self.parts.services.sweeps.retry(self.ann, self.sweep.pk, ["failed", "crashed"])

    @invariant()
    def counts_are_true(self) -> None:
        if not hasattr(self, "parts"):
            return
        with self.parts.core.db.read() as connection:
            found = cells.list_cells(connection, self.sweep.pk)
            sweep = sweeps.find_sweep_by_pk(connection, self.sweep.pk)
            live = [
                run.cell_pk
                for run in runs.list_sweep_runs(connection, self.sweep.pk)
                if run.state in LIVE
            ]
        assert sweep is not None
        assert sweep.n_cells == sum(cell.state not in UNCOUNTED_CELLS for cell in found)
        assert sweep.n_open == sum(cell.state in OPEN_CELLS for cell in found)
        assert len({cell.config for cell in found}) == len(found)
        assert sweep.n_cells <= (self.cap or 6)
        for cell in found:
            if cell.state is CellState.RESERVED:
                assert cell.pk in live, "a reserved config has somebody working on it"

    def finish(self) -> None:
        """One patient agent finishes whatever is left: the sweep ends with exactly N configs."""
        for run_id in self.orphans:
            end(self.parts, self.ann, run_id)
        self.agents.clear()
        self.clock.forward(300)
        self.parts.leases.expire()
        if state_of(self.parts, self.ann, self.sweep).state is not SweepState.RUNNING:
            set_state(self.parts, self.ann, self.sweep, "RUNNING")  # a freed config waits for it
        agent = register(self.parts, self.ann, self.sweep)
        work_off(self.parts, self.ann, agent)
        sweep = state_of(self.parts, self.ann, self.sweep)
        assert sweep.state is SweepState.FINISHED
        assert sweep.n_cells == (self.cap or 6)


HandOut.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_any_order_of_events_keeps_the_promises = HandOut.TestCase
