"""A sweep as commands show it: asked for once, drawn as a line, a table or a summary."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from sweepd.cli import out, sweep_file
from sweepd.cli.client import Client
from sweepd.domain.config import unwrap
from sweepd.domain.errors import NotFound
from sweepd.domain.goals import Goal
from sweepd.domain.ids import SweepPath
from sweepd.domain.sweeps import AgentState
from sweepd.search.grammar.durations import seconds_of

_QUERY = """
query SweepProgress($entity: String, $project: String, $sweep: String!) {
  project(entityName: $entity, name: $project) {
    name entityName
    sweep(sweepName: $sweep) {
      id name displayName state stateReason method metricName metricGoal bestLoss runCountExpected
      config warnings
      bestRun { name }
      metrics { name goal }
      front { run name values }
      repeats { runs nValues mean halfWidth }
      agents { edges { node { name host state totalRuns } } }
      runs { edges { node {
        name displayName state stopReason config metricBest startedAt endedAt exitcode
      } } }
    }
  }
}
"""


@dataclass(frozen=True)
class Progress:
    """A sweep and its runs at one moment."""

    entity: str
    project: str
    sweep: dict[str, Any]
    runs: list[dict[str, Any]]

    @property
    def path(self) -> str:
        """`entity/project/sweep`."""
        return f"{self.entity}/{self.project}/{self.sweep['name']}"

    @property
    def is_over(self) -> bool:
        """Whether no more runs will be handed out and none is live."""
        return self.sweep["state"] in ("FINISHED", "CANCELED") and not self.count("live")

    def count(self, *kinds: str) -> int:
        """How many runs are of these kinds: live, done, failed."""
        return sum(_KINDS[run["state"]] in kinds for run in self.runs)

    @property
    def n_expected(self) -> int | None:
        """How many configs there will be; None when there is no end."""
        expected: int | None = self.sweep["runCountExpected"]
        return expected

    @property
    def best(self) -> dict[str, Any] | None:
        """The best run so far."""
        name = (self.sweep["bestRun"] or {}).get("name")
        return next((run for run in self.runs if run["name"] == name), None)

    def seconds_left(self) -> float | None:
        """A guess from the runs that have ended, or what is left of the sweep's budget of time;
        None while neither is known."""
        guesses = [self._seconds_of_runs(), self._seconds_of_budget()]
        return min((guess for guess in guesses if guess is not None), default=None)

    def _seconds_of_budget(self) -> float | None:
        extras = sweep_file.parse(self.sweep["config"]).get("sweepd")
        budget = seconds_of(extras.get("budget")) if isinstance(extras, dict) else None
        starts = [datetime.fromisoformat(run["startedAt"]) for run in self.runs if run["startedAt"]]
        if budget is None or not starts:
            return None
        return max(0.0, budget - (datetime.now(UTC) - min(starts)).total_seconds())

    def _seconds_of_runs(self) -> float | None:
        spans = [_seconds(run) for run in self.runs if run["endedAt"] and run["startedAt"]]
        if not spans or self.n_expected is None:
            return None
        n_left = self.n_expected - self.count("done", "failed")
        return max(0, n_left) * sum(spans) / len(spans) / self._n_at_once(n_left)

    def _n_at_once(self, n_left: int) -> int:
        """How many runs go on side by side: between two runs an agent has none, and works still."""
        agents = [edge["node"]["state"] for edge in self.sweep["agents"]["edges"]]
        n_working = agents.count(AgentState.RUNNING)
        return max(1, min(n_left, max(n_working, self.count("live"))))

    def table(self) -> Table:
        """The runs, best first."""
        swept = swept_names(self)
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in ("run", "state", *swept, str(self.sweep["metricName"]), "seconds"):
            table.add_column(
                out.cell(title), justify="right" if title not in ("run", "state") else "left"
            )
        sign = Goal(self.sweep["metricGoal"]).sign
        ranked = sorted(
            self.runs,
            key=lambda run: (run["metricBest"] is None, sign * (run["metricBest"] or 0.0)),
        )
        for run in ranked:
            config = plain_config(run)
            metric = run["metricBest"]
            cells = (
                run["displayName"],
                "stopped" if run["state"] == "killed" else run["state"],
                *(short(config.get(name)) for name in swept),
                "" if metric is None else f"{metric:.4f}",
                f"{_seconds(run):.0f}" if run["endedAt"] and run["startedAt"] else "",
            )
            table.add_row(*(out.cell(text) for text in cells))
        return table


_KINDS = {
    "pending": "live",
    "running": "live",
    "preempting": "live",
    "finished": "done",
    "killed": "done",
    "failed": "failed",
    "crashed": "failed",
    "preempted": "failed",
}


def ask(client: Client, path: SweepPath) -> Progress:
    """A sweep as it is now.

    Raises:
        NotFound: There is none of that name.
    """
    project = client.query(_QUERY, entity=path.entity, project=path.project, sweep=path.sweep_id)[
        "project"
    ]
    sweep = project and project["sweep"]
    if not sweep:
        raise NotFound(
            f"no sweep {path} at {client.url}; `sweepd sweeps` lists them, and a full name is "
            "ENTITY/PROJECT/SWEEP"
        )
    runs = [edge["node"] for edge in sweep.pop("runs")["edges"]]
    return Progress(project["entityName"], project["name"], sweep, runs)


def plain_config(run: dict[str, Any]) -> dict[str, Any]:
    """A run's config without wrappers."""
    return unwrap(json.loads(run["config"] or "{}"))


def swept_names(progress: Progress) -> list[str]:
    """The parameters that differ between runs, as the sweep file names them."""
    parameters = sweep_file.parse(progress.sweep["config"]).get("parameters") or {}
    return [str(name) for name, spec in parameters.items() if "value" not in (spec or {})]


def short(value: Any) -> str:
    """A value in a table's cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _seconds(run: dict[str, Any]) -> float:
    start, end = datetime.fromisoformat(run["startedAt"]), datetime.fromisoformat(run["endedAt"])
    return (end - start).total_seconds()
