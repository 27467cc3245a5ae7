"""The sweep page, what it reads, and what it may change."""

import hashlib
import threading
import time
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.config import unwrap
from sweepd.domain.encoding import to_json
from sweepd.domain.errors import BadInput
from sweepd.domain.fields import Fields
from sweepd.domain.runs import ENDED
from sweepd.domain.shell import again, command
from sweepd.domain.sweeps import Agent, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.web import shapes
from sweepd.web.responses import address, crumbs, json_response, render, secure
from sweepd.web.session import Visitor, services_of

CACHE_S = 5.0  # another server process may have changed a sweep without our knowing
MAX_CACHED = 64  # documents kept, each of some megabytes at ten thousand runs
MAX_CURVES = 60
MAX_REPEATED = 200  # configs of a sweep with `repeats` told of
CURVE_POINTS = 400
_STATES = {
    "pause": SweepState.PAUSED,
    "resume": SweepState.RUNNING,
    "stop": SweepState.FINISHED,
    "cancel": SweepState.CANCELED,
}


def sweep_of(request: Request, visitor: Visitor) -> tuple[Services, Sweep]:
    """The services, and the sweep that the address names."""
    services = services_of(request)
    path = request.path_params
    return services, services.sweeps.get(
        visitor.caller, path["entity"], path["project"], path["sweep"]
    )


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/sweeps/{sweep}"""
    _, sweep = sweep_of(request, visitor)
    title = shapes.title_of(sweep)
    read = address("-", "sweeps", sweep.entity, sweep.project, sweep.sweep_id)
    base = address(sweep.entity, sweep.project)
    return render(
        "sweep.html",
        visitor,
        title=title[:80],
        sweep={"name": title[:300], "state": str(sweep.state)},
        crumbs=crumbs(
            (sweep.entity, address(sweep.entity)), (sweep.project, base), (title[:200], None)
        ),
        base_url=base,
        points_url=f"{read}/points",
        details_url=f"{read}/details",
        insights_url=f"{read}/insights",
        curves_url=f"{read}/curves",
        events_url=f"{read}/events",
        actions_url=f"{read}/actions",
        run_actions_url=address("-", "projects", sweep.entity, sweep.project, "actions"),
        preload=MODULES,
    )


MODULES = [
    "sweep_page.js",
    "sweep_view.js",
    "parallel.js",
    *(f"common/{name}.js" for name in ("dom", "feed", "site", "values")),
    *(
        f"parallel/{name}.js"
        for name in (
            "model",
            "columns",
            "scales",
            "colour",
            "selection",
            "address",
            "layout",
            "lines",
            "axes",
            "axis_actions",
            "axis_menu",
            "brushes",
            "hover_card",
            "toolbar",
            "table",
            "table_rows",
            "export",
        )
    ),
    *(
        f"sweep/{name}.js"
        for name in (
            "analysis",
            "cards",
            "contour",
            "curves",
            "export_page",
            "frame",
            "head",
            "scatter",
            "timeline",
        )
    ),
]


class _Cache:
    """The last document of each sweep as bytes, until something changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[int, float, bytes, str]] = {}

    def find(self, pk: int, count: int) -> tuple[bytes, str] | None:
        with self._lock:
            found = self._kept.get(pk)
        if found is None or found[0] != count or time.monotonic() - found[1] > CACHE_S:
            return None
        return found[2], found[3]

    def keep(self, pk: int, count: int, body: bytes) -> tuple[bytes, str]:
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        with self._lock:
            while len(self._kept) >= MAX_CACHED:
                self._kept.pop(next(iter(self._kept)))
            self._kept[pk] = (count, time.monotonic(), body, tag)
        return body, tag


def points(request: Request, visitor: Visitor) -> Response:
    """GET /-/sweeps/{entity}/{project}/{sweep}/points: what the parallel view draws."""
    services, sweep = sweep_of(request, visitor)
    state = request.app.state
    if not hasattr(state, "points_cache"):
        state.points_cache = _Cache()
    cache: _Cache = state.points_cache
    count = services.changes.count("sweep", sweep.pk)
    body, tag = cache.find(sweep.pk, count) or cache.keep(
        sweep.pk, count, to_json(_document(services, sweep))
    )
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=secure({"ETag": tag}))
    return Response(body, media_type="application/json", headers=secure({"ETag": tag}))


def _document(services: Services, sweep: Sweep) -> dict[str, Any]:
    runs = [shapes.from_point(point) for point in services.sweeps.points(sweep)]
    spec = services.sweeps.spec(sweep)
    best = services.sweeps.best_run(sweep)
    warnings = [e for e in services.sweeps.events(sweep) if e.kind == "warning"]
    ended = {str(state) for state in ENDED}
    metric = None
    if sweep.metric_name:
        target = spec.metric.target if spec.metric else None
        metric = {"name": sweep.metric_name, "goal": sweep.metric_goal, "target": target}
    head = {
        "id": sweep.sweep_id,
        "name": shapes.title_of(sweep),
        "state": str(sweep.state),
        "state_reason": sweep.state_reason,
        "method": sweep.method,
        "metric": metric,
        "run_cap": sweep.run_cap,
        "n_expected": sweep.n_expected,
        "n_done": sum(run["state"] in ended for run in runs),
        "created_at": shapes.moment(sweep.created_at),
        "creator": sweep.user_name,
        "yaml": sweep.config_yaml,
        "agent_command": command("wandb", "agent", sweep.path),
        "best_run_id": best.run_id if best else None,
        "warnings": [{"message": e.message, "at": shapes.moment(e.at)} for e in warnings[-20:]],
        "parameters": [
            shapes.from_parameter(p)
            for p in shapes.in_file_order(spec.space.parameters, sweep.config_yaml)
        ],
    }
    return {"sweep": head, "runs": runs}


def details(request: Request, visitor: Visitor) -> Response:
    """GET …/details: agents, the log of changes, the best run's artifact and command."""
    services, sweep = sweep_of(request, visitor)
    return json_response(
        {
            "agents": [_agent(services, agent) for agent in services.sweeps.agents(sweep)],
            "log": [shapes.from_event(event) for event in services.sweeps.events(sweep)[-200:]],
            "best": _best(services, visitor.caller, sweep),
            "repeats": [asdict(item) for item in services.sweeps.repeated(sweep)[:MAX_REPEATED]],
        }
    )


def _agent(services: Services, agent: Agent) -> dict[str, Any]:
    return {
        "name": agent.name,
        "host": agent.host,
        "n_runs": agent.n_runs,
        "state": str(services.scheduling.agent_state(agent)).lower(),
        "created_at": shapes.moment(agent.created_at),
        "heartbeat_at": shapes.moment(agent.heartbeat_at),
        "exited_at": shapes.moment(agent.exited_at),
        "alive_runs": list(agent.alive_runs),
    }


def _best(services: Services, caller: Caller, sweep: Sweep) -> dict[str, Any] | None:
    best = services.sweeps.best_run(sweep)
    if best is None:
        return None
    spec = services.sweeps.spec(sweep)
    program = spec.program or best.program
    config = shapes.flat(unwrap(shapes.parse(best.config)))
    names = [parameter.name for parameter in spec.space.parameters]
    return {
        "run_id": best.run_id,
        "command": again(program, config, names) if program else None,
        "artifact": _model_of(services, caller, best),
    }


def _model_of(services: Services, caller: Caller, run: Any) -> dict[str, Any] | None:
    """The newest model that the run logged, with its address."""
    logged = services.artifacts.logged_by(caller, run)
    found = [item for item in logged if item.type_name == "model"]
    if not found:
        return None
    newest = found[-1]
    name = f"{newest.collection}:v{newest.version}"
    href = address(
        run.entity,
        run.project,
        "artifacts",
        newest.type_name,
        newest.collection,
        f"v{newest.version}",
    )
    return {"name": name, "href": href, "size": None}


def insights(request: Request, visitor: Visitor) -> Response:
    """GET …/insights: importance and correlation of the parameters."""
    services, sweep = sweep_of(request, visitor)
    found = services.sweeps.importance(sweep)
    names = (
        "importance",
        "importance_low",
        "importance_high",
        "correlation",
        "correlation_low",
        "correlation_high",
    )
    return json_response(
        {
            "n_runs": found.n_runs,
            "enough": found.enough,
            "message": found.message,
            "parameters": [
                {"name": p.name, **{name: shapes.plain(getattr(p, name, None)) for name in names}}
                for p in found.parameters
            ],
        }
    )


def curves(request: Request, visitor: Visitor) -> Response:
    """GET …/curves?runs=a,b: the metric over the steps of some runs, and where rules look."""
    services, sweep = sweep_of(request, visitor)
    wanted = [name for name in request.query_params.get("runs", "").split(",") if name]
    found = {}
    for run_id in wanted[:MAX_CURVES]:
        run = services.runs.find(visitor.caller, sweep.entity, sweep.project, run_id)
        if run is None or run.sweep_pk != sweep.pk:
            continue
        values = services.reading.objective(run)
        every = max(1, -(-len(values) // CURVE_POINTS))
        kept = [v for k, v in enumerate(values) if k % every == 0 or k == len(values) - 1]
        found[run_id] = [[step, value] for step, value in kept]
    lines = [
        {"step": step, "threshold": shapes.plain(threshold)}
        for step, threshold in services.sweeps.bands(sweep)
    ]
    return json_response({"curves": found, "bands": lines})


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST …/actions: pause, resume, stop, cancel, retry, queue, cap."""
    services, sweep = sweep_of(request, visitor)
    name = body.text("action")
    caller = visitor.caller
    if name in _STATES:
        services.sweeps.update(caller, sweep.pk, SweepChange(state=str(_STATES[name])))
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
    raise BadInput(f"no action {name!r}")


def _change_cap(
    services: Services, caller: Caller, sweep: Sweep, run_cap: int | None
) -> dict[str, Any]:
    services.sweeps.raise_cap(caller, sweep.pk, run_cap)
    return {"message": f"At most {run_cap} runs." if run_cap else "No limit on the runs."}
