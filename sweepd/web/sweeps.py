"""The sweep page and what it reads."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.config import unwrap
from sweepd.domain.encoding import to_json
from sweepd.domain.runs import Run
from sweepd.domain.shell import again
from sweepd.domain.sweeps import Agent, Sweep
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.web import curve_documents, run_documents, shapes
from sweepd.web.reach import reach_of
from sweepd.web.responses import address, crumbs, json_response, render, secure
from sweepd.web.session import Visitor, kept_days, services_of

MAX_CURVES = 60


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
        inline_style=True,  # charts that scripts logged, in panels
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
        project_url=address("-", "projects", sweep.entity, sweep.project),
        runs_url=address("-", "runs", sweep.entity, sweep.project),
        sweep_id=sweep.sweep_id,
        actions_url=f"{read}/actions",
        run_actions_url=address("-", "projects", sweep.entity, sweep.project, "actions"),
        preload=MODULES,
        days=kept_days(request),
        reach=reach_of(request),
    )


MODULES = [
    "sweep_page.js",
    "sweep_view.js",
    "parallel.js",
    *(
        f"common/{name}.js"
        for name in (
            "dom",
            "feed",
            "kinds",
            "moments",
            "news",
            "pressed",
            "rows",
            "run_list",
            "site",
            "turns",
            "stream_address",
            "values",
        )
    ),
    *(
        f"parallel/{name}.js"
        for name in (
            "beside",
            "model",
            "columns",
            "scales",
            "standings",
            "strokes",
            "colour",
            "selection",
            "address",
            "layout",
            "labels",
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
            "front",
            "head",
            "scatter",
            "start",
            "timeline",
        )
    ),
]


def details(request: Request, visitor: Visitor) -> Response:
    """GET …/details: agents, the log of changes, the best run's artifact and command."""
    services, sweep = sweep_of(request, visitor)
    best, repeated = services.tables.ask(sweep.project_pk, run_documents.best_of, sweep)
    return json_response(
        {
            "agents": [_agent(services, agent) for agent in services.sweeps.agents(sweep)],
            "log": [shapes.from_event(event) for event in services.sweeps.events(sweep)[-200:]],
            "best": _best(services, visitor.caller, sweep, best),
            "repeats": [asdict(item) for item in repeated],
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


def _best(
    services: Services, caller: Caller, sweep: Sweep, best: Run | None
) -> dict[str, Any] | None:
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


def _model_of(services: Services, caller: Caller, run: Run) -> dict[str, Any] | None:
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
    found = services.tables.ask(sweep.project_pk, run_documents.insights_of, sweep)
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
    named = services.overviews.runs_named(services.sweeps.project(sweep), wanted[:MAX_CURVES])
    own = [run for run in named if run.sweep_pk == sweep.pk]
    n_lines = sum(run.history_lines for run in own)
    write = curve_documents.of_objective
    found = services.reading.write(sweep.project_pk, n_lines, write, own)
    lines = [
        {"step": step, "threshold": shapes.plain(threshold)}
        for step, threshold in services.sweeps.bands(sweep)
    ]
    body = b'{"curves":' + found + b',"bands":' + to_json(lines) + b"}"
    return Response(body, media_type="application/json", headers=secure({}))
