"""What filters and orders may name of a run: its fields, and paths into its config and summary."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sweepd.domain.config import MISSING, PRIVATE, find, private_part, unwrap
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import Run
from sweepd.services.streams.lines import parse_line

FIELDS: dict[str, Callable[[Run], Any]] = {
    "entity": lambda run: run.entity,
    "project": lambda run: run.project,
    "name": lambda run: run.run_id,
    "id": lambda run: run.run_id,
    "display_name": lambda run: run.display_name,
    "state": lambda run: str(run.state),
    "sweep": lambda run: run.sweep_id,
    "group": lambda run: run.group_name,
    "job_type": lambda run: run.job_type,
    "host": lambda run: run.host,
    "tags": lambda run: list(run.tags),
    "username": lambda run: run.user_name,
    "commit": lambda run: run.commit_sha,
    "program": lambda run: run.program,
    "exitcode": lambda run: run.exitcode,
    "notes": lambda run: run.notes,
    "description": lambda run: run.description,
    "created_at": lambda run: iso(run.created_at),
    "updated_at": lambda run: iso(run.updated_at),
    "heartbeat_at": lambda run: iso(run.heartbeat_at),
    "duration": lambda run: ((run.heartbeat_at or run.updated_at) - run.created_at).total_seconds(),
}
ALIASES = {
    "displayName": "display_name",
    "jobType": "job_type",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "heartbeatAt": "heartbeat_at",
    "user.username": "username",
    "user": "username",
    "job_program": "program",
    "jobProgram": "program",
    "group_name": "group",
    "groupName": "group",
    "sweep_name": "sweep",
    "sweepName": "sweep",
}
TIMES = ("created_at", "updated_at", "heartbeat_at")


def present(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A field which is null is not there; unlike a null in a config, which is a value."""
    return lambda item: MISSING if (found := read(item)) is None else found


def reader(path: str) -> Callable[[Run], Any]:
    """How to read a path of a run.

    Raises:
        BadInput: No run has such a path.
    """
    name = ALIASES.get(path, path)
    if name in FIELDS:
        return present(FIELDS[name])
    head, _, rest = name.partition(".")
    if head == "config" and rest:
        return lambda run: _config_value(run, rest)
    if (key := summary_key(name)) is not None:
        return lambda run: find(parse_line(run.summary), key)
    raise BadInput(
        f"runs have no {path!r}; filter by {', '.join(FIELDS)}, config.KEY or summary_metrics.KEY"
    )


def summary_key(name: str) -> str | None:
    """The key of the summary that a path names; None for a path to elsewhere."""
    head, _, rest = name.partition(".")
    if head in ("summary_metrics", "summary", "summaryMetrics") and rest:
        return rest
    if name.startswith("keys_info.keys."):
        return name.removeprefix("keys_info.keys.").removesuffix(".previousValue")
    return None


def _config_value(run: Run, rest: str) -> Any:
    config = parse_line(run.config)
    return find_in_config(unwrap(config) | {PRIVATE: private_part(config)}, rest)


def find_in_config(values: Mapping[str, Any], rest: str) -> Any:
    """The value under a path of a config whose values are bare, MISSING if none."""
    found = find(values, rest)
    if found is MISSING and rest.endswith(".value"):
        found = find(values, rest.removesuffix(".value"))
    if found is MISSING and ".value." in rest:
        found = find(values, rest.replace(".value.", ".", 1))
    return found


def iso(at: datetime | None) -> str | None:
    """A time as filters compare it."""
    return at.astimezone(UTC).isoformat() if at else None
