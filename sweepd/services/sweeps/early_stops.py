"""Stop a run early by its sweep's rule, when its number arrives; and the sweep's target."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import StopOrigin
from sweepd.domain.sweeps import EventKind, Sweep, SweepState
from sweepd.search.stopping import rules as stopping
from sweepd.services.sweeps import lifecycle, specs
from sweepd.store import objectives, runs, sweeps
from sweepd.store.database import Connection


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
        band: objectives.values_at(connection, sweep.pk, band, stopping.RULES[rule.type].COMPARED)
        for band in reached[-2:]
    }
    stop = stopping.decide(rule, spec.metric.goal, values, peers)
    run = runs.find_run_by_pk(connection, run_pk)
    if stop is None or run is None or run.stop_requested:
        return False
    lifecycle.request_stop(connection, run, stop.reason, at, StopOrigin.RULE)
    sweeps.append_event(
        connection,
        sweep.pk,
        at,
        "",
        EventKind.STOP,
        f"{run.display_name} ({run.run_id}): {stop.reason}",
    )
    return True


def replay(
    connection: Connection, sweep: Sweep, rule: Mapping[str, Any] | None
) -> list[stopping.Replayed]:
    """What a rule would have stopped; see `Sweeps.stops`."""
    spec = specs.spec_of(sweep)
    if spec.metric is None:
        raise BadInput("a stopping rule judges a metric; this sweep's file names none")
    if rule is not None:
        raw = {**specs.read_yaml(sweep.config_yaml), "early_terminate": dict(rule)}
        spec = specs.parse(yaml.safe_dump(raw))
    if spec.early_terminate is None or spec.metric is None:
        raise BadInput(
            "this sweep has no `early_terminate`; name the rule to try, such as hyperband with "
            "min_iter 3"
        )
    arrivals = objectives.list_arrivals(connection, sweep.pk)
    return stopping.replay(spec.early_terminate, spec.metric.goal, arrivals)


def target_of(sweep: Sweep) -> float | None:
    """The value at which a running sweep has reached its aim."""
    metric = specs.spec_of(sweep).metric
    return metric.target if metric and sweep.state is SweepState.RUNNING else None
