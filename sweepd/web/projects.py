"""Project list, project page with its runs and sweeps, and what the runs table may change."""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields, whole
from sweepd.domain.projects import Project, ProjectSummary
from sweepd.domain.sweeps import Sweep, SweepSummary, count_text
from sweepd.services.all import Services
from sweepd.services.sweeps import specs
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.web import registries, shapes
from sweepd.web.responses import address, crumbs, json_response, render, secure, segment
from sweepd.web.root import base_url
from sweepd.web.runs import change
from sweepd.web.session import Visitor, services_of

MAX_SWEEP_FILE = 4_000_000  # characters
MAX_AT_ONCE = 10_000  # runs changed by one press
MAX_ALERTS = 20  # of all runs, the newest
MAX_DELETED = 500  # listed to be brought back
EXAMPLE = """\
program: agent.py
method: bayes
metric:
  name: epoch/val_accuracy
  goal: maximize
parameters:
  epochs:
    values: [3, 5, 10]
  batch_size:
    values: [64, 128, 256]
  dropout:
    min: 0.1
    max: 0.6
run_cap: 20
"""


def project_of(request: Request, visitor: Visitor) -> tuple[Services, Project]:
    """The services, and the project that the address names."""
    services = services_of(request)
    path = request.path_params
    return services, services.projects.get(visitor.caller, path["entity"], path["project"])


def index(request: Request, visitor: Visitor) -> Response:
    """GET / and /{entity}: the projects one may see."""
    services = services_of(request)
    entity = request.path_params.get("entity")
    organization = services.registries.organization().name
    if entity is not None and entity not in visitor.caller.entities:
        if entity == organization:
            return registries.index(request, visitor, organization)
        raise NotFound(f"there is nothing at /{entity} that you may see")
    projects = [_summary(item) for item in services.overviews.projects(visitor.caller, entity)]
    return render(
        "projects.html",
        visitor,
        title=entity or "Projects",
        projects=projects,
        crumbs=crumbs((entity, None)) if entity else [],
        entity=entity,
        origin=base_url(request),
        registries_url=address(organization),
    )


def _summary(item: ProjectSummary) -> dict[str, Any]:
    project = item.project
    return {
        "entity": project.entity,
        "name": project.name,
        "href": address(project.entity, project.name),
        "n_runs": item.n_runs,
        "n_running": item.n_running,
        "n_sweeps": item.n_sweeps,
        "last": shapes.moment(item.last_at),
        "description": project.description[:300],
    }


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project} and …/workspace: the project's sweeps and runs."""
    services, project = project_of(request, visitor)
    if project.entity not in visitor.caller.entities:  # a registry has neither runs nor sweeps
        return RedirectResponse(address(project.entity, project.name, "artifacts"), 302)
    summaries = services.overviews.sweeps(project)
    sweeps = [
        _sweep_row(sweep, summaries.get(sweep.pk)) for sweep in services.sweeps.list_all(project)
    ]
    base = address(project.entity, project.name)
    return render(
        "project.html",
        visitor,
        title=project.name[:80],
        sweeps=sweeps,
        base_url=base,
        project={
            "name": project.name,
            "entity": project.entity,
            "description": project.description[:1000],
        },
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, None)),
        alerts=[
            shapes.from_alert(alert) | {"href": f"{base}/runs/{segment(alert.run_id)}#alerts"}
            for alert in services.notices.of_project(project, MAX_ALERTS)
        ],
        data_url=address("-", "projects", project.entity, project.name),
        origin=base_url(request),
    )


def _sweep_row(sweep: Sweep, summary: SweepSummary | None) -> dict[str, Any]:
    value = None
    if summary is not None:
        value = sweep.metric_goal.extreme(summary.metric_min, summary.metric_max)
    return {
        "href": address(sweep.entity, sweep.project, "sweeps", sweep.sweep_id),
        "name": shapes.title_of(sweep)[:200],
        "id": sweep.sweep_id,
        "state": str(sweep.state),
        "method": sweep.method,
        "n_done": summary.n_ended if summary else 0,
        "n_expected": None if sweep.n_expected is None else count_text(sweep.n_expected),
        "best": f"{value:.4g}" if value is not None else "",
        "metric": (sweep.metric_name or "")[:80],
        "creator": sweep.user_name or "",
        "created": shapes.moment(sweep.created_at),
    }


def runs(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/runs: all runs, for the table."""
    services, project = project_of(request, visitor)
    stamp = services.overviews.stamp(project).encode()
    tag = f'"{hashlib.blake2b(stamp, digest_size=12).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=secure({"ETag": tag}))
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
    found = services.runs.list_all(project)
    return json_response({"sweep": head, "runs": [shapes.from_run(run) for run in found]}, ETag=tag)


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/actions: change many runs at once."""
    services, project = project_of(request, visitor)
    if body.text("action") == "undelete":
        return _undelete(services, visitor, body.found.get("keys"))
    ids = body.texts("runs")
    if not ids or len(ids) > MAX_AT_ONCE:
        raise BadInput(f"name 1 to {MAX_AT_ONCE} runs")
    keys = []
    for run_id in ids:
        run = services.runs.get(visitor.caller, project.entity, project.name, run_id)
        one = body
        if body.text("action") == "add-tag":
            one = Fields({"action": "tags", "tags": [*run.tags, body.text("tag")]})
        change(services, visitor, run, one)
        keys.append(run.pk)
    return {"message": f"{len(ids)} runs changed.", "keys": keys}


def deleted(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/deleted: runs that can be brought back."""
    services, project = project_of(request, visitor)
    found = services.overviews.deleted_runs(project, MAX_DELETED)
    return json_response(
        {
            "runs": [
                {"key": key, "id": run_id, "name": name[:200], "at": shapes.moment(at)}
                for key, run_id, name, at in found
            ]
        }
    )


def _undelete(services: Services, visitor: Visitor, keys: object) -> dict[str, Any]:
    """Bring deleted runs back; they have no address, so pages remember their keys."""
    if not isinstance(keys, list):
        raise BadInput("name the keys of the runs to bring back")
    for key in keys:
        services.runs.undelete(visitor.caller, whole(key, "a run's key"))
    return {"message": f"{len(keys)} runs are back."}


def new_sweep(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/sweeps/new: an editor for a sweep file."""
    services, project = project_of(request, visitor)
    base = address(project.entity, project.name)
    earlier = services.sweeps.list_all(project)
    return render(
        "new_sweep.html",
        visitor,
        title="New sweep",
        base_url=base,
        yaml=earlier[0].config_yaml if earlier else EXAMPLE,
        data_url=address("-", "projects", project.entity, project.name),
        crumbs=crumbs(
            (project.entity, address(project.entity)), (project.name, base), ("New sweep", None)
        ),
    )


def check_sweep(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/check: what a sweep file would do; creates nothing."""
    services, _ = project_of(request, visitor)
    text = body.text("yaml", longest=MAX_SWEEP_FILE)
    warnings, n_expected = services.sweeps.preview(text)
    spec = specs.parse(text)
    return {
        "warnings": warnings,
        "method": spec.method,
        "n_expected": n_expected,
        "run_cap": spec.run_cap,
        "parameters": [p.name for p in shapes.in_file_order(spec.space.parameters, text)],
        "metric": spec.metric.name if spec.metric else None,
    }


def create_sweep(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/sweeps: create it, answer with its address."""
    services, project = project_of(request, visitor)
    text = SweepChange(config_yaml=body.text("yaml", longest=MAX_SWEEP_FILE))
    sweep, warnings = services.sweeps.create(visitor.caller, project.entity, project.name, text)
    href = address(sweep.entity, sweep.project, "sweeps", sweep.sweep_id)
    return {"href": href, "warnings": warnings}
