"""Artifacts and collections, as the client reads them."""

from typing import Any

from ariadne import InterfaceType, ObjectType, QueryType, UnionType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Artifact, Collection, CollectionKind, Entry, Membership
from sweepd.domain.errors import NotFound
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Context, Info, connection, ctx
from sweepd.wandb_api.graphql.files import download_url

query = QueryType()
project_type, run_type = ObjectType("Project"), ObjectType("Run")
artifact_type, membership_type = ObjectType("Artifact"), ObjectType("ArtifactCollectionMembership")
type_type = ObjectType("ArtifactType")
sequence, portfolio = ObjectType("ArtifactSequence"), ObjectType("ArtifactPortfolio")
collection_interface = InterfaceType("ArtifactCollection")
creator = UnionType("ArtifactCreator", lambda *_: "Run")
NO_TTL = -2


@collection_interface.type_resolver
def collection_kind(collection: Collection, *_: Any) -> str:
    """Which of the two it is."""
    is_sequence = collection.kind is CollectionKind.SEQUENCE
    return "ArtifactSequence" if is_sequence else "ArtifactPortfolio"


@query.field("artifact")
def artifact(_: Any, info: Info, id: str) -> Artifact | None:
    """A version by its node id."""
    context = ctx(info)
    try:
        return context.services.artifacts.get(context.caller, wire.read_node_id("Artifact", id))
    except NotFound:
        return None


@query.field("artifactCollection")
def collection_by_id(_: Any, info: Info, id: str) -> Collection | None:
    """A collection by its node id."""
    context = ctx(info)
    pk = wire.read_node_id("ArtifactCollection", id)
    try:
        return context.services.artifacts.get_collection(context.caller, pk)
    except NotFound:
        return None


@query.field("clientIDMapping")
def client_id_mapping(_: Any, info: Info, client_id: str) -> dict[str, Any] | None:
    """The version a client's own id names."""
    context = ctx(info)
    pk = context.services.artifacts.find_by_client_id(context.caller, client_id)
    return None if pk is None else {"server_id": wire.node_id("Artifact", pk)}


@project_type.field("artifact")
def project_artifact(owner: Project, info: Info, name: str) -> Artifact | None:
    """A version by `collection:alias`."""
    context = ctx(info)
    place = context.services.artifacts.find_membership(owner, name)
    return context.services.artifacts.get(context.caller, place.artifact_pk) if place else None


@project_type.field("artifactCollectionMembership")
def project_membership(owner: Project, info: Info, name: str) -> Membership | None:
    """A version's place by `collection:alias`."""
    return ctx(info).services.artifacts.find_membership(owner, name)


@project_type.field("artifactCollection")
def project_collection(owner: Project, info: Info, name: str) -> Collection | None:
    """A collection by name."""
    return ctx(info).services.artifacts.find_collection(owner, name)


@project_type.field("artifactCollections")
def project_collections(
    owner: Project, info: Info, after: str | None = None, first: int | None = None,
    filters: str | None = None, order: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A project's collections."""
    found = ctx(info).services.artifacts.list_collections(owner)
    return connection(found, first, after)


@project_type.field("artifactType")
def project_type_by_name(owner: Project, info: Info, name: str) -> dict[str, Any] | None:
    """A type, when a collection has it."""
    return (
        type_node(owner, name) if name in ctx(info).services.artifacts.list_types(owner) else None
    )


@project_type.field("artifactTypes")
def project_types(
    owner: Project, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The types of a project's artifacts."""
    names = ctx(info).services.artifacts.list_types(owner)
    return connection([type_node(owner, name) for name in names], first, after)


def type_node(owner: Project, name: str) -> dict[str, Any]:
    """A type as the wire shows it."""
    return {
        "id": wire.node_id(f"ArtifactType-{name}", owner.pk),
        "name": name,
        "created_at": owner.created_at,
        "owner": owner,
    }


@type_type.field("artifactCollection")
def type_collection(kind: dict[str, Any], info: Info, name: str) -> Collection | None:
    """A collection of a type."""
    found = ctx(info).services.artifacts.find_collection(kind["owner"], name)
    return found if found is not None and found.type_name == kind["name"] else None


@type_type.field("artifactCollections")
def type_collections(
    kind: dict[str, Any], info: Info, after: str | None = None, first: int | None = None,
    filters: str | None = None, order: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The collections of a type."""
    found = ctx(info).services.artifacts.list_collections(kind["owner"], kind["name"])
    return connection(found, first, after)


@run_type.field("outputArtifacts")
def output_artifacts(
    run: Run, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """What a run logged."""
    return connection(ctx(info).services.artifacts.output_artifacts(run), first, after)


@run_type.field("inputArtifacts")
def input_artifacts(
    run: Run, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """What a run used."""
    found = [item.artifact for item in ctx(info).services.artifacts.used_by(run)]
    return connection(found, first, after)


def _collection_fields(kind: ObjectType) -> None:
    """Bind what both kinds of collection have."""

    @kind.field("id")
    def node(collection: Collection, _: Info) -> str:
        return wire.node_id("ArtifactCollection", collection.pk)

    @kind.field("state")
    def state(_: Collection, __: Info) -> str:
        return "READY"

    @kind.field("project")
    def project(collection: Collection, info: Info) -> Project | None:
        context = ctx(info)
        return context.services.projects.find(context.caller, collection.entity, collection.project)

    @kind.field("defaultArtifactType")
    def default_type(collection: Collection, info: Info) -> dict[str, Any]:
        owner = project(collection, info)
        assert owner is not None
        return type_node(owner, collection.type_name)

    @kind.field("tags")
    def tags(collection: Collection, info: Info) -> dict[str, Any]:
        return connection([tag_node(t) for t in ctx(info).services.artifacts.tags(collection)])

    @kind.field("aliases")
    def aliases(
        collection: Collection, info: Info, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        names = ctx(info).services.artifacts.aliases(collection)
        return connection([alias_node(collection, name) for name in names], first, after)

    @kind.field("artifacts")
    def versions(
        collection: Collection, info: Info, after: str | None = None, first: int | None = None,
        order: str | None = None, filters: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        found = ctx(info).services.artifacts.list_versions(collection)
        page = connection(found, first, after)
        for edge in page["edges"]:
            place, edge["node"] = edge["node"]
            edge["version"] = f"v{place.version}"
        return page

    @kind.field("artifactMembership")
    def membership(collection: Collection, info: Info, alias_name: str) -> Membership | None:
        return ctx(info).services.artifacts.find_in(collection, alias_name)


_collection_fields(sequence)
_collection_fields(portfolio)


@sequence.field("latestArtifact")
def latest_artifact(collection: Collection, info: Info) -> Artifact | None:
    """The newest version: the base of the next."""
    versions = ctx(info).services.artifacts.list_versions(collection)
    return versions[0][1] if versions else None


def tag_node(name: str) -> dict[str, Any]:
    """A tag as the wire shows it."""
    return {"id": f"tag:{name}", "name": name}


def alias_node(collection: Collection, alias: str) -> dict[str, Any]:
    """An alias as the wire shows it."""
    return {
        "id": f"alias:{collection.pk}:{alias}",
        "alias": alias,
        "artifact_collection_name": collection.name,
        "artifact_collection": collection,
    }


@membership_type.field("id")
def membership_id(place: Membership, _: Info) -> str:
    """The place's node id."""
    return wire.node_id("ArtifactCollectionMembership", place.pk)


@membership_type.field("versionIndex")
def membership_version(place: Membership, _: Info) -> int:
    """Its number in that collection."""
    return place.version


@membership_type.field("artifactCollection")
def membership_collection(place: Membership, info: Info) -> Collection:
    """The collection."""
    return ctx(info).services.artifacts.collection(place.collection_pk)


@membership_type.field("aliases")
def membership_aliases(place: Membership, info: Info) -> list[dict[str, Any]]:
    """What names the version there."""
    collection = membership_collection(place, info)
    return [alias_node(collection, alias) for alias in place.aliases]


@membership_type.field("artifact")
def membership_artifact(place: Membership, info: Info) -> Artifact:
    """The version."""
    context = ctx(info)
    return context.services.artifacts.get(context.caller, place.artifact_pk)


@membership_type.field("files")
def membership_files(
    place: Membership, info: Info, names: list[str] | None = None, after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every entry of the manifest, references too: the client downloads only what is listed."""
    context = ctx(info)
    return _entries(context, membership_artifact(place, info), names, after, first)


@artifact_type.field("files")
def files(
    artifact: Artifact, info: Info, names: list[str] | None = None, after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every entry of the manifest."""
    return _entries(ctx(info), artifact, names, after, first)


def _entries(
    context: Context, artifact: Artifact, names: list[str] | None, after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    found = context.services.artifacts.entries(artifact, names)
    return connection([entry_node(context, artifact, entry) for entry in found], first, after)


@artifact_type.field("filesByManifestEntries")
def files_by_manifest_entries(
    artifact: Artifact, info: Info, entries: list[dict[str, Any]] | None = None, **_: Any
) -> dict[str, Any]:
    """The entries asked for."""
    names = [entry["name"] for entry in entries or [] if entry.get("name")]
    return _entries(ctx(info), artifact, names)


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
        "storage_path": entry.path,
        "mimetype": "application/octet-stream",
        "updated_at": artifact.updated_at,
        "digest": entry.digest,
        "md5": entry.digest,
    }


@artifact_type.field("id")
def artifact_id(artifact: Artifact, _: Info) -> str:
    """The version's node id; base64, since references hold it decoded."""
    return wire.node_id("Artifact", artifact.pk)


@artifact_type.field("artifactSequence")
def artifact_sequence(artifact: Artifact, info: Info) -> Collection:
    """The collection it was born in."""
    return ctx(info).services.artifacts.collection(artifact.collection_pk)


@artifact_type.field("versionIndex")
def version_index(artifact: Artifact, _: Info) -> int | None:
    """Its number in its own collection; null before the commit."""
    return artifact.version


@artifact_type.field("artifactType")
def type_of_artifact(artifact: Artifact, info: Info) -> dict[str, Any]:
    """Its type."""
    context = ctx(info)
    home = artifact_sequence(artifact, info)
    owner = context.services.projects.get(context.caller, home.entity, home.project)
    return type_node(owner, home.type_name)


@artifact_type.field("ttlDurationSeconds")
def ttl(artifact: Artifact, _: Info) -> int:
    """Seconds until it may go; -2 for never."""
    return NO_TTL if artifact.ttl_s is None else artifact.ttl_s


@artifact_type.field("ttlIsInherited")
def ttl_is_inherited(artifact: Artifact, _: Info) -> bool:
    """Whether the version has no TTL of its own."""
    return artifact.ttl_s is None


@artifact_type.field("tags")
def artifact_tags(artifact: Artifact, info: Info) -> list[dict[str, Any]]:
    """Its tags."""
    return [tag_node(name) for name in ctx(info).services.artifacts.tags(artifact)]


@artifact_type.field("state")
def artifact_state(artifact: Artifact, _: Info) -> str:
    """PENDING or COMMITTED."""
    return str(artifact.state)


@artifact_type.field("size")
def artifact_size(artifact: Artifact, _: Info) -> int:
    """Bytes of all its files."""
    return artifact.size_bytes


@artifact_type.field("digestAlgorithm")
def digest_algorithm(_: Artifact, __: Info) -> str:
    """The only one we announce."""
    return "MANIFEST_MD5"


@artifact_type.field("fileCount")
def artifact_file_count(artifact: Artifact, _: Info) -> int:
    """How many files it has."""
    return artifact.n_files


@artifact_type.field("aliases")
def artifact_aliases(artifact: Artifact, info: Info) -> list[dict[str, Any]]:
    """Every alias of the version, with its collection."""
    places = ctx(info).services.artifacts.memberships(artifact)
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
    return connection(ctx(info).services.artifacts.consumers(artifact), first, after)


@artifact_type.field("createdBy")
def created_by(artifact: Artifact, info: Info) -> Run | None:
    """The run that logged it."""
    return ctx(info).services.artifacts.producer(artifact)


@artifact_type.field("artifactMemberships")
def artifact_memberships(
    artifact: Artifact, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Every place it has."""
    return connection(ctx(info).services.artifacts.memberships(artifact), first, after)


bindables: list[SchemaBindable] = [
    query, project_type, run_type, artifact_type, membership_type, type_type, sequence, portfolio,
    collection_interface, creator,
]  # fmt: skip
