"""Runs deleted by their owner, brought back, or removed for good."""

from datetime import datetime

from sweepd.domain.runs import LIVE, Run, StopOrigin
from sweepd.domain.sweeps import EventKind, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.streams import forks
from sweepd.services.sweeps import endings, lifecycle, specs
from sweepd.services.sweeps.edits import count_outside
from sweepd.store import deleted_runs, runs, sweep_events, sweep_runs, sweeps
from sweepd.store.database import Connection


def delete(
    connection: Connection, caller: Caller, run: Run, keep_config: bool, at: datetime
) -> None:
    """Hide a run; see `Runs.delete`."""
    if run.state in LIVE:
        reason = f"deleted by {caller.name}"
        run = lifecycle.request_stop(connection, run, reason, at, StopOrigin.PERSON)
        run = lifecycle.lose_run(connection, run, 0, "deleted", at)
    runs.update_run(connection, run.pk, {"deleted_at": at, "updated_at": at})
    if run.sweep_pk is None or run.sweep_id is None:
        return
    sweep = sweeps.find_sweep_by_pk(connection, run.sweep_pk, lock=True)
    if sweep is not None and not keep_config:
        is_finite = specs.spec_of(sweep).is_finite
        if lifecycle.free_cell(connection, run, is_finite):
            count_outside(connection, sweep)
            message = f"run {run.run_id} was deleted; its config is free again"
            sweep_events.append_event(
                connection, sweep.pk, at, caller.name, EventKind.RETRY, message
            )
    _end_sweep(connection, run.sweep_pk, at)


def undelete(connection: Connection, run: Run, at: datetime) -> None:
    """Bring a deleted run back."""
    runs.update_run(connection, run.pk, {"deleted_at": None, "updated_at": at})
    if run.sweep_pk is not None:
        sweeps.find_sweep_by_pk(connection, run.sweep_pk, lock=True)
        lifecycle.take_cell_back(connection, run)
        _end_sweep(connection, run.sweep_pk, at)


def delete_of_sweep(connection: Connection, caller: Caller, sweep: Sweep, at: datetime) -> None:
    """Hide the runs of a sweep; those under way are asked to stop."""
    for run in sweep_runs.list_live_sweep_runs(connection, sweep.pk):
        delete(connection, caller, run, True, at)
    deleted_runs.hide_sweep_runs(connection, sweep.pk, at)


def keep_for_forks(connection: Connection, run: Run) -> None:
    """Before a run's lines go: its forks get what they read there."""
    forks.keep_for_forks(connection, run, 0)


def purge(connection: Connection, run: Run) -> None:
    """Remove a run with everything that hangs on it; its forks keep their history."""
    keep_for_forks(connection, run)
    deleted_runs.purge_run(connection, run.pk)


def _end_sweep(connection: Connection, sweep_pk: int, at: datetime) -> None:
    sweep = sweeps.find_sweep_by_pk(connection, sweep_pk)
    if sweep is not None and sweep.state is SweepState.RUNNING:
        endings.finish_if_done(connection, sweep.pk, at)
