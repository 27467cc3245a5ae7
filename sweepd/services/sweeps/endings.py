"""When a sweep is over: nothing new can come, and what was handed out has ended."""

from datetime import datetime

from sweepd.domain.sweeps import CellState, SweepState
from sweepd.services.sweeps import lifecycle, specs, sweep_states, time_budget
from sweepd.services.sweeps import next_config as candidates
from sweepd.store import cells, sweeps
from sweepd.store.database import Connection


def finish_if_done(connection: Connection, sweep_pk: int, at: datetime) -> bool:
    """End a sweep of which nothing can come any more; says whether it is over."""
    sweep = sweeps.get_sweep_by_pk(connection, sweep_pk)
    if sweep.state in (SweepState.FINISHED, SweepState.CANCELED):
        return True
    if sweep.state is SweepState.PAUSED:
        return False
    is_spent = time_budget.is_spent(connection, sweep, at)
    if is_spent:
        why = f"never handed out: {time_budget.reason(sweep)}"
        for cell in cells.list_cells(connection, sweep_pk, [CellState.QUEUED]):
            lifecycle.drop_queued(connection, cell, why, at)
        sweep = sweeps.get_sweep_by_pk(connection, sweep_pk)
    elif candidates.may_have_more(connection, sweep):
        return False
    waits = specs.spec_of(sweep).extras.wait_for_in_flight
    beyond = candidates.over_cap(connection, sweep)
    if beyond and sweep.n_open == len(beyond):
        for cell in beyond:
            why = f"never handed out: run_cap of {sweep.run_cap} reached"
            lifecycle.drop_queued(connection, cell, why, at)
    elif sweep.n_open and (waits or cells.next_queued_cell(connection, sweep.pk) is not None):
        return False
    is_capped = sweep.run_cap is not None and sweep.n_cells >= sweep.run_cap
    reason = (
        f"run_cap of {sweep.run_cap} reached"
        if is_capped
        else f"all {sweep.n_cells} configs were handed out and have ended"
    )
    if is_spent:
        reason = time_budget.reason(sweep)
    sweep_states.set_sweep_state(connection, sweep, SweepState.FINISHED, reason, "", at)
    return True
