"""Project list, project page with its runs and sweeps, and what the runs table may change."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields, whole
from sweepd.domain.projects import Project, ProjectSummary
from sweepd.domain.sweeps import Sweep, SweepSummary, count_text
from sweepd.services.all import Services
from sweepd.services.sweeps import specs, time_budget
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.web import first_steps, registries, shapes
from sweepd.web.reach import reach_of
from sweepd.web.responses import address, crumbs, json_response, render, segment
from sweepd.web.runs import change
from sweepd.web.session import Visitor, kept_days, services_of

MAX_SWEEP_FILE = 4_000_000  # characters
MAX_AT_ONCE = 10_000  # runs changed by one press
MAX_ALERTS = 20  # of all runs, the newest
TABS = ("runs", "sweeps")
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
        deleted_query=f"?entity={segment(entity)}" if entity else "",
        n_deleted=len(services.projects.list_deleted(visitor.caller, entity, MAX_DELETED)),
        steps=first_steps.commands(reach_of(request), entity or visitor.caller.name, "first"),
        registries_url=address(organization),
    )


def deleted_projects(request: Request, visitor: Visitor) -> Response:
    """GET /-/deleted: the projects that can be brought back, of one entity or all."""
    services, entity = services_of(request), request.query_params.get("entity")
    found = services.projects.list_deleted(visitor.caller, entity, MAX_DELETED)
    items = [
        {
            "key": item.pk,
            "name": f"{item.entity}/{item.name}"[:200],
            "note": count_of(item.n_runs, "run"),
            "at": shapes.moment(item.deleted_at),
        }
        for item in found
    ]
    return json_response({"items": items, "days": kept_days(request)})


def act_on_deleted(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/deleted: bring projects back."""
    services = services_of(request)
    keys = body.found.get("keys")
    if body.text("action") != "undelete" or not isinstance(keys, list):
        raise BadInput("name the keys of the projects to bring back")
    back = [
        services.projects.undelete(visitor.caller, whole(key, "a project's key")) for key in keys
    ]
    names = ", ".join(f"{project.entity}/{project.name}" for project in back)
    return {"message": f"Back: {names}."}


def count_of(n: int, what: str) -> str:
    """A number of things: "1 run", "3 runs"."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


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
    """GET /{entity}/{project}/runs and …/sweeps; without either, both lists."""
    services, project = project_of(request, visitor)
    if project.entity not in visitor.caller.entities:  # a registry has neither runs nor sweeps
        return RedirectResponse(address(project.entity, project.name, "artifacts"), 302)
    summaries = services.overviews.sweeps(project)
    sweeps = [
        _sweep_row(sweep, summaries.get(sweep.pk)) for sweep in services.sweeps.list_all(project)
    ]
    base = address(project.entity, project.name)
    last = request.url.path.rpartition("/")[2]
    return render(
        "project.html",
        visitor,
        tab=last if last in TABS and "project" in request.path_params else "",
        title=project.name[:80],
        sweeps=sweeps,
        base_url=base,
        days=kept_days(request),
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
        steps=first_steps.commands(reach_of(request), project.entity, project.name),
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


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST …/actions: describe, rename, delete it; change many runs at once; bring back."""
    services, project = project_of(request, visitor)
    if body.text("action") == "describe":
        text = body.text("description").strip()
        services.projects.ensure(visitor.caller, project.entity, project.name, text)
        return {"message": "Saved."}
    if body.text("action") == "rename-project":
        renamed = services.projects.rename(visitor.caller, project.pk, body.text("name").strip())
        return {"message": "Renamed.", "href": address(renamed.entity, renamed.name)}
    if body.text("action") == "delete-project":
        services.projects.delete(visitor.caller, project.pk)
        return {"message": "Deleted.", "href": f"{address()}/"}
    if body.text("action") in ("undelete", "undelete-sweeps"):
        return _undelete(services, visitor, body)
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
    """GET …/deleted: runs, or with `?of=sweeps` sweeps, that can be brought back."""
    services, project = project_of(request, visitor)
    if request.query_params.get("of") == "sweeps":
        items = [
            {
                "key": sweep.pk,
                "name": shapes.title_of(sweep)[:200],
                "at": shapes.moment(sweep.deleted_at),
            }
            for sweep in services.sweeps.list_deleted(project, MAX_DELETED)
        ]
    else:
        items = [
            {"key": key, "name": (name or run_id)[:200], "at": shapes.moment(at)}
            for key, run_id, name, at in services.overviews.deleted_runs(project, MAX_DELETED)
        ]
    return json_response({"items": items, "days": kept_days(request)})


def _undelete(services: Services, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """Bring runs or sweeps back; they have no address, so pages remember their keys."""
    keys = body.found.get("keys")
    of_sweeps = body.text("action") == "undelete-sweeps"
    what = "sweep" if of_sweeps else "run"
    if not isinstance(keys, list):
        raise BadInput(f"name the keys of the {what}s to bring back")
    bring_back = services.sweeps.undelete if of_sweeps else services.runs.undelete
    for key in keys:
        bring_back(visitor.caller, whole(key, f"a {what}'s key"))
    return {"message": f"Back: {count_of(len(keys), what)}."}


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
        "budget": time_budget.text(spec),
        "parameters": [p.name for p in specs.parameters_of(text)],
        "metric": spec.metric.name if spec.metric else None,
    }


def create_sweep(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/sweeps: create it, answer with its address."""
    services, project = project_of(request, visitor)
    text = SweepChange(config_yaml=body.text("yaml", longest=MAX_SWEEP_FILE))
    sweep, warnings = services.sweeps.create(visitor.caller, project.entity, project.name, text)
    href = address(sweep.entity, sweep.project, "sweeps", sweep.sweep_id)
    return {"href": href, "warnings": warnings}
