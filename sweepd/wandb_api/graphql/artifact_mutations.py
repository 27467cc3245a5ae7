"""Artifacts and collections, as the client writes them."""

from collections.abc import Sequence
from typing import Any

from ariadne import MutationType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import check_region
from sweepd.domain.errors import BadInput, NotFound
from sweepd.services.artifacts.artifact_collections import CollectionChange
from sweepd.services.artifacts.artifacts import ArtifactChange, TimeToLive
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.wandb_api import wire
from sweepd.wandb_api.claims import PutManifest
from sweepd.wandb_api.graphql.artifact_collections import tag_node
from sweepd.wandb_api.graphql.artifact_files import put_url
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.artifacts import (
    AddAliasesInput,
    CollectionDeletion,
    CollectionDescription,
    CollectionTags,
    CommitArtifactInput,
    CreateArtifactInput,
    CreateArtifactManifestInput,
    DeleteAliasesInput,
    DeleteArtifactInput,
    LinkArtifactInput,
    ManifestType,
    MoveArtifactSequenceInput,
    TagInput,
    UnlinkArtifactInput,
    UpdateArtifactInput,
    UpdateArtifactManifestInput,
    UseArtifactInput,
)

mutation = MutationType()
TTL_INHERITED = -1


@mutation.field("createArtifact")
def create_artifact(_: Any, info: Info, input: CreateArtifactInput) -> dict[str, Any]:
    """Begin a version; the same content as the newest is answered with that one, committed."""
    context = ctx(info)
    names = input.artifact_collection_names
    name = input.artifact_collection_name or (names[0] if names else None)
    if name is None:
        raise BadInput("an artifact needs a name: artifactCollectionName")
    check_region(input.storage_region)
    new = NewArtifact(
        entity=input.entity_name,
        project=input.project_name,
        run_id=input.run_name,
        type_name=input.artifact_type_name,
        name=name,
        digest=input.digest,
        digest_algorithm=input.digest_algorithm,
        description=input.description,
        metadata=input.metadata,
        aliases=[alias.alias for alias in input.aliases],
        tags=_names(input.tags),
        client_id=input.client_id,
        sequence_client_id=input.sequence_client_id,
        history_step=input.history_step,
        ttl_s=_ttl_s(input.ttl_duration_seconds),
        distributed_id=input.distributed_id or None,
    )
    return {"artifact": context.services.artifacts.uploads.create(context.caller, new)}


def _ttl_s(seconds: int | None) -> int | None:
    """A version's own time to live; the client's -1 says it has none of its own, -2 never."""
    return None if seconds == TTL_INHERITED else seconds


def _names(tags: Sequence[TagInput]) -> list[str]:
    return [tag.tag_name for tag in tags]


@mutation.field("createArtifactManifest")
def create_manifest(_: Any, info: Info, input: CreateArtifactManifestInput) -> dict[str, Any]:
    """Where the manifest of a version is put."""
    context = ctx(info)
    base_pk = input.base_artifact_id
    if input.type is ManifestType.INCREMENTAL and base_pk is not None:
        uploads = context.services.artifacts.uploads
        uploads.manifests.set_base(context.caller, input.artifact_id, base_pk)
    return _manifest(context, input.artifact_id, input.digest)


@mutation.field("updateArtifactManifest")
def update_manifest(_: Any, info: Info, input: UpdateArtifactManifestInput) -> dict[str, Any]:
    """Where the manifest of a version built by several writers is put."""
    return _manifest(ctx(info), input.artifact_manifest_id, input.digest)


def _manifest(context: Context, artifact_pk: int, md5: str | None) -> dict[str, Any]:
    context.services.artifacts.get(context.caller, artifact_pk)
    claim = PutManifest(artifact_pk, md5 or None)
    node = wire.node_id("ArtifactManifest", artifact_pk)
    url = put_url(context, claim, "wandb_manifest.json")
    file = {
        "id": f"manifest:{artifact_pk}",
        "name": "wandb_manifest.json",
        "upload_url": url,
        "upload_headers": [],
    }
    return {"artifact_manifest": {"id": node, "file": file}}


@mutation.field("commitArtifact")
def commit(_: Any, info: Info, input: CommitArtifactInput) -> dict[str, Any]:
    """Give a version its number and aliases."""
    context = ctx(info)
    artifact = context.services.artifacts.uploads.commit(
        context.caller, input.artifact_id, lambda node: wire.read_node_id("Artifact", node)
    )
    return {"artifact": artifact}


@mutation.field("useArtifact")
def use(_: Any, info: Info, input: UseArtifactInput) -> dict[str, Any]:
    """Note that a run uses a version."""
    context = ctx(info)
    run = context.services.runs.get(
        context.caller, input.entity_name, input.project_name, input.run_name
    )
    used_as = input.used_as
    return {
        "artifact": context.services.artifacts.use(context.caller, run, input.artifact_id, used_as)
    }


@mutation.field("updateArtifact")
def update(_: Any, info: Info, input: UpdateArtifactInput) -> dict[str, Any]:
    """Change a version's description, metadata, TTL, tags, aliases."""
    context = ctx(info)
    ttl_s, aliases = input.ttl_duration_seconds, input.aliases
    change = ArtifactChange(
        description=input.description,
        metadata=input.metadata,
        ttl=None if ttl_s is None else TimeToLive(_ttl_s(ttl_s)),
        aliases=None if aliases is None else [alias.alias for alias in aliases],
        add_tags=_names(input.tags_to_add),
        remove_tags=_names(input.tags_to_delete),
    )
    artifact = context.services.artifacts.update(context.caller, input.artifact_id, change)
    return {"artifact": artifact}


@mutation.field("deleteArtifact")
def delete(_: Any, info: Info, input: DeleteArtifactInput) -> dict[str, Any]:
    """Remove a version."""
    context = ctx(info)
    removals = context.services.artifacts.removals
    gone = removals.delete(context.caller, input.artifact_id, input.delete_aliases)
    return {"artifact": gone}


@mutation.field("addAliases")
def add_aliases(_: Any, info: Info, input: AddAliasesInput) -> dict[str, Any]:
    """Name a version in collections it is in."""
    return _set_aliases(ctx(info), input, add=True)


@mutation.field("deleteAliases")
def delete_aliases(_: Any, info: Info, input: DeleteAliasesInput) -> dict[str, Any]:
    """Take names from a version."""
    return _set_aliases(ctx(info), input, add=False)


def _set_aliases(
    context: Context, input: AddAliasesInput | DeleteAliasesInput, add: bool
) -> dict[str, Any]:
    names = [alias.value for alias in input.aliases]
    collections = context.services.artifacts.collections
    collections.set_aliases(context.caller, input.artifact_id, names, add)
    return {"success": True}


@mutation.field("linkArtifact")
def link(_: Any, info: Info, input: LinkArtifactInput) -> dict[str, Any]:
    """Put a version into a portfolio."""
    context = ctx(info)
    services = context.services.artifacts
    pk = input.artifact_id
    if pk is None:
        pk = services.find_by_client_id(context.caller, input.client_id or "")
    name = input.artifact_portfolio_name
    if pk is None or not name:
        raise BadInput("linking needs an artifact and the name of a portfolio")
    place = services.collections.link(
        context.caller,
        pk,
        input.entity_name,
        input.project_name,
        name,
        [alias.alias for alias in input.aliases],
    )
    return {"version_index": place.version, "artifact_membership": place}


@mutation.field("unlinkArtifact")
def unlink(_: Any, info: Info, input: UnlinkArtifactInput) -> dict[str, Any]:
    """Take a version out of a portfolio."""
    context = ctx(info)
    context.services.artifacts.collections.unlink(
        context.caller, input.artifact_id, input.artifact_portfolio_id
    )
    return {"success": True}


@mutation.field("updateArtifactSequence")
@mutation.field("updateArtifactPortfolio")
def update_collection(_: Any, info: Info, input: CollectionDescription) -> dict[str, Any]:
    """Rename or describe a collection."""
    context = ctx(info)
    change = CollectionChange(name=input.name, description=input.description)
    collections = context.services.artifacts.collections
    changed = collections.change_collection(context.caller, input.collection_pk, change)
    return {"artifact_collection": changed}


@mutation.field("moveArtifactSequence")
def move_sequence(_: Any, info: Info, input: MoveArtifactSequenceInput) -> dict[str, Any]:
    """Give a collection another type."""
    context = ctx(info)
    change = CollectionChange(type_name=input.destination_artifact_type_name)
    collections = context.services.artifacts.collections
    changed = collections.change_collection(context.caller, input.artifact_sequence_id, change)
    return {"artifact_collection": changed}


@mutation.field("deleteArtifactSequence")
@mutation.field("deleteArtifactPortfolio")
def delete_collection(_: Any, info: Info, input: CollectionDeletion) -> dict[str, Any]:
    """Remove a collection."""
    context = ctx(info)
    gone = context.services.artifacts.removals.delete_collection(
        context.caller, input.collection_pk
    )
    return {"artifact_collection": gone}


def _tag_collection(context: Context, input: CollectionTags, add: bool) -> list[str]:
    owner = context.services.projects.get(context.caller, input.entity_name, input.project_name)
    name = input.artifact_collection_name
    found = context.services.artifacts.collections.find_collection(owner, name)
    if found is None:
        raise NotFound(f"no artifact collection {name!r} in {owner.entity}/{owner.name}")
    names = _names(input.tags)
    change = CollectionChange(add_tags=names) if add else CollectionChange(remove_tags=names)
    collections = context.services.artifacts.collections
    return list(collections.change_collection(context.caller, found.pk, change).tags)


@mutation.field("createArtifactCollectionTagAssignments")
def tag_collection(_: Any, info: Info, input: CollectionTags) -> dict[str, Any]:
    """Tag a collection."""
    return {"tags": [tag_node(name) for name in _tag_collection(ctx(info), input, add=True)]}


@mutation.field("deleteArtifactCollectionTagAssignments")
def untag_collection(_: Any, info: Info, input: CollectionTags) -> dict[str, Any]:
    """Take tags from a collection."""
    _tag_collection(ctx(info), input, add=False)
    return {"success": True}


bindables: list[SchemaBindable] = [mutation]
