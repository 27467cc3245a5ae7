"""What is said of what happened: the values a payload may name, and the body that is sent."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sweepd.domain.automations import (
    MAX_PAYLOAD,
    OF_METRICS,
    ActionType,
    Automation,
    EventType,
    Happening,
    fill_in,
    short,
)
from sweepd.domain.encoding import to_json
from sweepd.domain.runs import Run
from sweepd.domain.shown import parse
from sweepd.store import artifact_collections, artifacts, memberships, runs, sweep_runs, sweeps
from sweepd.store.database import Connection

MAX_VALUE = 2_000  # characters of one value


@dataclass(slots=True)
class Subject:
    """What something happened to.

    Attributes:
        path: Of its page.
        values: What a payload may name.
        filtered: What an automation's filter may ask for, beside the run.
    """

    path: tuple[str, ...]
    values: dict[str, Any]
    run: Run | None = None
    filtered: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_run(cls, run: Run, **more: Any) -> "Subject":
        """Of a run."""
        values = {
            "entity_name": run.entity,
            "project_name": run.project,
            "run_id": run.run_id,
            "run_name": run.display_name,
            "run_state": str(run.state),
            "sweep_id": run.sweep_id,
            "event_author": run.user_name or "",
            **more,
        }
        return cls((run.entity, run.project, "runs", run.run_id), values, run)


def subject_of(connection: Connection, happening: Happening) -> Subject | None:
    """What a happening is about; None when that is gone, or it says nothing new."""
    details = happening.details
    if happening.collection_pk is not None:
        return _version(connection, happening, happening.collection_pk)
    if happening.event is EventType.SWEEP_BEST:
        return _better_run(connection, happening)
    if happening.run_pk is not None:
        run = runs.find_run_by_pk(connection, happening.run_pk)
        if run is None or run.deleted_at is not None:
            return None
        state = {"run_state": details["state"]} if "state" in details else {}
        rest = {key: value for key, value in details.items() if key != "state"}
        return Subject.of_run(run, **state, **rest)
    if happening.sweep_pk is not None:
        return _sweep(connection, happening.sweep_pk, details)
    return None


def _sweep(connection: Connection, pk: int, details: dict[str, Any]) -> Subject | None:
    sweep = sweeps.find_sweep_by_pk(connection, pk)
    if sweep is None:
        return None
    best = sweep_runs.best_sweep_run(connection, pk, sweep.metric_goal)
    value = best and sweep.metric_goal.extreme(best.metric_min, best.metric_max)
    values = {
        "entity_name": sweep.entity,
        "project_name": sweep.project,
        "sweep_id": sweep.sweep_id,
        "sweep_name": sweep.display_name or sweep.sweep_id,
        "sweep_state": details.get("state", str(sweep.state)),
        "reason": details.get("reason", ""),
        "event_author": details.get("actor", ""),
        "best_run_id": best.run_id if best else None,
        "best_run_name": best.display_name if best else None,
        "metric_name": sweep.metric_name,
        "metric_value": value,
    }
    return Subject((sweep.entity, sweep.project, "sweeps", sweep.sweep_id), values)


def _better_run(connection: Connection, happening: Happening) -> Subject | None:
    """A run that ended as its sweep's best, when there are others with a result."""
    if happening.sweep_pk is None or happening.run_pk is None:
        return None
    found = _sweep(connection, happening.sweep_pk, {})
    run = runs.find_run_by_pk(connection, happening.run_pk)
    if found is None or run is None or found.values["best_run_id"] != run.run_id:
        return None
    if not sweep_runs.has_other_result(connection, happening.sweep_pk, run.pk):
        return None
    about = Subject.of_run(run)
    about.values |= {name: found.values[name] for name in _OF_SWEEP}
    return about


_OF_SWEEP = ("sweep_name", "metric_name", "metric_value")


def _version(connection: Connection, happening: Happening, collection_pk: int) -> Subject | None:
    home = artifact_collections.find_collection_by_pk(connection, collection_pk)
    if home is None:
        return None
    details = happening.details
    values: dict[str, Any] = {
        "entity_name": home.entity,
        "project_name": home.project,
        "artifact_collection_name": home.name,
        "artifact_type": home.type_name,
        "alias": details.get("alias"),
        "tag": details.get("tag"),
        "event_author": "",
    }
    path: tuple[str, ...] = (home.entity, home.project, "artifacts", home.type_name, home.name)
    filtered = {"alias": details.get("alias"), "tag": details.get("tag")}
    if happening.artifact_pk is not None:
        artifact = artifacts.find_artifact(connection, happening.artifact_pk)
        if artifact is None:
            return None
        places = memberships.list_memberships(connection, home.pk, artifact.pk)
        aliases = list(places[0].aliases) if places else list(details.get("aliases", ()))
        version = places[0].version if places else details.get("version")
        filtered["alias"] = details.get("alias", aliases)
        filtered["tag"] = details.get("tag", list(artifact.tags))
        run = runs.find_run_by_pk(connection, artifact.run_pk) if artifact.run_pk else None
        name = f"{home.entity}/{home.project}/{home.name}:v{version}"
        values |= {
            "artifact_version": f"v{version}",
            "artifact_version_index": version,
            "artifact_version_string": name,
            "artifact_digest": artifact.digest,
            "aliases": aliases,
            "event_author": (run.user_name if run else None) or "",
            **{
                f"artifact_metadata.{key}": value for key, value in parse(artifact.metadata).items()
            },
        }
        path = (*path, f"v{version}")
    return Subject(path, values, filtered=filtered)


def body_of(automation: Automation, subject: Subject, base: str, at: datetime) -> str:
    """The JSON that is sent; empty when nothing is."""
    if automation.action_type is ActionType.NO_OP:
        return ""
    url = base + "".join(f"/{quote(part, safe='')}" for part in subject.path)
    values = {
        "event_type": str(automation.event),
        "automation_name": automation.name,
        **{
            key: short(value, MAX_VALUE) if isinstance(value, str) else value
            for key, value in subject.values.items()
        },
        "url": url,
        "time": at.isoformat(),
    }
    action = json.loads(automation.action)
    if automation.action_type is ActionType.WEBHOOK:
        payload = action.get("payload")
        body = to_json(values if payload is None else fill_in(payload, values)).decode()
        return body if len(body) <= MAX_PAYLOAD else to_json({"url": url}).decode()
    title = fill_in(action.get("title") or "", values) or sentence(automation.event, values)
    message = fill_in(action.get("message") or "", values)
    if automation.event is EventType.RUN_ALERT and not message:
        message = str(values.get("text") or "")
    severity = values.get("severity") or action.get("severity") or "INFO"
    parts = {
        "title": short(" ".join(title.split()), 300),
        "message": short(message, 3000),
        "severity": severity,
        "url": url,
    }
    return to_json(parts).decode()


def sentence(event: EventType, values: dict[str, Any]) -> str:
    """What happened, in one line."""
    run = values.get("run_name") or values.get("run_id")
    sweep = values.get("sweep_name")
    metric, value = values.get("metric_name"), values.get("metric_value")
    number = f"{value:g}" if isinstance(value, float) else str(value)
    version = values.get("artifact_version_string") or values.get("artifact_collection_name")
    if event in OF_METRICS:
        return f"Run {run}: {metric} is at {number}"
    said = {
        EventType.RUN_STATE: f"Run {run} is {values.get('run_state')}",
        EventType.RUN_ALERT: f"Run {run}: {values.get('title')}",
        EventType.SWEEP_ENDED: f"Sweep {sweep} is {values.get('sweep_state')}",
        EventType.SWEEP_PAUSED: f"Sweep {sweep} was paused: {values.get('reason')}",
        EventType.SWEEP_BEST: f"Sweep {sweep}: {run} is now the best, {metric} = {number}",
        EventType.CREATE_ARTIFACT: f"{version} was created",
        EventType.LINK_ARTIFACT: f"{version} was linked",
        EventType.UNLINK_ARTIFACT: f"{version} was unlinked",
        EventType.ADD_ALIAS: f"{version} is now {values.get('alias')}",
        EventType.ADD_TAG: f"{version} was tagged {values.get('tag')}",
        EventType.REMOVE_TAG: f"{version} is no longer tagged {values.get('tag')}",
        EventType.ADD_COLLECTION_TAG: f"{version} was tagged {values.get('tag')}",
        EventType.REMOVE_COLLECTION_TAG: f"{version} is no longer tagged {values.get('tag')}",
    }
    return said[event]
