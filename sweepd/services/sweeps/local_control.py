"""The local controller (`wandb controller`, `wandb sweep --controller`): it chooses, we hand out.

It writes its commands into the sweep's `controller` field and reads from `scheduler` which run each
became. Sending the same command again changes nothing.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sweepd.domain.config import unwrap
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import LIVE, StopOrigin
from sweepd.domain.sweeps import EventKind, Sweep
from sweepd.domain.users import Caller
from sweepd.services.sweeps import edits as sweep_edits
from sweepd.services.sweeps import endings, lifecycle
from sweepd.store import runs, sweep_events, sweeps
from sweepd.store.database import Connection

MAX_REMEMBERED = 200  # commands answered; the client keeps one at a time


def obey(connection: Connection, sweep: Sweep, text: str, caller: Caller, at: datetime) -> None:
    """Do what a controller asks: queue configs, stop runs, or end the search.

    Args:
        text: JSON: {"schedule": [{"id", "data": {"args": {name: {"value"}} or null}}],
            "earlystop": [run id]}; args of null say that the search space is used up.

    Raises:
        BadInput: It is not that.
    """
    commands = read_object(text, "controller")
    schedule, stops = _listed(commands, "schedule"), _listed(commands, "earlystop")
    answers = read_object(sweep.scheduler, "scheduler")
    scheduled = [entry for entry in _listed(answers, "scheduled") if isinstance(entry, dict)]
    known = {entry.get("id") for entry in scheduled}
    for item in schedule:
        number, args = _read_scheduled(item)
        if number in known:
            continue
        if args is None:
            answers["exhausted"] = True
            continue
        answers.pop("exhausted", None)
        fresh = sweeps.get_sweep_by_pk(connection, sweep.pk)
        if fresh.run_cap is not None and fresh.n_cells >= fresh.run_cap:
            continue  # it learns so from the sweep's state
        run = sweep_edits.enqueue(connection, fresh, unwrap(args), None, caller, at)
        scheduled.append({"id": number, "runid": run.run_id})
        known.add(number)
    answers["scheduled"] = scheduled[-MAX_REMEMBERED:]
    sweeps.update_sweep(
        connection,
        sweep.pk,
        {"controller": text, "scheduler": json.dumps(answers), "updated_at": at},
    )
    for run_id in stops:
        found = runs.find_run(connection, sweep.project_pk, str(run_id))
        if found is not None and found.sweep_pk == sweep.pk:
            reason = "the local controller's rule stopped it"
            if found.state in LIVE and not found.stop_requested:
                lifecycle.request_stop(connection, found, reason, at, StopOrigin.RULE)
                message = f"{found.display_name} ({run_id}): {reason}"
                sweep_events.append_event(
                    connection, sweep.pk, at, caller.name, EventKind.STOP, message
                )
    if answers.get("exhausted"):
        endings.finish_if_done(connection, sweep.pk, at)


def read_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object of the sweep's `controller` or `scheduler` field.

    Raises:
        BadInput: It is none.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise BadInput(f"{what} should be JSON, got {text[:100]!r}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{what} should be a JSON object, got {text[:100]!r}")
    return found


def _listed(commands: Mapping[str, Any], key: str) -> list[Any]:
    found = commands.get(key) or []
    if not isinstance(found, list):
        raise BadInput(f"controller.{key} should be a list, got {type(found).__name__}")
    return found


def _read_scheduled(item: Any) -> tuple[str, dict[str, Any] | None]:
    """The id of a scheduled config and its args."""
    data = item.get("data") if isinstance(item, dict) else None
    args = data.get("args") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(args, dict | None):
        raise BadInput(
            'a scheduled config is {"id", "data": {"args": {name: {"value"}} or null}}, '
            f"got {str(item)[:100]}"
        )
    return str(item.get("id")), args
