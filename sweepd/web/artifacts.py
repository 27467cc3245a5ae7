"""Artifact pages: what a project has, and one version with its files, lineage and versions."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.artifacts import (
    Alias,
    Artifact,
    Collection,
    CollectionKind,
    CollectionSummary,
    Entry,
    Membership,
)
from sweepd.domain.encoding import text_of
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields
from sweepd.domain.projects import Project
from sweepd.domain.registries import Role
from sweepd.services.artifacts import lineage
from sweepd.services.artifacts.artifacts import ArtifactChange
from sweepd.web import artifact_versions, lineage_drawing, registries, shapes
from sweepd.web.artifact_places import size_text, version_of
from sweepd.web.files import blob_response
from sweepd.web.projects import project_of
from sweepd.web.responses import address, crumbs, render, segment
from sweepd.web.session import Visitor

MAX_FILES = 5000  # listed on a page
MAX_VERSIONS = 200
_ALIAS = re.compile(r"[A-Za-z0-9._-]{1,128}")


def index(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/artifacts"""
    services, project = project_of(request, visitor)
    base = address(project.entity, project.name)
    return render(
        "artifacts.html",
        visitor,
        title="Artifacts",
        registry=registries.heading(request, visitor, project),
        base_url=base,
        tab="artifacts",
        collections=[_collection_row(item) for item in services.overviews.collections(project)],
        crumbs=crumbs(
            (project.entity, address(project.entity)), (project.name, base), ("Artifacts", None)
        ),
    )


def _collection_row(item: CollectionSummary) -> dict[str, Any]:
    collection, newest = item.collection, item.newest
    return {
        "name": collection.name,
        "type": collection.type_name,
        "n_versions": item.n_versions,
        "latest": f"v{newest}" if newest is not None else "",
        "href": _href(collection, newest) if newest is not None else "",
        "updated": shapes.moment(collection.updated_at),
    }


def _href(collection: Collection, version: int) -> str:
    return address(*_path(collection, version))


def _path(collection: Collection, version: int) -> tuple[str, ...]:
    place = (collection.entity, collection.project, "artifacts")
    return (*place, collection.type_name, collection.name, f"v{version}")


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/artifacts/{type}/{collection}/{version}; without one, the latest."""
    services, project = project_of(request, visitor)
    collection, membership, artifact = version_of(request, visitor, services, project)
    name = f"{collection.name}:v{membership.version}"
    base = address(project.entity, project.name)
    versions, n_versions = services.overviews.versions(collection, MAX_VERSIONS)
    entries = services.artifacts.entries(artifact)
    n_parts = _parts_of_lineage(request)
    listing = services.artifacts.collections
    home = listing.collection(artifact.collection_pk)
    return render(
        "artifact.html",
        visitor,
        inline_style=True,
        title=name[:80],
        artifact={
            "name": name,
            "type": collection.type_name,
            "aliases": membership.aliases,
            "size": size_text(artifact.size_bytes),
            "description": artifact.description or "",
            "created": shapes.moment(artifact.created_at),
            "n_files": artifact.n_files,
            "digest": artifact.digest,
            "snippet": _snippet(project, name, collection.type_name),
        },
        files=_files(collection, membership, entries),
        n_more_files=len(entries) - MAX_FILES,
        lineage=lineage_drawing.draw(
            lineage.trace(services.artifacts, visitor.caller, artifact, n_parts), artifact.pk
        ),
        lineage_parts=n_parts,
        metadata=_metadata(artifact),
        versions=[
            {
                "version": other.version,
                "aliases": other.aliases,
                "is_this": other.version == membership.version,
                "size": size_text(other.size_bytes),
                "created": shapes.moment(other.created_at),
                "href": _href(collection, other.version),
            }
            for other in versions
        ],
        n_versions=n_versions,
        version=membership.version,
        compared=artifact_versions.compared(
            services, visitor, collection, artifact, request.query_params.get("with", "")
        ),
        metadata_url=address("-", "artifacts", *_path(collection, membership.version), "metadata"),
        base_url=base,
        is_link=collection.kind is CollectionKind.PORTFOLIO,
        may_edit=listing.role(visitor.caller, collection) is not Role.VIEWER,
        may_describe=listing.role(visitor.caller, home) is not None,
        self_url=_href(collection, membership.version),
        actions_url=address("-", "artifacts", *_path(collection, membership.version), "actions"),
        crumbs=crumbs(
            (project.entity, address(project.entity)),
            (project.name, base),
            ("Artifacts", f"{base}/artifacts"),
            (name, None),
        ),
    )


def _parts_of_lineage(request: Request) -> int:
    """How much of the lineage is asked for; what is no such number asks for the first part."""
    text = request.query_params.get("lineage", "")
    return min(int(text), lineage.MOST_PARTS) if text.isdecimal() and len(text) < 4 else 1


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/artifacts/…/actions: give or take an alias, describe, delete the version."""
    services, project = project_of(request, visitor)
    collection, _, artifact = version_of(request, visitor, services, project)
    caller, name = visitor.caller, body.text("action")
    if name in ("add-alias", "remove-alias"):
        alias = body.text("alias").strip()
        if name == "add-alias" and not _ALIAS.fullmatch(alias):
            raise BadInput("an alias is 1 to 128 letters, digits, dots, dashes or underscores")
        place = Alias(collection.name, alias, collection.entity, collection.project)
        listing = services.artifacts.collections
        listing.set_aliases(caller, artifact.pk, [place], add=name == "add-alias")
        return {"message": f"{alias!r} names this version." if name == "add-alias" else "Taken."}
    if name == "describe":
        text = body.text("description")
        services.artifacts.update(caller, artifact.pk, ArtifactChange(description=text))
        return {"message": "Saved."}
    if name == "delete":
        if collection.kind is CollectionKind.PORTFOLIO:  # the link goes, the version stays
            services.artifacts.collections.unlink(caller, artifact.pk, collection.pk)
            return {"message": "Unlinked."}
        services.artifacts.removals.delete(caller, artifact.pk, delete_aliases=True)
        return {"message": "Deleted."}
    raise BadInput(f"no action {name!r}")


def _files(
    collection: Collection, membership: Membership, entries: list[Entry]
) -> list[dict[str, Any]]:
    base = address("-", "artifacts", *_path(collection, membership.version), "files")
    return [
        {
            "path": entry.path[:500],
            "size": size_text(entry.size_bytes),
            "ref": entry.ref or "",
            "href": f"{base}/{'/'.join(segment(part) for part in entry.path.split('/'))}"
            if entry.blob
            else "",
        }
        for entry in entries[:MAX_FILES]
    ]


def content(request: Request, visitor: Visitor) -> Response:
    """GET /-/artifacts/…/files/{path}: one file of a version."""
    services, project = project_of(request, visitor)
    _, _, artifact = version_of(request, visitor, services, project)
    path = request.path_params["path"]
    for entry in services.artifacts.entries(artifact, [path]):
        if entry.blob:
            return blob_response(request, entry.blob, "application/octet-stream")
    raise NotFound(f"this artifact has no file {path[:200]!r}")


def _metadata(artifact: Artifact) -> list[tuple[str, str]]:
    found = shapes.flat(shapes.parse(artifact.metadata))
    return [(key[:200], text_of(value)[:500]) for key, value in found.items()]


def _snippet(project: Project, name: str, type_name: str) -> str:
    path = json.dumps(f"{project.entity}/{project.name}/{name}", ensure_ascii=False)
    kind = json.dumps(type_name, ensure_ascii=False)
    return (
        f"import wandb\n\nartifact = wandb.Api().artifact({path}, type={kind})\n"
        "folder = artifact.download()"
    )
