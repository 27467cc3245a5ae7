"""Earlier runs as results of a sweep: `wandb sweep -R RUN`.

Users seed a search with what they have: runs of no sweep become the sweep's own; those of another
stay where they are and count here too.
"""

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sweepd.domain.config import unwrap
from sweepd.domain.runs import LIVE, Run
from sweepd.domain.sweeps import CellOrigin, CellState, EventKind, Sweep
from sweepd.search.fitting import misfit
from sweepd.services.streams.lines import number_at, parse_line
from sweepd.services.sweeps import cell_states, edits, specs
from sweepd.store import cells, history, prior_runs, runs, sweep_events
from sweepd.store.database import Connection
from sweepd.store.history import Stream


def attach(connection: Connection, sweep: Sweep, run_ids: Sequence[str], at: datetime) -> list[str]:
    """Let earlier runs of the project count as results of this sweep; they use up no cap.

    Returns:
        A warning for each reason why runs were left out; they are in the sweep's log, too.
    """
    spec = specs.spec_of(sweep)
    named = list(dict.fromkeys(run_ids))
    listed = runs.find_runs_by_ids(connection, sweep.project_pk, named, deleted=True)
    found = {run.run_id: run for run in listed}
    problems: dict[str, list[str]] = {}
    valueless: list[str] = []
    for run_id in named:
        run = found.get(run_id)
        config = _config(connection, run) if run else {}
        if run is None:
            problems.setdefault("not in this project", []).append(run_id)
        elif run.deleted_at is not None:
            problems.setdefault("deleted", []).append(run_id)
        elif run.state in LIVE:
            problems.setdefault("still running", []).append(run_id)
        elif run.sweep_pk == sweep.pk:
            problems.setdefault("the sweep's own already", []).append(run_id)
        elif why := misfit(spec.space, config):
            told = f"{run_id} ({why.value})" if why.value else run_id
            problems.setdefault(why.reason, []).append(told)
        else:
            values = _metric(connection, run, sweep.metric_name)
            if sweep.metric_name and not values:
                valueless.append(run_id)
            _attach_one(connection, sweep, run, config, values, at)
    if named:
        edits.count_outside(connection, sweep)
    warnings = [f"prior runs left out ({why}): {', '.join(ids)}" for why, ids in problems.items()]
    if valueless:
        warnings.append(
            f"prior runs without a value of {sweep.metric_name}: {', '.join(valueless)}; their "
            "configs count as done, and teach the search nothing"
        )
    for message in warnings:
        sweep_events.append_event(connection, sweep.pk, at, "", EventKind.WARNING, message)
    return warnings


def _config(connection: Connection, run: Run) -> dict[str, Any]:
    """A run's config; of one that a sweep made, what that sweep chose counts."""
    config: dict[str, Any] = unwrap(json.loads(run.config))
    cell = cells.find_cell(connection, run.cell_pk) if run.cell_pk is not None else None
    return {**config, **json.loads(cell.config)} if cell else config


def _attach_one(
    connection: Connection,
    sweep: Sweep,
    run: Run,
    config: dict[str, Any],
    values: dict[str, float],
    at: datetime,
) -> None:
    space = specs.spec_of(sweep).space
    chosen = space.project(config)  # should the config go out again, only this does
    key = cells.free_key(connection, sweep.pk, space.key(chosen), 1)
    cell = cell_states.add_cell(connection, sweep, key, chosen, CellState.DONE, CellOrigin.PRIOR)
    cell_pk = cell.pk if cell else None
    if run.sweep_pk is None:
        place = {"sweep_pk": sweep.pk, "cell_pk": cell_pk, "updated_at": at}
        runs.update_run(connection, run.pk, {**values, **place})
    else:
        row = {"sweep_pk": sweep.pk, "run_pk": run.pk, "cell_pk": cell_pk, **values}
        prior_runs.add_prior_run(connection, row)


def _metric(connection: Connection, run: Run, name: str | None) -> dict[str, float]:
    """What the run logged of a metric, as columns; of its summary when its history has none."""
    if name is None:
        return {}
    rows = (parse_line(line) for _, line in history.read_lines(connection, run.pk, Stream.HISTORY))
    found = [number_at(row, name) for row in rows]
    values = [value for value in found if value is not None and math.isfinite(value)]
    if not values:
        final = number_at(parse_line(run.summary), name)
        values = [final] if final is not None and math.isfinite(final) else []
    if not values:
        return {}
    return {"metric_last": values[-1], "metric_min": min(values), "metric_max": max(values)}
