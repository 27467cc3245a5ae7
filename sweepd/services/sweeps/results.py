"""What came of a sweep: its runs, agents, events, best configs, and what they teach."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Agent, EventKind, Sweep, SweepEvent, SweepPoint
from sweepd.search.spec import SweepSpec
from sweepd.search.stopping.rules import Replayed
from sweepd.services.core import Core
from sweepd.services.filters import mongo
from sweepd.services.paging import read_page, read_wanted
from sweepd.services.sweeps import early_stops, repeats, specs, time_budget
from sweepd.services.sweeps.front import FrontCache, FrontRun
from sweepd.services.sweeps.insights import InsightCache, Insights
from sweepd.services.sweeps.repeats import RepeatedConfig
from sweepd.store import (
    agents,
    projects,
    run_counts,
    run_listings,
    runs,
    sweep_events,
    sweep_points,
    sweep_runs,
)


class SweepResults:
    """All that may be read of a sweep the caller was shown."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._insights = InsightCache(core)
        self._front = FrontCache(core)

    def points(self, sweep: Sweep) -> list[SweepPoint]:
        """The sweep's runs as the comparison draws them."""
        with self._core.db.read() as connection:
            return sweep_points.list_points(connection, sweep.pk)

    def runs(self, sweep: Sweep, first: int | None = None, after_pk: int = 0) -> list[Run]:
        """The sweep's runs, in the order they were handed out."""
        with self._core.db.read() as connection:
            return sweep_runs.list_sweep_runs(connection, sweep.pk, first, after_pk)

    def page_runs(
        self, sweep: Sweep, where: str | None, start: Start, first: int | None
    ) -> Page[Run]:
        """A page of the sweep's runs that pass a filter, in the order they were handed out."""
        test = mongo.compile_filter(where) if where else None
        return read_wanted(self._core, run_listings.of_sweep(sweep.pk), start, first, test)

    def page_prior_runs(self, sweep: Sweep, start: Start, first: int | None) -> Page[Run]:
        """A page of the earlier runs attached to the sweep, oldest first."""
        return read_page(self._core, run_listings.attached_to(sweep.pk), start, first)

    def page_agents(self, sweep: Sweep, start: Start, first: int | None) -> Page[Agent]:
        """A page of the sweep's agents, oldest first."""
        return read_page(self._core, agents.of_sweep(sweep.pk), start, first)

    def count_runs(self, sweep: Sweep) -> dict[str, int]:
        """How many runs are in each state."""
        with self._core.db.read() as connection:
            return run_counts.count_states(connection, sweep.pk)

    def hands_out_until(self, sweep: Sweep) -> datetime | None:
        """When the sweep's time is used up; None without a budget, or before its first run."""
        with self._core.db.read() as connection:
            return time_budget.ends_at(connection, sweep)

    def best_run(self, sweep: Sweep) -> Run | None:
        """The run whose metric was best at any step; None when none logged it.

        With `repeats`, the best run of the config whose mean is best.
        """
        among = self.repeated(sweep)
        with self._core.db.read() as connection:
            if among and among[0].mean is not None:
                found = runs.find_runs_by_ids(connection, sweep.project_pk, among[0].run_ids)
                return repeats.best_of(found, sweep.metric_goal)
            return sweep_runs.best_sweep_run(connection, sweep.pk, sweep.metric_goal)

    def front(self, sweep: Sweep) -> list[FrontRun]:
        """The runs that no other beats in every metric, best by the first metric first.

        Empty with a single metric.
        """
        return self._front.of(sweep)

    def agents(self, sweep: Sweep) -> list[Agent]:
        """The sweep's agents, oldest first."""
        with self._core.db.read() as connection:
            return agents.list_agents(connection, sweep.pk)

    def events(self, sweep: Sweep, kind: EventKind | None = None) -> list[SweepEvent]:
        """What happened to the sweep, or what of one kind, oldest first."""
        with self._core.db.read() as connection:
            return sweep_events.list_events(connection, sweep.pk, kind)

    def repeated(self, sweep: Sweep) -> list[RepeatedConfig]:
        """The sweep's configs with the mean of their runs, best first; empty without `repeats`.

        A config that still lacks repetitions comes after those that have all.
        """
        extras = specs.spec_of(sweep).extras
        if extras.repeats < 2:
            return []
        found = repeats.group(self.points(sweep), extras.repeat_as, sweep.metric_goal)
        return repeats.ranked(found, extras.repeats, sweep.metric_goal)

    def stops(self, sweep: Sweep, rule: Mapping[str, Any] | None = None) -> list[Replayed]:
        """What a stopping rule would have stopped among the sweep's runs, as they arrived.

        Args:
            rule: As `early_terminate` has it; None takes the sweep's own.

        Raises:
            BadInput: The rule cannot be read, or the sweep has neither rule nor metric.
        """
        with self._core.db.read() as connection:
            return early_stops.replay(connection, sweep, rule)

    def importance(self, sweep: Sweep) -> Insights:
        """Which parameters matter, and in which direction; kept until results change."""
        return self._insights.importance(sweep)

    def bands(self, sweep: Sweep) -> list[tuple[int, float | None]]:
        """Where the stopping rule looks: (iteration, what a run has to reach there now)."""
        return self._insights.bands(sweep)

    def spec(self, sweep: Sweep) -> SweepSpec:
        """What the sweep's file says."""
        return specs.spec_of(sweep)

    def project(self, sweep: Sweep) -> Project:
        """The sweep's project."""
        with self._core.db.read() as connection:
            return projects.get_project_by_pk(connection, sweep.project_pk)
