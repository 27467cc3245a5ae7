"""`sweepd: {repeats: k}`: every config is run k times; the search sees the mean.

The first run of a config reserves its cell; the others are queued behind it at once, so they go
out next. Each has a cell of its own, so a lost repetition is handed out again like any config.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.goals import Goal
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Cell, Sweep, SweepPoint
from sweepd.search.canonical import content
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import cell_states
from sweepd.store import cells
from sweepd.store.database import Connection

_MARK = ".r"  # between a config's key and the number of its repetition
# Student's t, 97.5 %, by degrees of freedom from 1: SciPy would cost the server 64 MB for these.
_T = (
    12.706,
    4.303,
    3.182,
    2.776,
    2.571,
    2.447,
    2.365,
    2.306,
    2.262,
    2.228,
    2.201,
    2.179,
    2.160,
    2.145,
    2.131,
    2.120,
    2.110,
    2.101,
    2.093,
    2.086,
    2.080,
    2.074,
    2.069,
    2.064,
    2.060,
    2.056,
    2.052,
    2.048,
    2.045,
    2.042,
)


@dataclass(frozen=True, slots=True)
class RepeatedConfig:
    """The runs of one config: the mean of their best values, with a 95 % interval."""

    config: dict[str, Any]  # without the number of the repetition
    run_ids: tuple[str, ...]
    n_values: int
    mean: float | None
    half_width: float | None  # Student's t; None with fewer than two values


def numbered(spec: SweepSpec, config: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A config as repetition `number` (from 0) is given it."""
    name = spec.extras.repeat_as
    return {**config, name: number} if name and spec.extras.repeats > 1 else dict(config)


def queue_others(
    connection: Connection, sweep: Sweep, spec: SweepSpec, key: str, config: Mapping[str, Any]
) -> int:
    """Queue the repetitions of a config beyond its first, as far as `run_cap` allows.

    Returns:
        How many were new.
    """
    numbers = {f"{key}{_MARK}{number}": number for number in range(1, spec.extras.repeats)}
    known = cells.find_keys(connection, sweep.pk, list(numbers))
    new = [(k, number) for k, number in numbers.items() if k not in known]
    if sweep.run_cap is not None:
        new = new[: max(0, sweep.run_cap - sweep.n_cells)]
    return cell_states.queue_cells(
        connection, sweep, {k: numbered(spec, config, number) for k, number in new}
    )


def is_first(cell: Cell) -> bool:
    """Whether a cell is its config's first repetition."""
    return _MARK not in cell.key


def number_of(cell: Cell) -> int:
    """Which repetition a cell is, from 0."""
    return int(cell.key.rpartition(_MARK)[2]) if _MARK in cell.key else 0


def group(points: Sequence[SweepPoint], repeat_as: str | None, goal: Goal) -> list[RepeatedConfig]:
    """The runs of a sweep by config, in the order the configs came."""
    groups: dict[str, list[SweepPoint]] = {}
    for point in points:
        groups.setdefault(content(_bare(point, repeat_as)), []).append(point)
    found = []
    for same in groups.values():
        best = [goal.extreme(p.metric_min, p.metric_max) for p in same]
        values = [value for value in best if value is not None]
        n = len(values)
        found.append(
            RepeatedConfig(
                _bare(same[0], repeat_as),
                tuple(point.run_id for point in same),
                n,
                statistics.fmean(values) if n else None,
                _t(n - 1) * statistics.stdev(values) / n**0.5 if n > 1 else None,
            )
        )
    return found


def ranked(configs: Sequence[RepeatedConfig], n_repeats: int, goal: Goal) -> list[RepeatedConfig]:
    """Best mean first; configs that lack repetitions, and then those without any value, last."""
    return sorted(
        configs,
        key=lambda c: (c.mean is None, c.n_values < n_repeats, goal.sign * (c.mean or 0.0)),
    )


def best_of(found: Sequence[Run], goal: Goal) -> Run | None:
    """The run with the best value; None when none has one."""
    valued = [(goal.extreme(run.metric_min, run.metric_max), run) for run in found]
    known = [(value, run) for value, run in valued if value is not None]
    return min(known, key=lambda pair: goal.sign * pair[0])[1] if known else None


def _t(freedom: int) -> float:
    return _T[freedom - 1] if freedom <= len(_T) else 1.96 + 2.4 / freedom


def _bare(point: SweepPoint, repeat_as: str | None) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(point.config)
    if repeat_as is not None:
        config.pop(repeat_as, None)
    return config
