"""The workspace of a project, and the views of it that are kept: the spec the client writes too."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields
from sweepd.domain.projects import Project
from sweepd.domain.views import (
    MAX_SPEC_BYTES,
    SWEEP_PAGE,
    WORKSPACE,
    View,
    own_name,
    own_sweep_name,
    owner_of,
)
from sweepd.services.all import Services
from sweepd.services.workspaces.views import ViewChange
from sweepd.web import projects, shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import address, crumbs, json_response, render
from sweepd.web.session import Visitor

MAX_VIEWS = 500  # listed, the last changed


def front(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}: the workspace once there is a curve, else how to begin."""
    services, project = project_of(request, visitor)
    is_asked = "nw" in request.query_params
    if is_asked or services.overviews.has_history(project):
        return show(request, visitor)
    return projects.show(request, visitor)


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/workspace?nw=NAME: curves of the project's runs."""
    _, project = project_of(request, visitor)
    if project.entity not in visitor.caller.entities:  # a registry has no runs
        return RedirectResponse(address(project.entity, project.name, "artifacts"), 302)
    base = address(project.entity, project.name)
    return render(
        "workspace.html",
        visitor,
        title=project.name[:80],
        inline_style=True,
        project={"name": project.name, "entity": project.entity},
        base_url=base,
        data_url=address("-", "projects", project.entity, project.name),
        runs_url=address("-", "runs", project.entity, project.name),
        tab="workspace",
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, None)),
        own=own_name(visitor.caller.name),
    )


def view(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/view?nw=NAME: a view, one's own without a name; and which
    there are. With `?sweep=ID` one's own panels on that sweep's page, of which there are no others.
    """
    services, project = project_of(request, visitor)
    asked, sweep = request.query_params.get("nw", ""), request.query_params.get("sweep", "")
    kind, name = _named(visitor, asked, sweep)
    found = services.views.find(project, kind, name)
    if found is None and asked and owner_of(kind, name) is None:
        raise NotFound(f"no view {asked[:80]!r} of this project; it may have been deleted")
    titles = [] if sweep else services.views.titles(project, WORKSPACE, MAX_VIEWS)
    return json_response(
        {
            "name": name,
            "is_own": bool(sweep) or name == own_name(visitor.caller.name),
            "may_change": owner_of(kind, name) in (None, visitor.caller.name),
            "view": _shape(found) if found else None,
            "views": [
                {
                    "nw": _nw(title.name),
                    "title": title.display_name or title.name,
                    "by": title.user_name,
                    "owner": owner_of(WORKSPACE, title.name),
                    "at": shapes.moment(title.updated_at),
                }
                for title in titles
            ],
        }
    )


def _named(visitor: Visitor, nw: str, sweep: str) -> tuple[str, str]:
    """Kind and name of the view that an address stands for."""
    if sweep:
        return SWEEP_PAGE, own_sweep_name(visitor.caller.name, sweep)
    return WORKSPACE, _name_of(nw) if nw else own_name(visitor.caller.name)


def _name_of(nw: str) -> str:
    """A view's name by what stands for it in an address, as the client makes it."""
    return f"nw-{nw}-w" if nw.startswith("nwuser") else f"nw-{nw}-v"


def _nw(name: str) -> str:
    return name.removeprefix("nw-").removesuffix("-v").removesuffix("-w")


def _shape(found: View) -> dict[str, Any]:
    return {
        "title": found.display_name,
        "at": shapes.moment(found.updated_at),
        "spec": shapes.parse(found.spec),
    }


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/view: save or delete a view."""
    services, project = project_of(request, visitor)
    action = body.text("action")
    kind, name = _named(visitor, body.text("nw", longest=200), body.text("sweep", longest=200))
    if action == "save":
        change = ViewChange(
            kind,
            name,
            body.words("title", "the name of the view", 200) if "title" in body.found else None,
            None,
            body.text("spec", longest=MAX_SPEC_BYTES + 1),
        )
        found, _ = services.views.save(visitor.caller, project.entity, project.name, change)
        return {"nw": _nw(found.name), "at": shapes.moment(found.updated_at)}
    if action == "delete":
        return _delete(services, visitor, project, kind, name)
    raise BadInput(f"no action {action!r}")


def _delete(
    services: Services, visitor: Visitor, project: Project, kind: str, name: str
) -> dict[str, Any]:
    found = services.views.find(project, kind, name)
    if found is not None:
        services.views.delete(visitor.caller, found.pk)
    return {"message": "Deleted."}
