"""What the pages' scripts read: runs and sweeps as plain JSON, every number finite or a word."""

from datetime import datetime
from typing import Any

from sweepd.domain.config import unwrap
from sweepd.domain.runs import Alert, Run, outcome
from sweepd.domain.shown import MAX_SHORT
from sweepd.domain.shown import flat as flat  # what the pages' modules say
from sweepd.domain.shown import parse as parse
from sweepd.domain.shown import plain as plain
from sweepd.domain.shown import readable_summary as readable_summary
from sweepd.domain.sweeps import Sweep, SweepEvent, SweepPoint


def moment(at: datetime | None) -> str | None:
    """A time as JavaScript reads it."""
    return at.isoformat() if at is not None else None


def numbers_in(text: str) -> list[str]:
    """Names of the numbers of a summary, without the client's own keys."""
    found = flat(parse(text))
    words = ("NaN", "Infinity", "-Infinity")
    return [
        key
        for key, value in found.items()
        if not key.startswith("_")
        and (value in words if isinstance(value, str) else type(value) in (int, float))
    ]


def from_point(point: SweepPoint) -> dict[str, Any]:
    """A run of a sweep, for the parallel view."""
    return {
        "id": point.run_id,
        "number": point.pk,  # colours go by it
        "name": point.display_name,
        "state": str(point.state),
        "outcome": outcome(point.state, point.stop_origin),
        "stop_reason": point.stop_reason,
        "config": flat(parse(point.config)),
        "metric": {
            "last": plain(point.metric_last),
            "min": plain(point.metric_min),
            "max": plain(point.metric_max),
        },
        "summary": readable_summary(point.summary),
        "n_steps": point.n_history,
        "created_at": moment(point.created_at),
        "started_at": moment(point.started_at),
        "ended_at": moment(point.ended_at),
        "agent": point.agent,
        "attempt": point.attempt,
    }


def from_run(run: Run) -> dict[str, Any]:
    """A run of a project, for the runs table."""
    return {
        "id": run.run_id,
        "number": run.pk,
        "name": run.display_name,
        "state": str(run.state),
        "outcome": outcome(run.state, run.stop_origin),
        "stop_reason": run.stop_reason,
        "config": flat(unwrap(parse(run.config))),
        "metric": {
            "last": plain(run.metric_last),
            "min": plain(run.metric_min),
            "max": plain(run.metric_max),
        },
        "summary": readable_summary(run.summary),
        "n_steps": run.history_lines,
        "created_at": moment(run.created_at),
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "agent": run.host,
        "attempt": run.attempt,
        "sweep": run.sweep_id,
        "tags": list(run.tags),
        "notes": (run.notes or "")[:MAX_SHORT],
        "group": run.group_name,
        "user": run.user_name,
    }


def from_parameter(parameter: Any) -> dict[str, Any]:
    """An axis of the search space; `parameter` is a search Parameter."""
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "scale": parameter.scale,
        "values": [plain(value) for value in parameter.values] or None,
        "min": plain(parameter.low),
        "max": plain(parameter.high),
    }


def from_event(event: SweepEvent) -> dict[str, Any]:
    """A line of the sweep's log."""
    return {
        "at": moment(event.at),
        "actor": event.actor,
        "kind": event.kind,
        "message": event.message[:20_000],
    }


def from_alert(alert: Alert) -> dict[str, Any]:
    """What a script called out."""
    return {
        "title": alert.title[:500],
        "body": alert.body[:20_000],
        "level": alert.severity.lower(),
        "at": moment(alert.at),
        "run": alert.run_id,
        "name": alert.run_name[:200],
    }


def title_of(sweep: Sweep) -> str:
    """The sweep's name, or its id when it has none."""
    return sweep.display_name or sweep.sweep_id
