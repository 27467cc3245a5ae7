"""Stop a run early by its sweep's rule, when its number arrives; and the sweep's target."""

from datetime import datetime

from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.search import stopping
from sweepd.services import lifecycle, specs
from sweepd.store import objectives, runs, sweeps
from sweepd.store.database import Connection

_COLUMN = {"hyperband": "value", "asha": "best", "median": "mean"}


def judge(connection: Connection, sweep: Sweep, run_pk: int, at: datetime) -> bool:
    """Apply the sweep's rule to a run that has just logged; says whether it was told to stop."""
    spec = specs.spec_of(sweep)
    rule = spec.early_terminate
    if rule is None or spec.metric is None:
        return False
    values = [value for _, value in objectives.list_values(connection, run_pk)]
    reached = stopping.bands(rule, len(values))
    if not reached:
        return False
    peers = {
        band: objectives.values_at(connection, sweep.pk, band, _COLUMN[rule.type])
        for band in reached[-2:]
    }
    stop = stopping.decide(rule, spec.metric.goal, values, peers)
    run = runs.find_run_by_pk(connection, run_pk)
    if stop is None or run is None or run.stop_requested:
        return False
    lifecycle.request_stop(connection, run, stop.reason, at)
    sweeps.append_event(
        connection, sweep.pk, at, "", "stop", f"{run.display_name} ({run.run_id}): {stop.reason}"
    )
    return True


def target_of(sweep: Sweep) -> float | None:
    """The value at which a running sweep has reached its aim."""
    metric = specs.spec_of(sweep).metric
    return metric.target if metric and sweep.state is SweepState.RUNNING else None
