"""Sweeps of another server and which runs are theirs: as they were there, nothing judged anew.

No stopping rule, target or breaker looks at what comes, nobody is told, and nothing is handed out:
a sweep that had not ended there is paused here until somebody resumes it.
"""

import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweepd.domain.errors import BadInput, Conflict
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Cell, CellState, EventKind, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search.fitting import misfit
from sweepd.search.space import Space
from sweepd.search.spec import SweepSpec
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.streams.lines import number_at, step_of
from sweepd.services.sweeps import cell_states, edits, specs, sweep_states
from sweepd.store import cells, objectives, runs, sweep_events, sweep_runs, sweeps
from sweepd.store.database import Connection

_MANY = 100_000  # deleted sweeps that are looked at
_PAUSED = "had not ended where it was imported from; resume it to go on here"


@dataclass(frozen=True)
class SweepElsewhere:
    """A sweep as another server has it.

    Attributes:
        source: Where it comes from, with which it is known again.
        state: How it ended; None when it had not.
    """

    source: str
    sweep_id: str
    config_yaml: str
    state: SweepState | None
    display_name: str | None
    description: str | None
    created_at: datetime
    ended_at: datetime | None = None


def take(core: Core, caller: Caller, entity: str, project: str, other: SweepElsewhere) -> bool:
    """Make a sweep, or bring it up to date: names and file, and its end unless it went on here.

    Returns:
        Whether anything was written.

    Raises:
        Conflict: A sweep of that id is there, or was deleted, that did not come from this source.
    """
    spec = _spec(other.config_yaml)
    n_configs = None if spec.broken else edits.count_configs(spec, other.config_yaml)

    def write(connection: Connection) -> bool:
        owner = access.ensure_project(connection, caller, core, entity, project)
        known = sweeps.find_sweep(connection, owner.pk, other.sweep_id)
        gone = sweeps.list_deleted_sweeps(connection, owner.pk, _MANY)
        if any(sweep.sweep_id == other.sweep_id for sweep in gone):
            raise Conflict(
                f"sweep {other.sweep_id} was deleted in {entity}/{project}; bring it back on the "
                "project's page, or import into another project"
            )
        if known is None:
            values = {
                "project_pk": owner.pk,
                "sweep_id": other.sweep_id,
                "state": SweepState.PENDING,
                "seed": spec.extras.seed if spec.extras.seed is not None else secrets.randbits(31),
                "user_pk": caller.user_pk,
                "created_at": other.created_at,
                "updated_at": core.now(),
                **_columns(other, spec, n_configs),
            }
            sweep = sweeps.create_sweep(connection, values)
            log = (connection, sweep.pk, core.now(), caller.name)
            sweep_events.append_event(*log, EventKind.CREATED, _told(other))
            for warning in [spec.broken] if spec.broken else spec.warnings:
                sweep_events.append_event(*log, EventKind.WARNING, warning)
            _end(connection, sweep, other, core.now())
            return True
        events = sweep_events.list_events(connection, known.pk)
        if not any(e.kind is EventKind.CREATED and e.message == _told(other) for e in events):
            raise Conflict(
                f"{entity}/{project} has a sweep {other.sweep_id} already, which did not come from "
                f"{other.source}; import into another project"
            )
        is_new = known.state is SweepState.PAUSED and known.state_reason == _PAUSED
        if not is_new or _is_same(known, other):
            return False
        columns = _columns(other, spec, n_configs)
        values = {**columns, "updated_at": core.now()}
        _end(connection, sweeps.change_sweep(connection, known.pk, values), other, core.now())
        return True

    return core.db.write(write)


def attach(
    connection: Connection, sweep: Sweep, run: Run, config: Mapping[str, Any], at: datetime
) -> None:
    """Make a run that has ended one of a sweep's, with the config it stands for.

    Args:
        config: As the script saw it.
    """
    spec = specs.spec_of(sweep)
    cell_pk, attempt = None, 1
    if not spec.broken and misfit(spec.space, config) is None:
        cell = _cell_for(connection, sweep, spec, dict(config), run.state)
        attempt = len(sweep_runs.list_cell_runs(connection, cell.pk)) + 1
        cell_pk = cell.pk
        cells.update_cell(connection, cell, {"n_attempts": attempt})
    sweeps.next_run_number(connection, sweep.pk)
    place = {"sweep_pk": sweep.pk, "cell_pk": cell_pk, "attempt": attempt, "updated_at": at}
    runs.update_run(connection, run.pk, place)


def detach(connection: Connection, run: Run) -> None:
    """Let a run that will get more lines be nobody's until it is attached again."""
    objectives.delete_values(connection, run.pk)
    runs.update_run(connection, run.pk, {"sweep_pk": None, "cell_pk": None})


def keep_metric(
    connection: Connection,
    sweep: Sweep,
    run: Run,
    rows: Iterable[Mapping[str, Any]],
    summary: Mapping[str, Any],
    at: datetime,
) -> None:
    """Note the values of a sweep's metric that a run logged; its summary's where it logged none."""
    name = sweep.metric_name
    if name is None:
        return
    batch: list[dict[str, Any]] = []
    best = math.nan
    for row in rows:
        value = number_at(dict(row), name)
        if value is None or not math.isfinite(value):
            continue
        best = value if not batch else sweep.metric_goal.best((best, value))
        arrived = number_at(dict(row), "_timestamp")
        batch.append(
            {
                "run_pk": run.pk,
                "sweep_pk": sweep.pk,
                "n": len(batch) + 1,
                "step": step_of(dict(row)),
                "value": value,
                "best": best,
                "at": int((at.timestamp() if arrived is None else arrived) * 1e6),
            }
        )
    objectives.delete_values(connection, run.pk)
    objectives.append_values(connection, batch)
    numbers = [one["value"] for one in batch]
    final = number_at(dict(summary), name)
    if not numbers and final is not None and math.isfinite(final):
        numbers = [final]
    if numbers:
        values = {"metric_last": numbers[-1], "metric_min": min(numbers)}
        runs.update_run(connection, run.pk, {**values, "metric_max": max(numbers)})


def _cell_for(
    connection: Connection, sweep: Sweep, spec: SweepSpec, config: dict[str, Any], state: RunState
) -> Cell:
    """The cell that a run of elsewhere stands for; which it was there nobody tells.

    In a finite search without repetitions a config is one cell, whatever its attempts; else each
    run has its own. One that no run points to was made by an import that was cut off.
    """
    chosen = spec.space.project(config)
    base = key = spec.space.key(chosen)
    is_done = state in (RunState.FINISHED, RunState.KILLED)
    wanted = CellState.DONE if is_done else CellState.FAILED
    number = 1
    while (cell := cells.find_cell_by_key(connection, sweep.pk, key)) is not None:
        is_one = sweep.n_configs is not None and spec.extras.repeats == 1
        if is_one or not sweep_runs.list_cell_runs(connection, cell.pk):
            if is_done and cell.state is CellState.FAILED:
                return cell_states.move_cell(connection, cell, CellState.DONE)
            return cell
        is_repeat = number < spec.extras.repeats
        key = f"{base}.r{number}" if is_repeat else cells.repeat_key(base, number)
        number += 1
    made = cell_states.add_cell(connection, sweep, key, chosen, wanted)
    return cells.get_cell(connection, made.pk if made else None)


def _spec(text: str) -> SweepSpec:
    try:
        return specs.parse(text)
    except BadInput as error:  # another server may take what this one refuses
        return SweepSpec(method="custom", space=Space(()), broken=str(error))


def _columns(other: SweepElsewhere, spec: SweepSpec, n_configs: int | None) -> dict[str, Any]:
    return {
        "config_yaml": other.config_yaml,
        "display_name": other.display_name,
        "description": other.description,
        "n_configs": n_configs,
        **edits.columns(spec),
    }


def _is_same(known: Sweep, other: SweepElsewhere) -> bool:
    names = ("config_yaml", "display_name", "description")
    return other.state is None and all(getattr(known, n) == getattr(other, n) for n in names)


def _end(connection: Connection, sweep: Sweep, other: SweepElsewhere, at: datetime) -> None:
    state = other.state or SweepState.PAUSED
    reason = _PAUSED if other.state is None else f"{state} where it was imported from"
    ended = None if other.state is None else other.ended_at or at
    sweep_states.put_state(connection, sweep, state, reason, ended, at)


def _told(other: SweepElsewhere) -> str:
    return f"imported from {other.source}"
