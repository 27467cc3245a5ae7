"""What the sweep page may change."""

from typing import Any

from starlette.requests import Request

from sweepd.domain.errors import BadInput
from sweepd.domain.fields import Fields
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.web.responses import address
from sweepd.web.session import Visitor
from sweepd.web.sweeps import sweep_of

_STATES = {
    "pause": SweepState.PAUSED,
    "resume": SweepState.RUNNING,
    "stop": SweepState.FINISHED,
    "cancel": SweepState.CANCELED,
}


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST …/actions: pause, resume, stop, cancel, retry, queue, cap, rename, describe, delete."""
    services, sweep = sweep_of(request, visitor)
    name = body.text("action")
    caller = visitor.caller
    if name in _STATES:
        services.sweeps.update(caller, sweep.pk, SweepChange(state=_STATES[name]))
        return {"message": f"The sweep is asked to {name}."}
    if name == "cap":
        return _change_cap(services, caller, sweep, body.whole("run_cap", low=1))
    if name == "retry":
        states = body.texts("states") or ["failed"]
        n = services.sweeps.retry(caller, sweep.pk, states)
        return {"message": f"{n} configs will be handed out again."}
    if name == "queue":
        config = body.object("config")
        if not config:
            raise BadInput("a config to queue is an object of parameter names and values")
        services.sweeps.enqueue(caller, sweep.pk, config)
        return {"message": "Queued: the next free agent gets it."}
    if name == "rename":
        new = body.text("name").strip()[:500]
        if not new:
            raise BadInput("a sweep's name cannot be empty")
        services.sweeps.update(caller, sweep.pk, SweepChange(display_name=new))
        return {"message": "Renamed."}
    if name == "describe":
        services.sweeps.update(caller, sweep.pk, SweepChange(description=body.text("description")))
        return {"message": "Saved."}
    if name == "delete":
        at = services.sweeps.delete(caller, sweep.pk)
        if body.found.get("with_runs") is True:
            services.runs.delete_of_sweep(caller, sweep.pk, at)
        return {"message": "Deleted.", "href": address(sweep.entity, sweep.project, "sweeps")}
    raise BadInput(f"no action {name!r}")


def _change_cap(
    services: Services, caller: Caller, sweep: Sweep, run_cap: int | None
) -> dict[str, Any]:
    services.sweeps.raise_cap(caller, sweep.pk, run_cap)
    return {"message": f"At most {run_cap} runs." if run_cap else "No limit on the runs."}
