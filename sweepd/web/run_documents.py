"""The runs that a page shows, written wherever a project's runs are read: here, or aside.

Each function is asked through `Aside.write` or `Aside.ask`. All runs are a list of `runs`, or, in a
large project, a `table` of columns (see `services.tables.table_json`).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sweepd.domain.encoding import to_json
from sweepd.domain.projects import Project
from sweepd.domain.runs import ENDED, Run
from sweepd.domain.shell import command
from sweepd.domain.sweeps import EventKind, Sweep
from sweepd.services.runs.overviews import Overviews
from sweepd.services.sweeps import specs, time_budget
from sweepd.services.sweeps.insights import Insights
from sweepd.services.sweeps.repeats import RepeatedConfig
from sweepd.services.sweeps.results import SweepResults
from sweepd.services.tables.fetching import Written
from sweepd.services.tables.reads import Reads
from sweepd.services.tables.tables import Standing
from sweepd.web import shapes

AT_ONCE = 200  # runs in one part of a list
MAX_WARNINGS = 20  # the newest
MAX_REPEATED = 200  # configs of a sweep with `repeats` told of
# Replicas may not agree on the time, and a transaction may take a while: what changed shortly
# before is sent once more.
OVERLAP = timedelta(seconds=20)


@dataclass(frozen=True)
class Asked:
    """What a page has, and how it wants the rest.

    Attributes:
        since: The state it shows, as its answer called it; empty when all is wanted.
        tag: Of the answer it has.
        as_runs: A list, whatever their number.
    """

    since: str = ""
    tag: str | None = None
    as_runs: bool = False


def of_project(
    reads: Reads, project_pk: int, in_columns: bool, project: Project, asked: Asked
) -> Written:
    """A project's runs, for the table."""
    lists = reads.of(Overviews)
    if in_columns:
        standing = reads.tables.standing(project_pk)
    else:
        version = lists.version(project)
        standing = Standing(version.n_visible, version.changed_at, {})
    head: dict[str, Any] = {
        "id": project.name,
        "name": project.name,
        "state": "",
        "metric": None,
        "parameters": [],
        "best_run_id": None,
        "yaml": "",
        "warnings": [],
    }
    mark = _mark(standing, 0)
    if (since := _since(asked, mark)) is not None:
        found = lists.changed_runs(project, since - OVERLAP)
        if found is not None:
            changed = [shapes.from_run(run) for run in found[0]]
            return _part(head, changed, found[1], standing.n, mark)
    tag = _tag(to_json([project.name, standing.n, mark]))
    if asked.tag == tag:
        return Written(tag)
    if in_columns:
        return _in_columns(reads, project_pk, None, head, mark, tag)
    return _list(reads, head, lambda: lists.all_runs(project), shapes.from_run, mark, tag)


def of_sweep(
    reads: Reads, project_pk: int, in_columns: bool, sweep: Sweep, asked: Asked
) -> Written:
    """The runs that a sweep compares: what the parallel view draws."""
    results, lists = reads.of(SweepResults), reads.of(Overviews)
    standing = _standing(reads, project_pk, in_columns, sweep)
    head = _head(results, sweep, standing)
    mark = _mark(standing, sweep.n_prior)
    if (since := _since(asked, mark)) is not None:
        found = lists.changed_points(sweep, since - OVERLAP)
        if found is not None:
            changed = [shapes.from_point(point) for point in found[0]]
            return _part(head, changed, found[1], standing.n, mark)
    tag = _tag(to_json([head, mark, asked.as_runs]))
    if asked.tag == tag:
        return Written(tag)
    if _are_own(sweep, in_columns) and not asked.as_runs:
        return _in_columns(reads, project_pk, sweep.pk, head, mark, tag)
    return _list(reads, head, lambda: results.points(sweep), shapes.from_point, mark, tag)


def best_of(
    reads: Reads, project_pk: int, in_columns: bool, sweep: Sweep
) -> tuple[Run | None, list[RepeatedConfig]]:
    """The run whose metric was best, and the configs of a sweep with `repeats`, best first."""
    results = reads.of(SweepResults)
    repeated = results.repeated(sweep)[:MAX_REPEATED]
    if repeated or not _are_own(sweep, in_columns):
        return results.best_run(sweep), repeated
    standing = _standing(reads, project_pk, in_columns, sweep)
    ids = [standing.best] if standing.best is not None else []
    return next(reads.of(Overviews).runs_named(results.project(sweep), ids), None), repeated


def insights_of(reads: Reads, _: int, __: bool, sweep: Sweep) -> Insights:
    """Which of a sweep's parameters matter."""
    return reads.of(SweepResults).importance(sweep)


def _are_own(sweep: Sweep, in_columns: bool) -> bool:
    """Whether the columns of the sweep's project have all runs that count for it."""
    return in_columns and not sweep.n_prior


def _standing(reads: Reads, project_pk: int, in_columns: bool, sweep: Sweep) -> Standing:
    results = reads.of(SweepResults)
    if _are_own(sweep, in_columns):
        found = reads.tables.standing(project_pk, sweep.pk, sweep.metric_goal.is_max)
        if specs.spec_of(sweep).extras.repeats < 2:
            return found
        n, changed_at, states = found.n, found.changed_at, found.states
    else:
        version = reads.of(Overviews).version_of_points(sweep)
        n, changed_at, states = version.n_visible, version.changed_at, results.count_runs(sweep)
    best = results.best_run(sweep)
    return Standing(n, changed_at, states, best.run_id if best else None)


def _head(results: SweepResults, sweep: Sweep, standing: Standing) -> dict[str, Any]:
    """All that the sweep page shows of the sweep itself."""
    spec = specs.spec_of(sweep)
    metric = None
    if sweep.metric_name:
        target = spec.metric.target if spec.metric else None
        metric = {"name": sweep.metric_name, "goal": sweep.metric_goal, "target": target}
    return {
        "id": sweep.sweep_id,
        "name": shapes.title_of(sweep),
        "state": str(sweep.state),
        "state_reason": sweep.state_reason,
        "description": (sweep.description or "")[:2000],
        "method": sweep.method,
        "metric": metric,
        "run_cap": sweep.run_cap,
        "hands_out_until": shapes.moment(results.hands_out_until(sweep)),
        "budget": time_budget.text(spec),
        "n_expected": sweep.n_expected,
        "n_done": sweep.n_prior + sum(standing.states.get(state, 0) for state in ENDED),
        "created_at": shapes.moment(sweep.created_at),
        "creator": sweep.user_name,
        "yaml": sweep.config_yaml,
        "agent_command": command("wandb", "agent", sweep.path),
        "best_run_id": standing.best,
        "metrics": [{"name": m.name, "goal": m.goal} for m in spec.metrics],
        "front": [
            {"id": run.run_id, "name": run.name, "values": list(run.values)}
            for run in results.front(sweep)
        ],
        "warnings": [
            {"message": event.message, "at": shapes.moment(event.at)}
            for event in results.events(sweep, EventKind.WARNING)[-MAX_WARNINGS:]
        ],
        "parameters": [shapes.from_parameter(p) for p in specs.parameters_of(sweep.config_yaml)],
    }


def _mark(standing: Standing, other: int) -> str:
    """The state that an answer shows; `other` is what may change without any run's changing."""
    at = standing.changed_at if standing.n else None
    return f"{at.isoformat() if at else ''} {other}"


def _since(asked: Asked, mark: str) -> datetime | None:
    """The time that the page's state is of; None when all must be sent."""
    at, _, other = asked.since.partition(" ")
    if other != mark.partition(" ")[2]:
        return None
    try:
        since = datetime.fromisoformat(at)
    except ValueError:
        return None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _part(
    head: dict[str, Any], changed: list[dict[str, Any]], gone: list[str], n: int, mark: str
) -> Written:
    body = to_json({"sweep": head, "changed": changed, "gone": gone, "n": n, "at": mark})
    return Written(_tag(body), body)


def _in_columns(
    reads: Reads, project_pk: int, sweep_pk: int | None, head: dict[str, Any], mark: str, tag: str
) -> Written:
    lead = b'{"sweep":' + to_json(head) + b',"at":' + to_json(mark) + b',"table":'
    opened = reads.tables.open_runs(reads.documents, project_pk, sweep_pk)
    return Written(tag, lead, opened, b"}")


def _list(
    reads: Reads,
    head: dict[str, Any],
    read: Callable[[], Sequence[Any]],
    shape: Callable[[Any], dict[str, Any]],
    mark: str,
    tag: str,
) -> Written:
    def parts() -> Iterator[bytes]:
        items = read()
        for start in range(0, len(items), AT_ONCE):
            text = to_json([shape(item) for item in items[start : start + AT_ONCE]])
            yield (b"," if start else b"") + text[1:-1]

    lead = b'{"sweep":' + to_json(head) + b',"at":' + to_json(mark) + b',"runs":['
    return Written(tag, lead, reads.documents.open(tag, lambda: [*parts()]), b"]}")


def _tag(text: bytes) -> str:
    return f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'
