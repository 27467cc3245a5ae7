"""Hand-out: every config once, the cap never exceeded, nothing lost; agents are told to leave."""

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sweepd import server
from sweepd.domain.runs import LIVE
from sweepd.domain.sweeps import OPEN_CELLS, UNCOUNTED_CELLS, CellState, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.commands import Command
from sweepd.store import cells, sweep_runs, sweeps
from tests.conftest import FakeClock, build_parts
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    edit,
    end,
    make_sweep,
    register,
    set_state,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


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


class HandOut(RuleBasedStateMachine):
    """Agents, heartbeats, crashes, returns and time in any order."""

    run_cap: int | None = None

    @initialize(
        method=st.sampled_from(["grid", "distinct random", "random"]),
        cap=st.sampled_from([None, 4]),
    )
    def create(self, method: str, cap: int | None) -> None:
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.parts = build_parts(Path(self.folder.name), self.clock)
        self.parts.services.users.add_user("ann")
        self.ann = self.parts.services.users.get_caller("ann")
        self.may_repeat = method == "random"  # it draws with replacement, so only a cap ends it
        self.cap = cap = 4 if self.may_repeat else cap
        text = GRID.replace("method: grid", f"method: {method.removeprefix('distinct ')}")
        extras = "distinct: true, " if method == "distinct random" else ""
        self.text = (
            text + (f"run_cap: {cap}\n" if cap else "") + f"sweepd: {{{extras}breaker: 0}}\n"
        )
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
                for run in sweep_runs.list_sweep_runs(connection, self.sweep.pk)
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
                for run in sweep_runs.list_sweep_runs(connection, self.sweep.pk)
                if run.state in LIVE
            ]
        assert sweep is not None
        assert sweep.n_cells == sum(cell.state not in UNCOUNTED_CELLS for cell in found)
        assert sweep.n_open == sum(cell.state in OPEN_CELLS for cell in found)
        assert self.may_repeat or len({cell.config for cell in found}) == len(found)
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


test_any_order_of_events_keeps_the_promises = pytest.mark.slow(HandOut.TestCase)
