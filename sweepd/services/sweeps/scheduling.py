"""Hand-out: which run an agent does next, and when it may leave.

Choosing and reserving happen in one write transaction per heartbeat, so two agents asking at once
never get the same config, and a heartbeat that is sent again reserves nothing more.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sweepd.domain.errors import NotFound
from sweepd.domain.ids import new_short_id
from sweepd.domain.paging import BEGINNING, Page, Start
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Agent, AgentState, Cell, CellState, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search.errors import SearchError
from sweepd.search.grammar.sections import NO_PROGRAM
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.services.sweeps import (
    breaker,
    cell_states,
    endings,
    leases,
    lifecycle,
    specs,
    sweep_states,
    time_budget,
)
from sweepd.services.sweeps import next_config as candidates
from sweepd.services.sweeps.commands import Command, CommandKind, run_command, stops_of
from sweepd.services.sweeps.proposals import Proposals
from sweepd.store import agents, cells, first_reads, run_listings, runs, sweep_events, sweeps
from sweepd.store.database import Connection

MAX_DELIVERIES = 2  # a run the agent never showed is sent again this often


class Scheduling:
    """Answers heartbeats."""

    def __init__(self, core: Core, proposals: Proposals) -> None:
        self._core = core
        self._proposals = proposals

    def register_agent(
        self, caller: Caller, entity: str | None, project: str | None, sweep_id: str, host: str
    ) -> Agent:
        """A new agent of a sweep; the sweep leaves PENDING.

        Raises:
            NotFound: No such sweep.
        """

        def register(connection: Connection) -> Agent:
            sweep = access.get_sweep(connection, caller, entity, project, sweep_id)
            at = self._core.now()
            if sweep.state is SweepState.PENDING:
                sweep_states.set_sweep_state(
                    connection,
                    sweep,
                    SweepState.RUNNING,
                    f"an agent on {host} began",
                    caller.name,
                    at,
                )
            return agents.create_agent(connection, sweep, new_short_id(), host, caller.user_pk, at)

        agent = self._core.db.write(register)
        self._proposals.want(agent.sweep_pk)
        self._core.changes.touch("sweep", agent.sweep_pk)
        return agent

    async def heartbeat(
        self, caller: Caller, agent_pk: int, alive_runs: frozenset[str]
    ) -> tuple[Agent, list[Command]]:
        """What the agent should do now, with the agent as it is after this.

        It waits for the database on the event loop, not in a thread.

        Args:
            alive_runs: Ids of the runs whose processes the agent has.

        Raises:
            NotFound: The agent's sweep was deleted; the agent leaves by itself.
        """
        run_id = "" if alive_runs else new_short_id()
        heartbeat = self._heartbeat_of(caller, agent_pk, alive_runs, run_id)
        if alive_runs:
            work = self._core.db.write_async(heartbeat, partial(first_reads.of_heartbeat, agent_pk))
        else:
            first = partial(first_reads.of_hand_out, agent_pk, run_id)
            work = self._core.db.write_async(heartbeat, first, takes_sweep=True)
        agent, commands = await work
        if any(command.kind is not CommandKind.STOP for command in commands):
            self._core.changes.touch("sweep", agent.sweep_pk)
        if not alive_runs:  # it took a config, or waits for one
            self._proposals.want(agent.sweep_pk)
        return agent, commands

    def agent_state(self, agent: Agent) -> AgentState:
        """Whether an agent works, has left, or has not been heard of for too long."""
        if agent.exited_at is not None:
            return AgentState.FINISHED
        listening, heard = self._core.listening, agent.heartbeat_at or agent.created_at
        is_lost = listening.silence_s(heard, self._core.now()) >= listening.agent_silent_s
        return AgentState.LOST if is_lost else AgentState.RUNNING

    def _heartbeat_of(
        self, caller: Caller, agent_pk: int, alive_runs: frozenset[str], run_id: str
    ) -> Callable[[Connection], tuple[Agent, list[Command]]]:
        def heartbeat(connection: Connection) -> tuple[Agent, list[Command]]:
            found = agents.find_beating(connection, agent_pk)
            if found is None:
                raise NotFound(access.NO_SWEEP)
            agent, is_any_stopping = found
            access.check_member(caller, agent.entity)
            at = self._core.now()
            if alive_runs:
                commands = stops_of(connection, agent, alive_runs, at) if is_any_stopping else []
            else:
                commands = self._next_commands(connection, agent, caller, run_id, at)
            is_leaving = any(command.kind is CommandKind.EXIT for command in commands)
            return agents.touch_agent(connection, agent, alive_runs, at, is_leaving), commands

        return heartbeat

    def agent_runs(
        self,
        agent: Agent,
        newest_first: bool = False,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Run]:
        """A page of the runs an agent was given; the caller has found the agent."""
        return read_page(self._core, run_listings.of_agent(agent.pk, newest_first), start, first)

    def _next_commands(
        self, connection: Connection, agent: Agent, caller: Caller, run_id: str, at: datetime
    ) -> list[Command]:
        """For an agent without a run.

        Args:
            run_id: Of a new run, unless the project has it.
        """
        sweep = access.get_sweep_by_pk(connection, caller, agent.sweep_pk, lock=True)
        if sweep.state is SweepState.CANCELED:
            return [Command(CommandKind.EXIT)]
        is_any_lost = False
        for run in runs.list_agent_runs(connection, agent.pk, live_only=True):
            if run.state is RunState.PENDING:
                again = self._deliver_again(connection, sweep, agent, run, at)
                if again is not None:
                    return [again]
                is_any_lost = True
            else:
                is_any_lost |= leases.lose_if_silent(self._core, connection, sweep, run, agent, at)
        if is_any_lost:  # a config went back, and the breaker may have paused the sweep
            sweep = sweeps.get_sweep_by_pk(connection, sweep.pk)
        if sweep.state is SweepState.FINISHED:
            return [Command(CommandKind.EXIT)]
        if sweep.state is SweepState.PAUSED:
            return []
        return self._next(connection, sweep, agent, caller, run_id, at)

    def _deliver_again(
        self, connection: Connection, sweep: Sweep, agent: Agent, run: Run, at: datetime
    ) -> Command | None:
        """A run handed out which the agent does not have: our answer was lost, or it died young."""
        if run.deliveries >= MAX_DELIVERIES or sweep.state is not SweepState.RUNNING:
            if specs.spec_of(sweep).lacks_program:
                _refuse_without_program(connection, sweep, run, at)
                return None
            why = "never started: the script ended before it called wandb.init"
            lifecycle.lose_run(connection, run, sweep.retries, why, at)
            sweep_events.append_warning_once(
                connection,
                sweep.pk,
                at,
                f"run {run.run_id} {why}; read the agent's output on {agent.host}",
            )
            breaker.trip_if_alike(connection, sweep.pk, at)
            return None
        cell = cells.get_cell(connection, run.cell_pk)
        runs.update_run(connection, run.pk, {"deliveries": run.deliveries + 1})
        return run_command(CommandKind.RUN, sweep, run.run_id, cell)

    def _next(
        self,
        connection: Connection,
        sweep: Sweep,
        agent: Agent,
        caller: Caller,
        run_id: str,
        at: datetime,
    ) -> list[Command]:
        if time_budget.is_spent(connection, sweep, at):  # nothing can come any more
            endings.finish_if_done(connection, sweep.pk, at)
            return [Command(CommandKind.EXIT)]
        cell = cells.next_queued_cell(connection, sweep.pk)
        if cell is not None and not candidates.is_over_cap(connection, sweep, cell):
            return [self._hand_out_queued(connection, sweep, cell, agent, caller, run_id, at)]
        try:
            new = candidates.reserve_candidate(connection, sweep, self._proposals.take)
        except SearchError as error:
            breaker.pause_for_work(connection, sweep, str(error), at)
            return []
        if new is not None:
            fresh = _fresh_run_id(connection, sweep, run_id)
            lifecycle.add_attempt(connection, sweep, new, fresh, agent.pk, caller.user_pk, at)
            if sweep.state is SweepState.PENDING:
                sweep_states.set_sweep_state(
                    connection, sweep, SweepState.RUNNING, "the first run began", caller.name, at
                )
            return [run_command(CommandKind.RUN, sweep, fresh, new)]
        if endings.finish_if_done(connection, sweep.pk, at):
            return [Command(CommandKind.EXIT)]
        return []

    def _hand_out_queued(
        self,
        connection: Connection,
        sweep: Sweep,
        cell: Cell,
        agent: Agent,
        caller: Caller,
        run_id: str,
        at: datetime,
    ) -> Command:
        taken = cell_states.move_cell(
            connection, cell, CellState.RESERVED, n_attempts=cell.n_attempts + 1, run_id=None
        )
        old = cell.run_id and runs.find_run(connection, sweep.project_pk, cell.run_id)
        if not old:
            fresh = _fresh_run_id(connection, sweep, run_id)
            lifecycle.add_attempt(connection, sweep, taken, fresh, agent.pk, caller.user_pk, at)
            return run_command(CommandKind.RUN, sweep, fresh, taken)
        run = lifecycle.hand_out_again(connection, old, agent.pk, taken.n_attempts, at)
        kind = CommandKind.RUN if run.started_at is None else CommandKind.RESUME
        return run_command(kind, sweep, run.run_id, taken)


def _fresh_run_id(connection: Connection, sweep: Sweep, run_id: str) -> str:
    """The id, or another when the project has it."""
    while runs.is_taken(connection, sweep.project_pk, run_id):
        run_id = new_short_id()
    return run_id


def _refuse_without_program(connection: Connection, sweep: Sweep, run: Run, at: datetime) -> None:
    """An agent started by command cannot run this sweep: fail its run, keep the config, and pause,
    for every other run would fail as well and the sweep look as if it were done."""
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    retries = cell.n_lost + 1 if cell is not None else 0
    lifecycle.lose_run(connection, run, retries, NO_PROGRAM, at)
    sweep_events.append_warning_once(connection, sweep.pk, at, f"paused: {NO_PROGRAM}")
    if sweep.state is SweepState.RUNNING:
        sweep_states.set_sweep_state(connection, sweep, SweepState.PAUSED, NO_PROGRAM, "", at)
