"""Collections of artifacts, their types, and the versions' places in them."""

from datetime import datetime
from typing import Any

from ariadne import InterfaceType, MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Artifact, Collection, CollectionKind, Membership
from sweepd.domain.errors import NotFound
from sweepd.domain.paging import whole
from sweepd.domain.projects import Project
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.artifacts import CreateArtifactTypeInput
from sweepd.wandb_api.graphql.paging import connection, read_start

query, mutation, project_type = QueryType(), MutationType(), ObjectType("Project")
membership_type, type_type = ObjectType("ArtifactCollectionMembership"), ObjectType("ArtifactType")
sequence, portfolio = ObjectType("ArtifactSequence"), ObjectType("ArtifactPortfolio")
collection_interface = InterfaceType("ArtifactCollection")


@collection_interface.type_resolver
def collection_kind(collection: Collection, *_: Any) -> str:
    """Which of the two it is."""
    is_sequence = collection.kind is CollectionKind.SEQUENCE
    return "ArtifactSequence" if is_sequence else "ArtifactPortfolio"


@query.field("artifactCollection")
def collection_by_id(_: Any, info: Info, id: str) -> Collection | None:
    """A collection by its node id."""
    context = ctx(info)
    pk = wire.read_node_id("ArtifactCollection", id)
    try:
        return context.services.artifacts.collections.get_collection(context.caller, pk)
    except NotFound:
        return None


@project_type.field("artifactCollectionMembership")
def project_membership(owner: Project, info: Info, name: str) -> Membership | None:
    """A version's place by `collection:alias`."""
    return ctx(info).services.artifacts.collections.find_membership(owner, name)


@project_type.field("artifactCollection")
def project_collection(owner: Project, info: Info, name: str) -> Collection | None:
    """A collection by name."""
    return ctx(info).services.artifacts.collections.find_collection(owner, name)


@project_type.field("artifactCollections")
def project_collections(
    owner: Project,
    info: Info,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """A project's collections."""
    listing = ctx(info).services.artifacts.collections
    start = read_start(after)
    return connection(listing.page_collections(owner, None, filters, order, start, first))


@project_type.field("artifactType")
def project_type_by_name(owner: Project, info: Info, name: str) -> dict[str, Any] | None:
    """A type, when a collection has it."""
    is_there = ctx(info).services.artifacts.collections.has_type(owner, name)
    return type_node(owner, name) if is_there else None


@project_type.field("artifactTypes")
def project_types(
    owner: Project,
    info: Info,
    after: str | None = None,
    first: int | None = None,
    include_all: bool = False,
) -> dict[str, Any]:
    """The types of a project's artifacts; `includeAll`: those declared for a registry, too."""
    services = ctx(info).services
    listing = services.registries if include_all else services.artifacts.collections
    page = listing.page_types(owner, read_start(after), first)
    return connection(page, lambda name: type_node(owner, name))


def type_node(
    owner: Project | None, name: str, created_at: datetime | None = None
) -> dict[str, Any]:
    """A type as the wire shows it; without its project when the caller cannot see that."""
    return {
        "id": wire.node_id(f"ArtifactType-{name}", owner.pk if owner else 0),
        "name": name,
        "created_at": owner.created_at if owner else created_at,
        "owner": owner,
    }


@mutation.field("createArtifactType")
def create_type(_: Any, info: Info, input: CreateArtifactTypeInput) -> dict[str, Any]:
    """Nothing is kept: a type is there as soon as a collection has it. Clients to 0.29 ask."""
    context = ctx(info)
    owner, _ = context.services.projects.ensure(
        context.caller, input.entity_name, input.project_name, None
    )
    return {"artifact_type": type_node(owner, input.name)}


@type_type.field("artifact")
def type_artifact(kind: dict[str, Any], info: Info, name: str) -> Artifact | None:
    """A version of a type, by `collection:alias`."""
    place = ctx(info).services.artifacts.collections.find_membership(kind["owner"], name)
    if place is None or membership_collection(place, info).type_name != kind["name"]:
        return None
    artifact: Artifact = membership_artifact(place, info)
    return artifact


@type_type.field("artifactCollection")
def type_collection(kind: dict[str, Any], info: Info, name: str) -> Collection | None:
    """A collection of a type."""
    if kind["owner"] is None:
        return None
    found = ctx(info).services.artifacts.collections.find_collection(kind["owner"], name)
    return found if found is not None and found.type_name == kind["name"] else None


@type_type.field("artifactCollections")
def type_collections(
    kind: dict[str, Any],
    info: Info,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The collections of a type."""
    if kind["owner"] is None:
        return connection(whole([]))
    listing, start = ctx(info).services.artifacts.collections, read_start(after)
    return connection(
        listing.page_collections(kind["owner"], kind["name"], filters, order, start, first)
    )


def _sees(info: Info, collection: Collection) -> bool:
    """Whether the caller sees more of a collection than that a linked version came from it."""
    context = ctx(info)
    return context.services.artifacts.collections.role(context.caller, collection) is not None


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
        return type_node(project(collection, info), collection.type_name, collection.created_at)

    @kind.field("description")
    def description(collection: Collection, info: Info) -> str | None:
        return collection.description if _sees(info, collection) else None

    @kind.field("tags")
    def tags(collection: Collection, info: Info) -> dict[str, Any]:
        names = collection.tags if _sees(info, collection) else ()
        return connection(whole(names), tag_node)

    @kind.field("aliases")
    def aliases(
        collection: Collection, info: Info, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        listing = ctx(info).services.artifacts.collections
        if not _sees(info, collection):
            return connection(whole([]))
        page = listing.page_aliases(collection, read_start(after), first)
        return connection(page, lambda name: alias_node(collection, name))

    @kind.field("artifacts")
    def versions(
        collection: Collection,
        info: Info,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
        filters: str | None = None,
    ) -> dict[str, Any]:
        listing = ctx(info).services.artifacts.collections
        if not _sees(info, collection):
            return connection(whole([]))
        start = read_start(after)
        page = connection(listing.page_versions(collection, filters, order, start, first))
        for edge in page["edges"]:
            place, edge["node"] = edge["node"]
            edge["version"] = f"v{place.version}"
        return page

    @kind.field("artifactMembership")
    def membership(collection: Collection, info: Info, alias_name: str) -> Membership | None:
        listing = ctx(info).services.artifacts.collections
        return listing.find_in(collection, alias_name) if _sees(info, collection) else None


_collection_fields(sequence)
_collection_fields(portfolio)


@sequence.field("latestArtifact")
def latest_artifact(collection: Collection, info: Info) -> Artifact | None:
    """The newest version: the base of the next."""
    listing = ctx(info).services.artifacts.collections
    return listing.find_newest(collection) if _sees(info, collection) else None


@sequence.field("digestAlgorithm")
def digest_algorithm(collection: Collection, info: Info) -> str | None:
    """What its versions' digests are made with: a draft takes to that of the newest."""
    newest = latest_artifact(collection, info)
    return newest.digest_algorithm if newest else None


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
    return ctx(info).services.artifacts.collections.collection(place.collection_pk)


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


bindables: list[SchemaBindable] = [
    query,
    mutation,
    project_type,
    membership_type,
    type_type,
    sequence,
    portfolio,
    collection_interface,
]
