"""Artifacts and collections, as the client writes them."""

from typing import Any

from ariadne import MutationType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Alias, DigestAlgorithm, check_region
from sweepd.domain.errors import BadInput, NotFound
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.wandb_api import wire
from sweepd.wandb_api.claims import PutManifest
from sweepd.wandb_api.graphql.artifact_collections import tag_node
from sweepd.wandb_api.graphql.artifact_files import put_url
from sweepd.wandb_api.graphql.context import Context, Info, ctx

mutation = MutationType()
TTL_INHERITED = -1


@mutation.field("createArtifact")
def create_artifact(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Begin a version; the same content as the newest is answered with that one, committed."""
    context = ctx(info)
    names = input.get("artifact_collection_names") or []
    name = input.get("artifact_collection_name") or (names[0] if names else None)
    if name is None:
        raise BadInput("an artifact needs a name: artifactCollectionName")
    wire.read_json_object(input.get("metadata"), "metadata")
    check_region(input.get("storage_region"))
    new = NewArtifact(
        entity=input["entity_name"],
        project=input["project_name"],
        run_id=input.get("run_name"),
        type_name=input["artifact_type_name"],
        name=name,
        digest=input["digest"],
        digest_algorithm=DigestAlgorithm(input.get("digest_algorithm") or DigestAlgorithm.MD5),
        description=input.get("description"),
        metadata=input.get("metadata"),
        aliases=[alias["alias"] for alias in input.get("aliases") or []],
        tags=_tags(input.get("tags")),
        client_id=input.get("client_id"),
        sequence_client_id=input.get("sequence_client_id"),
        history_step=input.get("history_step"),
        ttl_s=_ttl_s(input.get("ttl_duration_seconds")),
        distributed_id=input.get("distributed_id") or None,
    )
    return {"artifact": context.services.artifacts.uploads.create(context.caller, new)}


def _ttl_s(seconds: int | None) -> int | None:
    """A version's own time to live; the client's -1 says it has none of its own, -2 never."""
    return None if seconds == TTL_INHERITED else seconds


def _tags(tags: list[dict[str, Any]] | None) -> list[str]:
    return [tag["tag_name"] for tag in tags or []]


@mutation.field("createArtifactManifest")
def create_manifest(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Where the manifest of a version is put."""
    context = ctx(info)
    artifact_pk = wire.read_node_id("Artifact", input["artifact_id"])
    base = input.get("base_artifact_id")
    if input.get("type") == "INCREMENTAL" and base:
        base_pk = wire.read_node_id("Artifact", base)
        context.services.artifacts.uploads.manifests.set_base(context.caller, artifact_pk, base_pk)
    return _manifest(context, artifact_pk, input.get("digest"))


@mutation.field("updateArtifactManifest")
def update_manifest(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Where the manifest of a version built by several writers is put."""
    artifact_pk = wire.read_node_id("ArtifactManifest", input["artifact_manifest_id"])
    return _manifest(ctx(info), artifact_pk, input.get("digest"))


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
def commit(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Give a version its number and aliases."""
    context = ctx(info)
    pk = wire.read_node_id("Artifact", input["artifact_id"])
    artifact = context.services.artifacts.uploads.commit(
        context.caller, pk, lambda node: wire.read_node_id("Artifact", node)
    )
    return {"artifact": artifact}


@mutation.field("useArtifact")
def use(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Note that a run uses a version."""
    context = ctx(info)
    run = context.services.runs.get(
        context.caller, input["entity_name"], input["project_name"], input["run_name"]
    )
    pk = wire.read_node_id("Artifact", input["artifact_id"])
    used_as = input.get("used_as")
    return {"artifact": context.services.artifacts.use(context.caller, run, pk, used_as)}


@mutation.field("updateArtifact")
def update(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Change a version's description, metadata, TTL, tags, aliases."""
    context = ctx(info)
    wire.read_json_object(input.get("metadata"), "metadata")
    values = {
        column: input[name]
        for name, column in (("description", "description"), ("metadata", "metadata"))
        if input.get(name) is not None
    }
    if input.get("ttl_duration_seconds") is not None:
        values["ttl_s"] = _ttl_s(int(input["ttl_duration_seconds"]))
    aliases = input.get("aliases")
    names = None if aliases is None else [alias["alias"] for alias in aliases]
    artifact = context.services.artifacts.update(
        context.caller,
        wire.read_node_id("Artifact", input["artifact_id"]),
        values,
        _tags(input.get("tags_to_add")),
        _tags(input.get("tags_to_delete")),
        names,
    )
    return {"artifact": artifact}


@mutation.field("deleteArtifact")
def delete(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Remove a version."""
    context = ctx(info)
    pk = wire.read_node_id("Artifact", input["artifact_id"])
    gone = context.services.artifacts.delete(context.caller, pk, bool(input.get("delete_aliases")))
    return {"artifact": gone}


@mutation.field("addAliases")
def add_aliases(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Name a version in collections it is in."""
    return _set_aliases(ctx(info), input, add=True)


@mutation.field("deleteAliases")
def delete_aliases(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Take names from a version."""
    return _set_aliases(ctx(info), input, add=False)


def _set_aliases(context: Context, input: dict[str, Any], add: bool) -> dict[str, Any]:
    names = [
        Alias(
            item["artifact_collection_name"],
            item["alias"],
            item.get("entity_name"),
            item.get("project_name"),
        )
        for item in input["aliases"]
    ]
    pk = wire.read_node_id("Artifact", input["artifact_id"])
    context.services.artifacts.collections.set_aliases(context.caller, pk, names, add)
    return {"success": True}


@mutation.field("linkArtifact")
def link(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Put a version into a portfolio."""
    context = ctx(info)
    services = context.services.artifacts
    if input.get("artifact_id"):
        pk: int | None = wire.read_node_id("Artifact", input["artifact_id"])
    else:
        pk = services.find_by_client_id(context.caller, str(input.get("client_id")))
    name = input.get("artifact_portfolio_name")
    if pk is None or not name:
        raise BadInput("linking needs an artifact and the name of a portfolio")
    place = services.collections.link(
        context.caller,
        pk,
        input.get("entity_name"),
        input.get("project_name"),
        name,
        [alias["alias"] for alias in input.get("aliases") or []],
    )
    return {"version_index": place.version, "artifact_membership": place}


@mutation.field("unlinkArtifact")
def unlink(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Take a version out of a portfolio."""
    context = ctx(info)
    pk = wire.read_node_id("Artifact", input["artifact_id"])
    portfolio_pk = wire.read_node_id("ArtifactCollection", input["artifact_portfolio_id"])
    context.services.artifacts.collections.unlink(context.caller, pk, portfolio_pk)
    return {"success": True}


def _collection_pk(input: dict[str, Any]) -> int:
    node = input.get("artifact_sequence_id") or input.get("artifact_portfolio_id")
    return wire.read_node_id("ArtifactCollection", str(node))


@mutation.field("updateArtifactSequence")
@mutation.field("updateArtifactPortfolio")
def update_collection(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Rename or describe a collection."""
    context = ctx(info)
    values = {n: input[n] for n in ("name", "description") if input.get(n) is not None}
    pk = _collection_pk(input)
    changed = context.services.artifacts.collections.change_collection(context.caller, pk, values)
    return {"artifact_collection": changed}


@mutation.field("moveArtifactSequence")
def move_sequence(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Give a collection another type."""
    context = ctx(info)
    values = {"type_name": input["destination_artifact_type_name"]}
    pk = _collection_pk(input)
    changed = context.services.artifacts.collections.change_collection(context.caller, pk, values)
    return {"artifact_collection": changed}


@mutation.field("deleteArtifactSequence")
@mutation.field("deleteArtifactPortfolio")
def delete_collection(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Remove a collection."""
    context = ctx(info)
    gone = context.services.artifacts.delete_collection(context.caller, _collection_pk(input))
    return {"artifact_collection": gone}


def _tag_collection(context: Context, input: dict[str, Any], add: bool) -> list[str]:
    owner = context.services.projects.get(
        context.caller, input["entity_name"], input["project_name"]
    )
    name = input["artifact_collection_name"]
    found = context.services.artifacts.collections.find_collection(owner, name)
    if found is None:
        raise NotFound(f"no artifact collection {name!r} in {owner.entity}/{owner.name}")
    names = _tags(input["tags"])
    put, drop = (names, []) if add else ([], names)
    listing = context.services.artifacts.collections
    return list(listing.change_collection(context.caller, found.pk, {}, put, drop).tags)


@mutation.field("createArtifactCollectionTagAssignments")
def tag_collection(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Tag a collection."""
    return {"tags": [tag_node(name) for name in _tag_collection(ctx(info), input, add=True)]}


@mutation.field("deleteArtifactCollectionTagAssignments")
def untag_collection(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Take tags from a collection."""
    _tag_collection(ctx(info), input, add=False)
    return {"success": True}


bindables: list[SchemaBindable] = [mutation]
