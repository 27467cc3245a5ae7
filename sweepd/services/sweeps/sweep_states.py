"""Every change of state of a sweep, with what follows for its runs and cells.

As in `lifecycle.py`, nothing else writes those columns.
"""

from datetime import datetime

from sweepd.domain import transitions
from sweepd.domain.automations import EventType
from sweepd.domain.errors import Conflict
from sweepd.domain.runs import LIVE, RunState, StopOrigin
from sweepd.domain.sweeps import OPEN_CELLS, CellState, EventKind, Sweep, SweepState
from sweepd.services.sweeps import cell_states, lifecycle
from sweepd.store import cells, happenings, sweep_events, sweep_runs, sweeps
from sweepd.store.database import Connection


def set_sweep_state(
    connection: Connection, sweep: Sweep, state: SweepState, reason: str, actor: str, at: datetime
) -> None:
    """Bring a sweep into another state, with what follows from it; logged with who and when.

    Raises:
        Conflict: There is no way from its state to that one.
    """
    if sweep.state is state:
        return
    try:
        transitions.check(transitions.SWEEP, f"sweep {sweep.sweep_id}", sweep.state, state)
    except transitions.ImpossibleChange as error:
        raise Conflict(str(error)) from error
    is_over = state in (SweepState.FINISHED, SweepState.CANCELED)
    sweeps.update_sweep(
        connection,
        sweep.pk,
        {
            "state": state,
            "state_reason": reason,
            "updated_at": at,
            "ended_at": at if is_over else None,
        },
    )
    sweep_events.append_event(
        connection, sweep.pk, at, actor, EventKind.STATE, f"{sweep.state} → {state}: {reason}"
    )
    event = EventType.SWEEP_ENDED if is_over else EventType.SWEEP_PAUSED
    if is_over or (state is SweepState.PAUSED and not actor):  # nobody asks about their own pause
        happenings.happened(
            connection,
            event,
            sweep.project_pk,
            sweep_pk=sweep.pk,
            state=str(state),
            reason=reason,
            actor=actor,
        )
    if state is SweepState.CANCELED:
        _cancel_runs(connection, sweep, at)
    if sweep.state is SweepState.CANCELED and state is SweepState.RUNNING:
        for cell in cells.list_cells(connection, sweep.pk, [CellState.CANCELED]):
            cell_states.move_cell(connection, cell, CellState.QUEUED, run_id=None)


def put_state(
    connection: Connection,
    sweep: Sweep,
    state: SweepState,
    reason: str,
    ended_at: datetime | None,
    at: datetime,
) -> None:
    """Give a sweep the state it had on another server: nothing follows, and nobody is told."""
    values = {"state": state, "state_reason": reason, "ended_at": ended_at, "updated_at": at}
    sweeps.update_sweep(connection, sweep.pk, values)


def _cancel_runs(connection: Connection, sweep: Sweep, at: datetime) -> None:
    for run in sweep_runs.list_sweep_runs(connection, sweep.pk):
        if run.state is RunState.PENDING:
            lifecycle.move_run(
                connection,
                run,
                RunState.KILLED,
                at,
                ended_at=at,
                stop_reason="sweep canceled",
                stop_origin=StopOrigin.SWEEP,
                stop_requested=True,
                stop_requested_at=at,
            )
        elif run.state in LIVE:
            lifecycle.request_stop(connection, run, "sweep canceled", at, StopOrigin.SWEEP)
    for cell in cells.list_cells(connection, sweep.pk, OPEN_CELLS):
        cell_states.move_cell(connection, cell, CellState.CANCELED)
