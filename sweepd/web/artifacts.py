"""Artifact pages: what a project has, and one version with its files, lineage and versions."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import NotFound
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.services.all import Services
from sweepd.web import shapes
from sweepd.web.answering import address, crumbs, render, segment
from sweepd.web.files import blob_answer
from sweepd.web.projects import project_of
from sweepd.web.session import Visitor

MAX_FILES = 5000  # listed on a page
Version = tuple[Membership, Artifact]


def index(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/artifacts"""
    services, project = project_of(request, visitor)
    base = address(project.entity, project.name)
    return render(
        "artifacts.html", visitor, title="Artifacts",
        collections=[
            _collection_row(services, collection)
            for collection in services.artifacts.collections.list_collections(project)
        ],
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base),
                      ("Artifacts", None)),
    )  # fmt: skip


def _collection_row(services: Services, collection: Collection) -> dict[str, Any]:
    versions: list[Version] = services.artifacts.collections.list_versions(collection)
    newest = max((membership.version for membership, _ in versions), default=None)
    return {
        "name": collection.name, "type": collection.type_name, "n_versions": len(versions),
        "latest": f"v{newest}" if newest is not None else "",
        "href": _href(collection, newest) if newest is not None else "",
        "updated": shapes.moment(collection.updated_at),
    }  # fmt: skip


def _href(collection: Collection, version: int) -> str:
    return address(
        collection.entity, collection.project, "artifacts", collection.type_name, collection.name,
        f"v{version}",
    )  # fmt: skip


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/artifacts/{type}/{collection}/{version}"""
    services, project = project_of(request, visitor)
    collection, (membership, artifact) = _version_of(request, services, project)
    name = f"{collection.name}:v{membership.version}"
    base = address(project.entity, project.name)
    producer: Run | None = services.artifacts.producer(artifact)
    consumers: list[Run] = services.artifacts.consumers(artifact)
    versions: list[Version] = services.artifacts.collections.list_versions(collection)
    return render(
        "artifact.html", visitor, title=name[:80],
        artifact={
            "name": name, "type": collection.type_name, "aliases": membership.aliases,
            "size": _size(artifact.size_bytes), "description": artifact.description or "",
            "created": shapes.moment(artifact.created_at),
            "snippet": _snippet(project, name, collection.type_name),
        },
        files=_files(request, services, artifact),
        producer=_run_link(producer) if producer else None,
        consumers=[_run_link(run) for run in consumers[:100]],
        metadata=_metadata(artifact),
        versions=[
            {"version": other.version, "aliases": other.aliases, "is_this": other == membership,
             "created": shapes.moment(other.created_at), "href": _href(collection, other.version)}
            for other, _ in sorted(versions, key=lambda v: -v[0].version)
        ],
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base),
                      ("Artifacts", f"{base}/artifacts"), (name, None)),
    )  # fmt: skip


def _version_of(
    request: Request, services: Services, project: Project
) -> tuple[Collection, Version]:
    """The version that the address names by number or alias.

    Raises:
        NotFound: There is none.
    """
    path = request.path_params
    for collection in services.artifacts.collections.list_collections(project):
        if collection.name != path["collection"] or collection.type_name != path["type"]:
            continue
        wanted = path["version"]
        for version in services.artifacts.collections.list_versions(collection):
            membership = version[0]
            if wanted == f"v{membership.version}" or wanted in membership.aliases:
                return collection, version
    raise NotFound(f"no artifact {path['collection']}:{path['version']} in this project")


def _files(request: Request, services: Services, artifact: Artifact) -> list[dict[str, Any]]:
    path = request.path_params
    base = "/-/artifacts" + address(
        path["entity"], path["project"], "artifacts", path["type"], path["collection"],
        path["version"], "files",
    )  # fmt: skip
    return [
        {
            "path": entry.path[:500], "size": _size(entry.size_bytes), "ref": entry.ref or "",
            "href": f"{base}/{'/'.join(segment(part) for part in entry.path.split('/'))}"
            if entry.blob else "",
        }
        for entry in services.artifacts.entries(artifact)[:MAX_FILES]
    ]  # fmt: skip


def content(request: Request, visitor: Visitor) -> Response:
    """GET /-/artifacts/…/files/{path}: one file of a version."""
    services, project = project_of(request, visitor)
    _, (_, artifact) = _version_of(request, services, project)
    path = request.path_params["path"]
    for entry in services.artifacts.entries(artifact):
        if entry.path == path and entry.blob:
            return blob_answer(request, entry.blob, entry.size_bytes, "application/octet-stream")
    raise NotFound(f"this artifact has no file {path[:200]!r}")


def _metadata(artifact: Artifact) -> list[tuple[str, str]]:
    found = shapes.flat(shapes.parse(artifact.metadata))
    return [
        (key[:200], value[:500] if isinstance(value, str) else json.dumps(value)[:500])
        for key, value in found.items()
    ]


def _run_link(run: Run) -> dict[str, str]:
    return {
        "name": run.display_name[:200],
        "href": address(run.entity, run.project, "runs", run.run_id),
    }


def _snippet(project: Project, name: str, type_name: str) -> str:
    path = json.dumps(f"{project.entity}/{project.name}/{name}", ensure_ascii=False)
    kind = json.dumps(type_name, ensure_ascii=False)
    return (
        f"import wandb\n\nartifact = wandb.Api().artifact({path}, type={kind})\n"
        "folder = artifact.download()"
    )


def _size(n_bytes: int) -> str:
    size, units = float(n_bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if size >= 10 or units[0] == "B" else f"{size:.1f} {units[0]}"
