"""Versions of artifacts, as the client reads them."""

import base64
from typing import Any
from urllib.parse import quote

from ariadne import ObjectType, QueryType, UnionType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Artifact, Collection, DigestAlgorithm, Entry, Membership
from sweepd.domain.errors import NotFound
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.artifact_collections import (
    membership_aliases,
    membership_artifact,
    tag_node,
    type_node,
)
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.files import download_url
from sweepd.wandb_api.graphql.paging import connection, read_start

query = QueryType()
project_type, run_type = ObjectType("Project"), ObjectType("Run")
artifact_type, membership_type = ObjectType("Artifact"), ObjectType("ArtifactCollectionMembership")
type_type = ObjectType("ArtifactType")
creator = UnionType("ArtifactCreator", lambda *_: "Run")
NO_TTL = -2


@query.field("artifact")
def artifact(_: Any, info: Info, id: str) -> Artifact | None:
    """A version by its node id."""
    context = ctx(info)
    try:
        return context.services.artifacts.get(context.caller, wire.read_node_id("Artifact", id))
    except NotFound:
        return None


@query.field("clientIDMapping")
def client_id_mapping(_: Any, info: Info, client_id: str) -> dict[str, Any] | None:
    """The version a client's own id names."""
    context = ctx(info)
    pk = context.services.artifacts.find_by_client_id(context.caller, client_id)
    return None if pk is None else {"server_id": wire.node_id("Artifact", pk)}


@project_type.field("artifact")
def project_artifact(
    owner: Project, info: Info, name: str, enable_tracking: bool | None = None
) -> Artifact | None:
    """A version by `collection:alias`; clients before 0.28 ask with `enableTracking`."""
    context = ctx(info)
    place = context.services.artifacts.collections.find_membership(owner, name)
    return context.services.artifacts.get(context.caller, place.artifact_pk) if place else None


@type_type.field("artifact")
def type_artifact(kind: dict[str, Any], info: Info, name: str) -> Artifact | None:
    """A version of a type by `collection:alias`; clients before 0.28 list its files so."""
    found = project_artifact(kind["owner"], info, name) if kind["owner"] else None
    is_of_type = found is not None and artifact_sequence(found, info).type_name == kind["name"]
    return found if is_of_type else None


@run_type.field("outputArtifacts")
def output_artifacts(
    run: Run, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """What a run logged."""
    context = ctx(info)
    start = read_start(after)
    return connection(context.services.artifacts.page_logged(context.caller, run, start, first))


@run_type.field("inputArtifacts")
def input_artifacts(
    run: Run, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """What a run used."""
    context = ctx(info)
    start = read_start(after)
    return connection(context.services.artifacts.page_used(context.caller, run, start, first))


@membership_type.field("files")
def membership_files(
    place: Membership,
    info: Info,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Every entry of the manifest, references too: the client downloads only what is listed."""
    context = ctx(info)
    return _entries(context, membership_artifact(place, info), names, after, first)


@artifact_type.field("files")
def files(
    artifact: Artifact,
    info: Info,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Every entry of the manifest."""
    return _entries(ctx(info), artifact, names, after, first)


def _entries(
    context: Context,
    artifact: Artifact,
    names: list[str] | None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    page = context.services.artifacts.page_entries(artifact, names, read_start(after), first)
    return connection(page, lambda entry: entry_node(context, artifact, entry))


@artifact_type.field("filesByManifestEntries")
def files_by_manifest_entries(
    artifact: Artifact,
    info: Info,
    entries: list[dict[str, Any]] | None = None,
    after: str | None = None,
    first: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    """The entries asked for."""
    names = [entry["name"] for entry in entries or [] if entry.get("name")]
    return _entries(ctx(info), artifact, names, after, first)


def entry_node(context: Context, artifact: Artifact, entry: Entry) -> dict[str, Any]:
    """A line of a manifest as a file."""
    if entry.ref is not None or entry.blob is None:
        url = entry.ref or ""
    else:
        url = download_url(context, entry.blob, entry.path, "application/octet-stream")
    return {
        "id": wire.node_id(f"ArtifactFile-{entry.path}", artifact.pk),
        "name": entry.path,
        "display_name": entry.path,
        "url": lambda *_, **__: url,
        "direct_url": url,
        "size_bytes": entry.size_bytes,
        "storage_path": None if entry.ref else _storage_path(artifact, entry),
        "mimetype": "application/octet-stream",
        "updated_at": artifact.updated_at,
        "digest": entry.digest,
        "md5": entry.digest if entry.algorithm is DigestAlgorithm.MD5 else None,
    }


def _storage_path(artifact: Artifact, entry: Entry) -> str:
    """Where the hosted service keeps such bytes: by project and content, in one folder."""
    try:
        content = base64.b64decode(entry.digest).hex()
    except ValueError:
        content = quote(entry.digest, safe="")
    return f"wandb_artifacts/{artifact.project_pk}/{content}"


@artifact_type.field("id")
def artifact_id(artifact: Artifact, _: Info) -> str:
    """The version's node id; base64, since references hold it decoded."""
    return wire.node_id("Artifact", artifact.pk)


@artifact_type.field("artifactSequence")
def artifact_sequence(artifact: Artifact, info: Info) -> Collection:
    """The collection it was born in."""
    return ctx(info).services.artifacts.collections.collection(artifact.collection_pk)


@artifact_type.field("versionIndex")
def version_index(artifact: Artifact, _: Info) -> int | None:
    """Its number in its own collection; null before the commit."""
    return artifact.version


@artifact_type.field("artifactType")
def type_of_artifact(artifact: Artifact, info: Info) -> dict[str, Any]:
    """Its type."""
    context = ctx(info)
    home = artifact_sequence(artifact, info)
    owner = context.services.projects.find(context.caller, home.entity, home.project)
    return type_node(owner, home.type_name, artifact.created_at)


@artifact_type.field("ttlDurationSeconds")
def ttl(artifact: Artifact, _: Info) -> int:
    """Seconds until it may go; -2 for never."""
    return NO_TTL if artifact.ttl_s is None else artifact.ttl_s


@artifact_type.field("ttlIsInherited")
def ttl_is_inherited(artifact: Artifact, _: Info) -> bool:
    """Whether the version has no TTL of its own."""
    return artifact.ttl_s is None


@artifact_type.field("tags")
def artifact_tags(artifact: Artifact, _: Info) -> list[dict[str, Any]]:
    """Its tags."""
    return [tag_node(name) for name in artifact.tags]


@artifact_type.field("state")
def artifact_state(artifact: Artifact, _: Info) -> str:
    """PENDING or COMMITTED."""
    return str(artifact.state)


@artifact_type.field("size")
def artifact_size(artifact: Artifact, _: Info) -> int:
    """Bytes of all its files."""
    return artifact.size_bytes


@artifact_type.field("fileCount")
def artifact_file_count(artifact: Artifact, _: Info) -> int:
    """How many files it has."""
    return artifact.n_files


@artifact_type.field("aliases")
def artifact_aliases(artifact: Artifact, info: Info) -> list[dict[str, Any]]:
    """Every alias of the version, with its collection."""
    context = ctx(info)
    places = context.services.artifacts.memberships(context.caller, artifact)
    return [alias for place in places for alias in membership_aliases(place, info)]


@artifact_type.field("currentManifest")
def current_manifest(artifact: Artifact, info: Info) -> dict[str, Any] | None:
    """Where the manifest is."""
    if artifact.manifest_blob is None:
        return None
    name = "wandb_manifest.json"
    url = download_url(ctx(info), artifact.manifest_blob, name, "application/json")
    return {
        "id": wire.node_id("ArtifactManifest", artifact.pk),
        "file": {"id": f"manifest:{artifact.pk}", "name": name, "direct_url": url},
    }


@artifact_type.field("usedBy")
def used_by(
    artifact: Artifact, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The runs that used it."""
    context = ctx(info)
    start = read_start(after)
    return connection(
        context.services.artifacts.page_consumers(context.caller, artifact, start, first)
    )


@artifact_type.field("createdBy")
def created_by(artifact: Artifact, info: Info) -> Run | None:
    """The run that logged it."""
    context = ctx(info)
    return context.services.artifacts.producer(context.caller, artifact)


@artifact_type.field("artifactMemberships")
def artifact_memberships(
    artifact: Artifact, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Every place it has."""
    context = ctx(info)
    start = read_start(after)
    return connection(
        context.services.artifacts.page_places(context.caller, artifact, start, first)
    )


bindables: list[SchemaBindable] = [
    query,
    project_type,
    run_type,
    artifact_type,
    membership_type,
    type_type,
    creator,
]
