"""The local controller (`wandb controller`, `wandb sweep --controller`): it chooses, we hand out.

It writes its wishes into the sweep's `controller` field and reads from `scheduler` which run each
became. Sending the same wish again changes nothing.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services import endings, lifecycle, sweep_edits
from sweepd.store import runs, sweeps
from sweepd.store.database import Connection

MAX_REMEMBERED = 200  # wishes answered; the client keeps one at a time


def obey(connection: Connection, sweep: Sweep, text: str, caller: Caller, at: datetime) -> None:
    """Do what a controller asks: queue configs, stop runs, or end the search.

    Args:
        text: JSON: {"schedule": [{"id", "data": {"args": {name: {"value"}} or null}}],
            "earlystop": [run id]}; args of null say that the search space is used up.

    Raises:
        BadInput: It is not that.
    """
    wishes = _read(text)
    answers = json.loads(sweep.scheduler or "{}")
    scheduled: list[dict[str, str]] = answers.get("scheduled", [])
    known = {entry["id"] for entry in scheduled}
    for wish in wishes.get("schedule") or []:
        number, args = wish.get("id"), (wish.get("data") or {}).get("args")
        if number in known:
            continue
        if args is None:
            answers["exhausted"] = True
            continue
        answers.pop("exhausted", None)
        fresh = sweeps.find_sweep_by_pk(connection, sweep.pk)
        assert fresh is not None
        if fresh.run_cap is not None and fresh.n_cells >= fresh.run_cap:
            continue  # it learns so from the sweep's state
        run = sweep_edits.enqueue(connection, fresh, _plain(args), None, caller, at)
        scheduled.append({"id": str(number), "runid": run.run_id})
        known.add(number)
    answers["scheduled"] = scheduled[-MAX_REMEMBERED:]
    sweeps.update_sweep(
        connection, sweep.pk,
        {"controller": text, "scheduler": json.dumps(answers), "updated_at": at},
    )  # fmt: skip
    for run_id in wishes.get("earlystop") or []:
        found = runs.find_run(connection, sweep.project_pk, str(run_id))
        if found is not None and found.sweep_pk == sweep.pk:
            reason = "the local controller's rule stopped it"
            if not found.stop_requested and lifecycle.request_stop(connection, found, reason, at):
                message = f"{found.display_name} ({run_id}): {reason}"
                sweeps.append_event(connection, sweep.pk, at, caller.name, "stop", message)
    if answers.get("exhausted"):
        endings.finish_if_done(connection, sweep.pk, at)


def _read(text: str) -> dict[str, Any]:
    try:
        wishes = json.loads(text or "{}")
    except ValueError as error:
        raise BadInput(f"controller should be JSON, got {text[:100]!r}") from error
    if not isinstance(wishes, dict):
        raise BadInput(f"controller should be a JSON object, got {text[:100]!r}")
    return wishes


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: item["value"] if isinstance(item, dict) and "value" in item else item
        for name, item in args.items()
    }
