"""Every change of state of a run, and what follows for its cell. Nothing else writes that column;
`cell_states.py` and `sweep_states.py` write those of cells and sweeps.

All functions take the connection of the caller's transaction, so a change and its consequences
(the run ends, its cell goes back, the counts follow) become durable together.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sweepd.domain import transitions
from sweepd.domain.config import wrap
from sweepd.domain.errors import BadInput
from sweepd.domain.memorable import run_name
from sweepd.domain.runs import ENDED, LIVE, Run, RunState, StopOrigin, state_after_exit
from sweepd.domain.sweeps import UNCOUNTED_CELLS, Cell, CellOrigin, CellState, Sweep
from sweepd.services.sweeps import cell_states
from sweepd.store import cells, runs, sweep_runs, sweeps
from sweepd.store.database import Connection


def create_attempt(
    connection: Connection, sweep: Sweep, cell: Cell, run_id: str, user_pk: int | None, at: datetime
) -> Run:
    """A pending run for a queued cell, which no agent has yet."""
    return runs.create_run(connection, _attempt(connection, sweep, cell, run_id, None, user_pk, at))


def add_attempt(
    connection: Connection,
    sweep: Sweep,
    cell: Cell,
    run_id: str,
    agent_pk: int,
    user_pk: int | None,
    at: datetime,
) -> None:
    """A pending run for a reserved cell, handed to an agent with this."""
    runs.add_run(connection, _attempt(connection, sweep, cell, run_id, agent_pk, user_pk, at))


def _attempt(
    connection: Connection,
    sweep: Sweep,
    cell: Cell,
    run_id: str,
    agent_pk: int | None,
    user_pk: int | None,
    at: datetime,
) -> dict[str, Any]:
    number = sweeps.next_run_number(connection, sweep.pk)
    config = wrap(json.loads(cell.config))
    return {
        "project_pk": sweep.project_pk,
        "run_id": run_id,
        "display_name": run_name(number, in_sweep=True),
        "state": RunState.PENDING,
        "sweep_pk": sweep.pk,
        "cell_pk": cell.pk,
        "agent_pk": agent_pk,
        "user_pk": user_pk,
        "attempt": cell.n_attempts,
        "deliveries": 1 if agent_pk is not None else 0,
        "config": json.dumps(config, separators=(",", ":")),
        "created_at": at,
        "updated_at": at,
    }


def hand_out_again(
    connection: Connection, run: Run, agent_pk: int, attempt: int, at: datetime
) -> Run:
    """Give a run that exists (queued by hand, or preempted) to an agent."""
    values: dict[str, Any] = {
        "agent_pk": agent_pk,
        "attempt": attempt,
        "deliveries": 1,
        "is_preempting": False,
    }
    if run.state is not RunState.PENDING:
        return move_run(
            connection, run, RunState.PENDING, at, ended_at=None, exitcode=None, **values
        )
    runs.update_run(connection, run.pk, {**values, "updated_at": at})
    return replace(run, **values, updated_at=at)


def start_run(connection: Connection, run: Run, at: datetime) -> Run:
    """A client sent something for the run: it is running, whatever its state was."""
    if run.state in (RunState.RUNNING, RunState.PREEMPTING):
        return run
    run = move_run(
        connection, run, RunState.RUNNING, at, ended_at=None, started_at=run.started_at or at
    )
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    if cell is not None and cell.state in (
        CellState.QUEUED,
        CellState.FAILED,
        CellState.CANCELED,
        CellState.DROPPED,
    ):
        cell_states.move_cell(connection, cell, CellState.RESERVED)
    return run


_NOT_ENDED: dict[str, Any] = {
    "exitcode": None,
    "is_preempting": False,
    "stop_requested": False,
    "stop_requested_at": None,
    "stop_reason": None,
    "stop_origin": None,
}


def begin_run(connection: Connection, run: Run, at: datetime) -> Run:
    """A client begins the run, or goes on with it: how it ended before holds no longer.

    A stop asked for before the run ever began stays: its client comes too late.
    """
    if run.state in ENDED and run.started_at is not None:
        runs.update_run(connection, run.pk, _NOT_ENDED)
        run = replace(run, **_NOT_ENDED)
    return start_run(connection, run, at)


def mark_preempting(connection: Connection, run: Run, at: datetime) -> Run:
    """The run says that its machine is about to go."""
    if run.state is RunState.PREEMPTING:
        return run
    return move_run(connection, run, RunState.PREEMPTING, at, is_preempting=True)


def end_run(connection: Connection, run: Run, exitcode: int, at: datetime) -> RunState:
    """The run's client said `complete`. Saying it twice changes nothing."""
    state = state_after_exit(exitcode, run.stop_requested, run.is_preempting)
    if run.state is state and run.exitcode == exitcode:
        return state
    if run.state is RunState.PENDING or run.state in ENDED:
        run = start_run(connection, run, at)
    move_run(connection, run, state, at, ended_at=at, exitcode=exitcode)
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    if cell is None or cell.state is CellState.DONE:
        return state
    if state not in (RunState.FINISHED, RunState.KILLED) and _has_live_attempt(connection, cell):
        return state
    if state in (RunState.FINISHED, RunState.KILLED):
        cell_states.move_cell(connection, cell, CellState.DONE)
    elif state is RunState.PREEMPTED and cell.state is CellState.RESERVED:
        cell_states.move_cell(connection, cell, CellState.QUEUED, run_id=run.run_id)
    elif cell.state is CellState.RESERVED:
        cell_states.move_cell(connection, cell, CellState.FAILED)
    return state


def lose_run(connection: Connection, run: Run, retries: int, why: str, at: datetime) -> Run:
    """The run and its agent fell silent, or it never started: its config goes back.

    A run which was asked to stop is killed and its cell done; any other is crashed (or preempted,
    when it said so; or failed, when it never started) and its config is handed out again while
    fewer than `retries` attempts at it were lost before.
    """
    if run.state not in LIVE:
        return run
    if run.stop_requested:
        state = RunState.KILLED
    elif run.state is RunState.PENDING:
        state = RunState.FAILED
    elif run.is_preempting:
        state = RunState.PREEMPTED
    else:
        state = RunState.CRASHED
    run = move_run(connection, run, state, at, ended_at=at, stop_reason=run.stop_reason or why)
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    if cell is None or cell.state is not CellState.RESERVED:
        return run
    if _has_live_attempt(connection, cell):
        return run
    if state is RunState.KILLED:
        cell_states.move_cell(connection, cell, CellState.DONE)
    elif state is RunState.PREEMPTED:
        cell_states.move_cell(connection, cell, CellState.QUEUED, run_id=run.run_id)
    elif cell.n_lost < retries:
        cell_states.move_cell(
            connection, cell, CellState.QUEUED, n_lost=cell.n_lost + 1, run_id=None
        )
    else:
        cell_states.move_cell(connection, cell, CellState.FAILED, n_lost=cell.n_lost + 1)
    return run


def free_cell(connection: Connection, run: Run, is_finite: bool) -> bool:
    """The user deleted a run with its config's place: in a finite space the config is handed out
    again, in an infinite one the cap gets its place back. Says whether anything changed."""
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    if cell is None or cell.state in (CellState.QUEUED, *UNCOUNTED_CELLS):
        return False
    if _has_live_attempt(connection, cell) or _has_other_result(connection, cell, run):
        return False
    if cell.origin == CellOrigin.PRIOR:  # counted from now on
        cells.update_cell(connection, cell, {"origin": CellOrigin.SEARCH})
        sweeps.shift_counts(connection, cell.sweep_pk, 1, 0)
    state = CellState.QUEUED if is_finite else CellState.DROPPED
    cell_states.move_cell(connection, cell, state, run_id=None, n_lost=0)
    return True


def take_cell_back(connection: Connection, run: Run) -> None:
    """The user brought a deleted run back: its config needs no other run, if none has begun."""
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk else None
    if cell is not None and cell.state in (CellState.QUEUED, CellState.DROPPED):
        is_done = run.state in (RunState.FINISHED, RunState.KILLED)
        cell_states.move_cell(connection, cell, CellState.DONE if is_done else CellState.FAILED)


def _has_other_result(connection: Connection, cell: Cell, run: Run) -> bool:
    return any(
        other.pk != run.pk and other.state is RunState.FINISHED
        for other in sweep_runs.list_cell_runs(connection, cell.pk, deleted=False)
    )


def _has_live_attempt(connection: Connection, cell: Cell) -> bool:
    return any(run.state in LIVE for run in sweep_runs.list_cell_runs(connection, cell.pk))


def drop_queued(connection: Connection, cell: Cell, why: str, at: datetime) -> None:
    """Take a queued config out for good, and the pending run made for it."""
    for run in sweep_runs.list_cell_runs(connection, cell.pk):
        if run.state is RunState.PENDING:
            move_run(connection, run, RunState.KILLED, at, ended_at=at, stop_reason=why)
    cell_states.move_cell(connection, cell, CellState.DROPPED)


def set_run_state(connection: Connection, run: Run, state: RunState, at: datetime) -> None:
    """What `Run.update_state` asks for.

    Raises:
        BadInput: The run is a sweep's, or the change is not one a user may make.
    """
    if run.sweep_pk is not None:
        raise BadInput(
            f"run {run.run_id} belongs to sweep {run.sweep_id}; its state follows what it does"
        )
    if run.state is not state:
        try:
            transitions.check(transitions.RUN_BY_USER, f"run {run.run_id}", run.state, state)
        except transitions.ImpossibleChange as error:
            raise BadInput(str(error)) from error
        values = {"ended_at": at} if state in ENDED else {"ended_at": None, **_NOT_ENDED}
        runs.update_run(connection, run.pk, {"state": state, "updated_at": at, **values})


def request_stop(
    connection: Connection, run: Run, reason: str, at: datetime, origin: StopOrigin
) -> Run:
    """Ask a run to stop unless it has ended; the first reason given stays."""
    if run.state not in LIVE or run.stop_requested:
        return run
    values: dict[str, Any] = {
        "stop_requested": True,
        "stop_requested_at": at,
        "stop_reason": reason,
        "stop_origin": origin,
        "updated_at": at,
    }
    runs.update_run(connection, run.pk, values)
    return replace(run, **values)


def move_run(connection: Connection, run: Run, state: RunState, at: datetime, **more: Any) -> Run:
    """Bring a run into another state, which must be one it can go to; returns it as it is then."""
    transitions.check(transitions.RUN, f"run {run.run_id}", run.state, state)
    values: dict[str, Any] = {"state": state, "updated_at": at, **more}
    runs.update_run(connection, run.pk, values)
    return replace(run, **values)
