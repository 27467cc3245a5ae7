"""The runs of a sweep with several metrics that no other run beats: its Pareto front."""

import threading
from dataclasses import dataclass
from typing import Any

from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import Sweep
from sweepd.search.pareto import front
from sweepd.services.core import Core
from sweepd.services.sweeps import specs
from sweepd.services.sweeps.observed import summarised
from sweepd.store import run_counts, sweep_points

COUNTED = (RunState.FINISHED, RunState.KILLED)  # what a failed run logged last is no result
MAX_KEPT = 200


@dataclass(frozen=True, slots=True)
class FrontRun:
    """A run of the front; its values are those of its summary, in the order of the metrics."""

    run_id: str
    name: str
    values: tuple[float, ...]


class FrontCache:
    """Works fronts out when ended runs have changed, and keeps them until they change again."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[Any, list[FrontRun]]] = {}

    def of(self, sweep: Sweep) -> list[FrontRun]:
        """The front, best by the first metric first; empty with a single metric."""
        metrics = specs.spec_of(sweep).metrics
        if not metrics:
            return []
        with self._core.db.read() as connection:
            ended = run_counts.ended_version(connection, sweep.pk)
            state = (sweep.config_yaml, sweep.n_prior, ended)
            with self._lock:
                kept = self._kept.get(sweep.pk)
            if kept is not None and kept[0] == state:
                return kept[1]
            points = sweep_points.list_points(connection, sweep.pk)
        points = [point for point in points if point.state in COUNTED]
        rows = [summarised(point, metrics) for point in points]
        found = [
            FrontRun(points[i].run_id, points[i].display_name, rows[i])
            for i in front(rows, [metric.goal for metric in metrics])
        ]
        with self._lock:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[sweep.pk] = (state, found)
        return found
