"""The organisation's registries, and the addresses the client prints for what is linked."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sweepd.domain.errors import NotFound
from sweepd.domain.projects import Project
from sweepd.domain.registries import PREFIX, Registry
from sweepd.web import shapes
from sweepd.web.responses import address, crumbs, render, secure
from sweepd.web.session import Visitor, services_of


def index(request: Request, visitor: Visitor, name: str) -> Response:
    """GET /{organisation}: the registries one may see."""
    services = services_of(request)
    return render(
        "registries.html",
        visitor,
        title="Registries",
        crumbs=crumbs((name, None)),
        registries=[
            _card(
                registry,
                str(services.registries.role(visitor.caller, registry)),
                len(services.overviews.collections(registry.project)),
            )
            for registry in services.registries.list_all(visitor.caller, order="name")
        ],
    )


def _card(registry: Registry, role: str, n_collections: int) -> dict[str, Any]:
    return {
        "name": registry.name[:200],
        "description": registry.project.description[:300],
        "href": address(registry.project.entity, registry.project.name, "artifacts"),
        "types": "all types" if registry.takes_all_types else ", ".join(registry.type_names)[:200],
        "is_restricted": registry.is_restricted,
        "role": role,
        "n_collections": n_collections,
        "last": shapes.moment(registry.updated_at),
    }


def heading(request: Request, visitor: Visitor, project: Project) -> dict[str, Any] | None:
    """What the list of artifacts says of a registry; None for an ordinary project."""
    if project.entity in visitor.caller.entities:
        return None
    services = services_of(request)
    registry = services.registries.get(project)
    return _card(registry, str(services.registries.role(visitor.caller, registry)), 0) | {
        "path": project.name,
        "an_example": (registry.type_names or ("model",))[0],
        "users": [
            (user.name, str(user.role)) for user in services.registries.members.list_users(project)
        ],
        "teams": [
            (team.name, str(team.role)) for team in services.registries.members.list_teams(project)
        ],
    }


def of_organization(request: Request, visitor: Visitor) -> Response:
    """GET /orgs/{org}/registry[/{name}]: where the client says a registry, or a link, is."""
    path = request.path_params
    if "selectionPath" in request.query_params:
        return linked(request, visitor)
    if "name" not in path:
        return _redirect(address(path["org"]))
    return _redirect(address(path["org"], PREFIX + path["name"], "artifacts"))


def linked(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/registry/model?selectionPath=…&version=…: a linked version."""
    services = services_of(request)
    entity, _, rest = request.query_params.get("selectionPath", "").partition("/")
    project_name, _, name = rest.partition("/")
    project = services.projects.get(visitor.caller, entity, project_name)
    collection = services.artifacts.collections.find_collection(project, name)
    if collection is None:
        raise NotFound(f"no collection {name[:200]!r} in {entity}/{project_name}")
    version = request.query_params.get("version", "latest")
    return _redirect(
        address(entity, project_name, "artifacts", collection.type_name, name, version)
    )


def _redirect(path: str) -> Response:
    return RedirectResponse(path, 302, headers=secure({}))
