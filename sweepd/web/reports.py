"""Reports of a project: a list of them, and a page to read one; the client writes the same spec."""

import base64
import binascii
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields
from sweepd.domain.projects import Project
from sweepd.domain.views import MAX_SPEC_BYTES, REPORT, View, ViewTitle
from sweepd.services.all import Services
from sweepd.services.workspaces.views import ViewChange
from sweepd.web import shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import address, crumbs, json_response, render
from sweepd.web.session import Visitor

MAX_LISTED = 1000  # the last changed
EMPTY = '{"version": 5, "panelSettings": {}, "blocks": [], "width": "readable", "authors": [], ' + (
    '"discussionThreads": []}'
)


def index(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/reports: the project's reports, the last changed first."""
    services, project = project_of(request, visitor)
    base = address(project.entity, project.name)
    return render(
        "reports.html",
        visitor,
        title=f"Reports of {project.name[:60]}",
        base_url=base,
        tab="reports",
        project={"name": project.name, "entity": project.entity},
        data_url=address("-", "projects", project.entity, project.name),
        reports=[
            _row(project, title) for title in services.views.titles(project, REPORT, MAX_LISTED)
        ],
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base)),
    )


def _row(project: Project, title: ViewTitle) -> dict[str, Any]:
    return {
        "href": _address(project, title.pk, title.display_name),
        "title": title.display_name or title.name,
        "description": title.description[:300],
        "by": title.user_name or "",
        "at": shapes.moment(title.updated_at),
    }


def _address(project: Project, pk: int, title: str) -> str:
    words = "-".join("".join(c if c.isalnum() else " " for c in title).split())[:80]
    return address(project.entity, project.name, "reports", f"{words}--{_id(pk)}")


def _id(pk: int) -> str:
    """A report's id as its address has it: the client's, without what fills it up."""
    return base64.b64encode(f"View:{pk}".encode()).decode().rstrip("=")


def _report(request: Request, visitor: Visitor) -> tuple[Services, Project, View]:
    services, project = project_of(request, visitor)
    text = request.path_params["report"].rpartition("--")[2]
    try:
        kind, _, pk = base64.b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        found = services.views.get(visitor.caller, int(pk)) if kind == "View" else None
    except (binascii.Error, ValueError):
        found = None
    if found is None or found.project_pk != project.pk or not found.kind.startswith(REPORT):
        raise NotFound("no such report of this project; it may have been deleted")
    return services, project, found


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/reports/{title--id}: a report, to read and to print."""
    _, project, found = _report(request, visitor)
    base = address(project.entity, project.name)
    return render(
        "report.html",
        visitor,
        title=found.display_name[:80] or "Report",
        inline_style=True,
        base_url=base,
        report={
            "title": found.display_name,
            "description": found.description[:2000],
            "by": found.user_name or "",
            "at": shapes.moment(found.updated_at),
        },
        data_url=address("-", "projects", project.entity, project.name, "reports", _id(found.pk)),
        project_url=address("-", "projects", project.entity, project.name),
        projects_url=address("-", "projects"),
        crumbs=crumbs(
            (project.entity, address(project.entity)),
            (project.name, base),
            ("Reports", address(project.entity, project.name, "reports")),
        ),
    )


def read(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/reports/{id}: its spec."""
    _, _, found = _report(request, visitor)
    return json_response({"title": found.display_name, "spec": shapes.parse(found.spec)})


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/reports/{id}: save or delete it."""
    services, _, found = _report(request, visitor)
    action = body.text("action")
    if action == "save":
        change = ViewChange(
            display_name=body.text("title", found.display_name, longest=200),
            spec=body.text("spec", longest=MAX_SPEC_BYTES + 1),
        )
        services.views.save(visitor.caller, None, None, change, found.pk)
    elif action == "delete":
        services.views.delete(visitor.caller, found.pk)
    else:
        raise BadInput(f"no action {action!r}")
    return {"message": "Done."}


def create(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/projects/{entity}/{project}/reports: an empty report; answers with its address."""
    services, project = project_of(request, visitor)
    title = body.words("title", "the title of the report", 200)
    change = ViewChange(REPORT, None, title, "", EMPTY)
    made, _ = services.views.save(visitor.caller, project.entity, project.name, change)
    return {"href": _address(project, made.pk, title)}
