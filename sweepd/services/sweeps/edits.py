"""Changes to a sweep after its start: a new file, configs handed out again, configs put in by hand.

All functions run inside the caller's transaction, with the sweep's row held.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sweepd.domain.errors import BadInput, Conflict
from sweepd.domain.goals import Goal
from sweepd.domain.ids import new_short_id
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import (
    UNCOUNTED_CELLS,
    CellOrigin,
    CellState,
    EventKind,
    Sweep,
    SweepState,
)
from sweepd.domain.users import Caller
from sweepd.search.errors import SearchError
from sweepd.search.fitting import misfit
from sweepd.search.space import Space
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import (
    cell_states,
    lifecycle,
    repeats,
    specs,
    sweep_states,
    time_budget,
)
from sweepd.services.sweeps import next_config as candidates
from sweepd.store import cells, runs, sweep_events, sweep_runs, sweeps
from sweepd.store.database import Connection

RETRYABLE = (RunState.FAILED, RunState.CRASHED, RunState.KILLED, RunState.PREEMPTED)


def columns(spec: SweepSpec) -> dict[str, Any]:
    """The columns that follow from a sweep's file."""
    metric = spec.metric or (spec.metrics[0] if spec.metrics else None)
    return {
        "method": spec.method,
        "metric_name": metric.name if metric else None,
        "metric_goal": metric.goal if metric else Goal.MINIMIZE,
        "run_cap": spec.run_cap,
        "retries": spec.extras.retries,
    }


def count_configs(spec: SweepSpec, text: str) -> int | None:
    """Runs of a finite search (cells times repeats); None where it has no end of its own.

    Raises:
        BadInput: The grid is empty.
    """
    if not spec.is_finite or not candidates.searches_here(spec):
        return None
    grid = specs.grid_of(text) if spec.method == "grid" else specs.drawn_grid_of(text)
    n_cells = grid.count()
    try:
        if n_cells is None:
            n_cells = 0 if grid.next(0) is None else None
    except SearchError as error:
        raise BadInput(f"sweepd.constraints: {error}") from error
    if n_cells == 0:
        raise BadInput(
            "this grid has no configs: check that no `values:` is empty and that `constraints` "
            "leave something"
        )
    return n_cells * spec.extras.repeats if n_cells is not None else None


def replace_file(
    connection: Connection,
    sweep: Sweep,
    text: str,
    n_configs: int | None,
    actor: str,
    at: datetime,
) -> list[str]:
    """Give a sweep a new file; configs already taken stay taken.

    Waiting configs that a new grid no longer holds are dropped, added ones (and those dropped
    before) will be handed out, and a sweep that had ended goes on when there is more to do.

    Args:
        n_configs: As `count_configs` has it, counted before the transaction.

    Returns:
        The warnings about the new file.
    """
    spec = specs.parse(text)
    sweeps.update_sweep(
        connection,
        sweep.pk,
        {
            "config_yaml": text,
            "n_configs": n_configs,
            "next_index": 0 if spec.method == "grid" else sweep.next_index,
            "updated_at": at,
            **columns(spec),
        },
    )
    n_dropped = _sort_out(connection, sweep, spec)
    count_outside(connection, sweeps.get_sweep_by_pk(connection, sweep.pk))
    dropped = f"; {n_dropped} waiting configs left the space" if n_dropped else ""
    sweep_events.append_event(
        connection, sweep.pk, at, actor, EventKind.EDIT, f"new file{dropped}:\n{text}"
    )
    for warning in spec.warnings:
        sweep_events.append_warning_once(connection, sweep.pk, at, warning)
    fresh = sweeps.get_sweep_by_pk(connection, sweep.pk)
    if fresh.state is SweepState.FINISHED and (
        fresh.n_open or candidates.may_have_more(connection, fresh)
    ):
        sweep_states.set_sweep_state(
            connection, fresh, SweepState.RUNNING, "the edit left more to do", actor, at
        )
    return list(spec.warnings)


def _sort_out(connection: Connection, sweep: Sweep, spec: SweepSpec) -> int:
    """Drop waiting configs the new file no longer has, bring back those it has again.

    Returns:
        How many were dropped.
    """
    n_dropped = 0
    waiting = (CellState.QUEUED, CellState.DROPPED)
    for cell in cells.list_cells(connection, sweep.pk, waiting):
        if cell.origin != CellOrigin.SEARCH:
            continue
        if cell.state is CellState.DROPPED and spec.method != "grid" and repeats.is_first(cell):
            continue  # dropped with its deleted run, not by an edit
        fits = repeats.number_of(cell) < spec.extras.repeats and (
            spec.method != "grid" or _holds(spec.space, candidates.config_of(cell))
        )
        if not fits and cell.state is CellState.QUEUED:
            cell_states.move_cell(connection, cell, CellState.DROPPED)
            n_dropped += 1
        elif fits and cell.state is CellState.DROPPED:
            cell_states.move_cell(connection, cell, CellState.QUEUED)
    if spec.extras.repeats > 1:
        for cell in cells.list_cells(connection, sweep.pk, set(CellState) - {CellState.DROPPED}):
            if cell.origin == CellOrigin.SEARCH and repeats.is_first(cell):
                fresh = sweeps.get_sweep_by_pk(connection, sweep.pk)
                config = candidates.config_of(cell)
                repeats.queue_others(connection, fresh, spec, cell.key, config)
    return n_dropped


def _holds(space: Space, config: Mapping[str, Any]) -> bool:
    """Whether the space has this config: its parameters' values, and of those left out none."""
    flat = space.flat(config)
    return flat.keys() <= space.present(flat) and misfit(space, config) is None


def retry(
    connection: Connection, sweep: Sweep, states: Sequence[str], actor: str, at: datetime
) -> int:
    """Queue the configs whose last attempt ended in one of these states."""
    unknown = sorted(set(states) - set(RETRYABLE))
    if unknown:
        names = ", ".join(RETRYABLE)
        raise BadInput(f"runs in these states can be handed out again: {names}; got {unknown}")
    last: dict[int, Run] = {}
    for run in sweep_runs.list_sweep_runs(connection, sweep.pk):
        if run.cell_pk is not None:
            last[run.cell_pk] = run
    n_queued = 0
    for cell_pk, run in last.items():
        cell = cells.find_cell(connection, cell_pk)
        if run.state in states and cell is not None and cell.state is not CellState.QUEUED:
            if cell.state is CellState.RESERVED:
                continue  # an earlier attempt speaks again
            cell_states.move_cell(connection, cell, CellState.QUEUED, run_id=None, n_lost=0)
            n_queued += 1
    if n_queued:
        message = f"{n_queued} configs of {', '.join(states)} runs are handed out again"
        sweep_events.append_event(connection, sweep.pk, at, actor, EventKind.RETRY, message)
        if sweep.state in (SweepState.FINISHED, SweepState.CANCELED):
            sweep_states.set_sweep_state(connection, sweep, SweepState.RUNNING, message, actor, at)
    return n_queued


def enqueue(
    connection: Connection,
    sweep: Sweep,
    config: Mapping[str, Any],
    name: str | None,
    caller: Caller,
    at: datetime,
) -> Run:
    """Queue a config with a pending run of its own.

    Raises:
        BadInput: The config names none of the sweep's parameters, the sweep is canceled, or its
            `run_cap` is used up.
    """
    spec = specs.spec_of(sweep)
    is_used_up = sweep.run_cap is not None and sweep.n_cells >= sweep.run_cap
    if is_used_up and spec.scheduler is None:  # a scheduler looks ahead; the cap holds it later
        raise BadInput(
            f"sweep {sweep.sweep_id} has used up its run_cap of {sweep.run_cap}; raise it before "
            "queueing configs"
        )
    if time_budget.is_spent(connection, sweep, at):
        raise BadInput(
            f"sweep {sweep.sweep_id}: {time_budget.reason(sweep)}; raise sweepd.budget in its file "
            "before queueing configs"
        )
    if sweep.state is SweepState.CANCELED:
        raise BadInput(f"sweep {sweep.sweep_id} is canceled; resume it before queueing configs")
    if not config or (spec.space.parameters and not spec.space.flat(config)):
        names = ", ".join(parameter.name for parameter in spec.space.parameters)
        raise BadInput(f"a config gives values to the sweep's parameters ({names}); got {config}")
    key = spec.space.key(config) if spec.space.parameters else new_short_id()
    key = cells.free_key(connection, sweep.pk, key, sweep.n_cells)
    run_id = new_short_id()
    cell = cell_states.add_cell(
        connection, sweep, key, dict(config), CellState.QUEUED, CellOrigin.ENQUEUED, run_id
    )
    if cell is None:
        raise Conflict(f"config {key} was queued a moment ago; queue it again to run it twice")
    if spec.is_finite:
        count_outside(connection, sweep)
    run = lifecycle.create_attempt(connection, sweep, cell, run_id, caller.user_pk, at)
    if name:
        runs.update_run(connection, run.pk, {"display_name": name})
    sweep_events.append_event(
        connection,
        sweep.pk,
        at,
        caller.name,
        EventKind.ENQUEUE,
        f"{run_id}: {json.dumps(dict(config))}",
    )
    if sweep.state is SweepState.FINISHED:
        reason = "a config was queued"
        sweep_states.set_sweep_state(connection, sweep, SweepState.RUNNING, reason, caller.name, at)
    return run


def count_outside(connection: Connection, sweep: Sweep) -> None:
    """Count the runs that are not the search's own, and how they change the size of its grid.

    One that is a cell takes its place, with all the repeats the cell would have had; any other
    comes on top.
    """
    spec = specs.spec_of(sweep)
    found = cells.list_from_outside(connection, sweep.pk)
    held = [cell for cell in found if cell.state not in UNCOUNTED_CELLS]
    n_outside = 0
    for cell in held if spec.is_finite else ():
        config = candidates.config_of(cell)
        is_cell = "." not in cell.key and _holds(spec.space, config)
        is_cell = is_cell and spec.space.is_feasible(config)
        n_outside += 1 - spec.extras.repeats if is_cell else 1
    n_prior = sum(cell.origin is CellOrigin.PRIOR for cell in held)
    sweeps.update_sweep(connection, sweep.pk, {"n_prior": n_prior, "n_outside": n_outside})
