"""A sweep's runs and open configs as the search is told of them."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sweepd.domain.goals import Goal
from sweepd.domain.runs import LIVE, RunState
from sweepd.domain.sweeps import SweepPoint
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

# Runs that say what the search knows of a config which is still open: another attempt may follow.
_OF_OPEN_CELLS = (*LIVE, RunState.CRASHED, RunState.PREEMPTED)


def known(
    points: Sequence[SweepPoint],
    open_configs: Counter[str],
    goal: Goal,
    metrics: Sequence[Metric] = (),
    curves: Mapping[str, Sequence[tuple[int, float]]] | None = None,
) -> tuple[list[Observation], list[dict[str, Any]]]:
    """Runs as the search sees them, and the configs that have no run to show for themselves yet.

    `curves` says by run id how runs got on, where some are stopped early (`early_stops.curves`).
    With several `metrics` a run's values of them are those of its summary.

    Of several attempts at one config, lost ones do not count once another has a value or runs.
    """
    with_value = {p.config for p in points if p.metric_last is not None or p.state in LIVE}
    observations = []
    for point in points:
        is_lost = point.metric_last is None and point.state not in LIVE
        if is_lost and (point.config in with_value or open_configs[point.config] > 0):
            continue
        if point.state in _OF_OPEN_CELLS:
            open_configs[point.config] -= 1
        state: Any = point.state
        if state == RunState.KILLED and point.metric_last is not None:
            state = "stopped"
        observations.append(
            Observation(
                config=json.loads(point.config),
                objective=goal.extreme(point.metric_min, point.metric_max),
                state=state,
                latest=point.metric_last,
                curve=tuple((curves or {}).get(point.run_id, ())),
                objectives=summarised(point, metrics) if metrics else (),
                seconds=_seconds(point),
                is_prior=point.is_prior,
            )
        )
    return observations, [json.loads(config) for config in open_configs.elements()]


def _seconds(point: SweepPoint) -> float | None:
    if point.started_at is None or point.ended_at is None:
        return None
    return max((point.ended_at - point.started_at).total_seconds(), 0.0)


def summarised(point: SweepPoint, metrics: Sequence[Metric]) -> tuple[float, ...]:
    """A run's value of each metric; empty unless it has them all."""
    summary = json.loads(point.summary)
    found = [_value(summary, metric) for metric in metrics]
    values = tuple(float(value) for value in found if value is not None)
    return values if len(values) == len(metrics) else ()


def _value(summary: Any, metric: Metric) -> float | None:
    value = summary.get(metric.name)
    for step in metric.name.split(".") if value is None else ():
        value = (summary if value is None else value).get(step)
        if not isinstance(value, dict):
            break
    if isinstance(value, dict):  # of a metric defined with `summary=`
        better = "max" if metric.goal.is_max else "min"
        value = next((value[key] for key in ("best", better, "last") if key in value), None)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
