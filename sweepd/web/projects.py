"""Project list, project page with its runs and sweeps, and what the runs table may change."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.projects import Project
from sweepd.domain.runs import ENDED
from sweepd.domain.sweeps import Sweep
from sweepd.services import specs
from sweepd.services.all import Services
from sweepd.services.sweeps import SweepChange
from sweepd.web import shapes
from sweepd.web.answering import address, crumbs, json_answer, render
from sweepd.web.runs import change
from sweepd.web.session import Visitor, services_of

MAX_AT_ONCE = 10_000  # runs changed by one press
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
    if entity is not None and entity not in visitor.caller.entities:
        raise NotFound(f"there is nothing at /{entity} that you may see")
    projects = [
        _summary(services, project)
        for project in services.projects.list_all(visitor.caller, entity)
    ]
    projects.sort(key=lambda item: item["last"] or "", reverse=True)
    return render(
        "projects.html", visitor, title=entity or "Projects", projects=projects,
        crumbs=crumbs((entity, None)) if entity else [], entity=entity,
        origin=str(request.base_url).rstrip("/"),
    )  # fmt: skip


def _summary(services: Services, project: Project) -> dict[str, Any]:
    runs = services.runs.list_all(project)
    last = max((run.updated_at for run in runs), default=project.created_at)
    return {
        "entity": project.entity, "name": project.name,
        "href": address(project.entity, project.name), "n_runs": len(runs),
        "n_running": sum(str(run.state) == "running" for run in runs),
        "n_sweeps": len(services.sweeps.list_all(project)),
        "last": shapes.moment(last), "description": project.description[:300],
    }  # fmt: skip


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project} and …/workspace: the project's sweeps and runs."""
    services, project = project_of(request, visitor)
    sweeps = [_sweep_row(services, sweep) for sweep in services.sweeps.list_all(project)]
    base = address(project.entity, project.name)
    return render(
        "project.html", visitor, title=project.name[:80], sweeps=sweeps, base_url=base,
        project={"name": project.name, "entity": project.entity,
                 "description": project.description[:1000]},
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, None)),
        data_url=address("-", "projects", project.entity, project.name),
        origin=str(request.base_url).rstrip("/"),
    )  # fmt: skip


def _sweep_row(services: Services, sweep: Sweep) -> dict[str, Any]:
    counts = services.sweeps.count_runs(sweep)
    best = services.sweeps.best_run(sweep)
    value = None
    if best is not None:
        value = best.metric_max if sweep.metric_goal == "maximize" else best.metric_min
    sizes = [n for n in (sweep.n_configs, sweep.run_cap) if n is not None]
    return {
        "href": address(sweep.entity, sweep.project, "sweeps", sweep.sweep_id),
        "name": shapes.title_of(sweep)[:200], "id": sweep.sweep_id, "state": str(sweep.state),
        "method": sweep.method, "n_runs": sum(counts.values()),
        "n_done": sum(n for state, n in counts.items() if state in {str(s) for s in ENDED}),
        "n_expected": min(sizes) if sizes else None,
        "best": f"{value:.4g}" if value is not None else "",
        "metric": (sweep.metric_name or "")[:80], "creator": sweep.user_name or "",
        "created": shapes.moment(sweep.created_at),
    }  # fmt: skip


def runs(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/runs: all runs, for the table."""
    services, project = project_of(request, visitor)
    head: dict[str, Any] = {
        "id": project.name, "name": project.name, "state": "", "metric": None, "parameters": [],
        "best_run_id": None, "yaml": "", "warnings": [],
    }  # fmt: skip
    found = services.runs.list_all(project)
    return json_answer({"sweep": head, "runs": [shapes.from_run(run) for run in found]})


def act(request: Request, visitor: Visitor, body: dict[str, Any]) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/actions: change many runs at once."""
    services, project = project_of(request, visitor)
    if body.get("action") == "undelete":
        return _undelete(services, visitor, body.get("keys"))
    ids = body.get("runs")
    if not isinstance(ids, list) or not ids or len(ids) > MAX_AT_ONCE:
        raise BadInput(f"name 1 to {MAX_AT_ONCE} runs")
    keys = []
    for run_id in ids:
        run = services.runs.get(visitor.caller, project.entity, project.name, str(run_id))
        one = dict(body)
        if body.get("action") == "add-tag":
            one = {"action": "tags", "tags": [*run.tags, str(body.get("tag", ""))]}
        change(services, visitor, run, one)
        keys.append(run.pk)
    return {"message": f"{len(ids)} runs changed.", "keys": keys}


def _undelete(services: Services, visitor: Visitor, keys: object) -> dict[str, Any]:
    """Bring deleted runs back; they have no address, so pages remember their keys."""
    if not isinstance(keys, list) or not all(isinstance(key, int) for key in keys):
        raise BadInput("name the keys of the runs to bring back")
    for key in keys:
        services.runs.undelete(visitor.caller, key)
    return {"message": f"{len(keys)} runs are back."}


def compare(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/compare?runs=a,b: runs side by side."""
    services, project = project_of(request, visitor)
    wanted = [name for name in request.query_params.get("runs", "").split(",") if name][:50]
    found = [
        services.runs.get(visitor.caller, project.entity, project.name, name) for name in wanted
    ]
    base = address(project.entity, project.name)
    rows = _compared([shapes.from_run(run) for run in found])
    return render(
        "compare.html", visitor, title="Compare runs", base_url=base, rows=rows,
        runs=[{"id": run.run_id, "name": run.display_name[:120],
               "href": address(run.entity, run.project, "runs", run.run_id)} for run in found],
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base),
                      ("Compare", None)),
    )  # fmt: skip


def _compared(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each key: the values side by side, and whether they differ."""
    rows = []
    for part in ("config", "summary"):
        for key in sorted({key for run in runs for key in run[part]}):
            values = [run[part].get(key) for run in runs]
            texts = ["\N{EN DASH}" if value is None else str(value)[:300] for value in values]
            rows.append({"part": part, "key": key[:200], "values": texts,
                         "differs": len(set(texts)) > 1})  # fmt: skip
    return rows


def new_sweep(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/sweeps/new: an editor for a sweep file."""
    services, project = project_of(request, visitor)
    base = address(project.entity, project.name)
    earlier = services.sweeps.list_all(project)
    return render(
        "new_sweep.html", visitor, title="New sweep", base_url=base,
        yaml=earlier[0].config_yaml if earlier else EXAMPLE,
        data_url=address("-", "projects", project.entity, project.name),
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base),
                      ("New sweep", None)),
    )  # fmt: skip


def check_sweep(request: Request, visitor: Visitor, body: dict[str, Any]) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/check: what a sweep file would do; creates nothing."""
    services, _ = project_of(request, visitor)
    text = str(body.get("yaml", ""))
    warnings, n_configs = services.sweeps.preview(text)
    spec = specs.parse(text)
    return {
        "warnings": warnings, "method": spec.method, "n_configs": n_configs,
        "run_cap": spec.run_cap, "parameters": [p.name for p in spec.space.parameters],
        "metric": spec.metric.name if spec.metric else None,
    }  # fmt: skip


def create_sweep(request: Request, visitor: Visitor, body: dict[str, Any]) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/sweeps: create it, answer with its address."""
    services, project = project_of(request, visitor)
    text = SweepChange(config_yaml=str(body.get("yaml", "")))
    sweep, warnings = services.sweeps.create(visitor.caller, project.entity, project.name, text)
    href = address(sweep.entity, sweep.project, "sweeps", sweep.sweep_id)
    return {"href": href, "warnings": warnings}
