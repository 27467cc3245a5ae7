"""What a sweep's results say: which parameters matter, and where runs are judged early."""

import json
import threading
from dataclasses import dataclass

from sweepd.domain.sweeps import Sweep
from sweepd.search.importance import MIN_RUNS, importance
from sweepd.search.stopping import rules as stopping
from sweepd.search.stopping.hyperband import threshold
from sweepd.services.core import Core
from sweepd.services.sweeps import specs
from sweepd.store import objectives, sweep_points


@dataclass(frozen=True, slots=True)
class ParameterInsight:
    """One parameter: its share of importance and its correlation, each with a 95 % interval."""

    name: str
    importance: float
    importance_low: float
    importance_high: float
    correlation: float | None
    correlation_low: float | None
    correlation_high: float | None


@dataclass(frozen=True, slots=True)
class Insights:
    """Of all parameters; none with too few runs."""

    n_runs: int
    enough: bool
    message: str
    parameters: tuple[ParameterInsight, ...]


class InsightCache:
    """Works insights out when results have changed, and keeps them until they change again."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[int, Insights]] = {}

    def importance(self, sweep: Sweep) -> Insights:
        """Importance and correlation of a sweep's parameters; access was checked."""
        with self._core.db.read() as connection:
            points = sweep_points.list_points(connection, sweep.pk)
        goal = sweep.metric_goal
        values = [goal.extreme(point.metric_min, point.metric_max) for point in points]
        configs = [point.config for point in points]
        state = hash((sweep.config_yaml, *configs, *values))
        with self._lock:
            kept = self._kept.get(sweep.pk)
        if kept is not None and kept[0] == state:
            return kept[1]
        found = self._work_out(sweep, configs, values)
        with self._lock:
            if len(self._kept) > 200:
                self._kept.clear()
            self._kept[sweep.pk] = (state, found)
        return found

    def _work_out(self, sweep: Sweep, configs: list[str], values: list[float | None]) -> Insights:
        space = specs.spec_of(sweep).space
        rows = importance(space, [json.loads(text) for text in configs], values)
        n_runs = sum(value is not None for value in values)
        if not rows:
            message = (
                f"needs {MIN_RUNS} runs with a result, there are {n_runs}: with fewer, any ranking "
                "would be noise"
                if n_runs < MIN_RUNS
                else "all runs gave the same result, so no parameter can be told to matter"
            )
            return Insights(n_runs, False, message, ())
        parameters = tuple(
            ParameterInsight(
                row.name,
                row.importance,
                row.low,
                row.high,
                row.correlation,
                row.correlation_low,
                row.correlation_high,
            )
            for row in rows
        )
        return Insights(rows[0].n_runs, True, "", parameters)

    def bands(self, sweep: Sweep) -> list[tuple[int, float | None]]:
        """(iteration, what a run has to reach there now) of a sweep's stopping rule."""
        spec = specs.spec_of(sweep)
        rule = spec.early_terminate
        if rule is None or spec.metric is None:
            return []
        found: list[tuple[int, float | None]] = []
        with self._core.db.read() as connection:
            n_longest = objectives.longest(connection, sweep.pk)
            for band in stopping.bands(rule, n_longest):
                values = objectives.values_at(connection, sweep.pk, band, "value")
                limit = threshold(rule, spec.metric.goal, values) if values else None
                found.append((band, limit if rule.type != "median" else None))
        return found
