"""Where the bytes of versions are put: whole files, and large ones in parts."""

import uuid
from typing import Any
from urllib.parse import quote

from ariadne import MutationType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Digest, DigestAlgorithm, check_region
from sweepd.domain.errors import BadInput
from sweepd.wandb_api import wire
from sweepd.wandb_api.claims import Claim, JoinParts, PutArtifactFile, PutPart
from sweepd.wandb_api.graphql.context import Context, Info, ctx

mutation = MutationType()


def put_url(context: Context, claim: Claim, name: str) -> str:
    """A signed address where bytes are put."""
    return f"{context.base_url}/-/blobs/{context.signer.sign(claim)}/{quote(name)}"


@mutation.field("createArtifactFiles")
def create_files(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Where files of versions are put, in the order asked; null where the bytes are here."""
    context = ctx(info)
    check_region(input.get("cloud_region_id"))
    services = context.services.artifacts
    algorithm = DigestAlgorithm(input.get("digest_algorithm") or DigestAlgorithm.MD5)
    files = [
        (
            wire.read_node_id("Artifact", item["artifact_id"]),
            str(item["name"]),
            _digest(item, algorithm),
        )
        for item in input["artifact_files"]
    ]
    wanted = services.uploads.announce_files(context.caller, files)
    versions = {pk: services.get(context.caller, pk) for pk in {pk for pk, _, _ in files}}
    edges = []
    for item, (pk, name, digest), is_wanted in zip(
        input["artifact_files"], files, wanted, strict=True
    ):
        claim = PutArtifactFile(pk, name, digest if digest.value else None)
        parts = item.get("upload_parts_input") if is_wanted else None
        node: dict[str, Any] = {
            "id": wire.node_id(f"ArtifactFile-{name}", pk),
            "name": name,
            "storage_path": name,
            "upload_url": put_url(context, claim, name.rsplit("/", 1)[-1]) if is_wanted else None,
            "upload_headers": [],
            "upload_multipart_urls": _part_urls(context, claim, parts) if parts else None,
            "artifact": versions[pk],
        }
        edges.append({"node": node})
    return {"files": {"edges": edges, "page_info": {"has_next_page": False}}}


def _digest(item: dict[str, Any], algorithm: DigestAlgorithm) -> Digest:
    """What a file's bytes must have; older clients say only its MD5."""
    if item.get("digest"):
        return Digest(str(item["digest"]), algorithm)
    return Digest(str(item.get("md5") or ""))


def _part_urls(
    context: Context, claim: PutArtifactFile, parts: list[dict[str, Any]]
) -> dict[str, Any]:
    upload = uuid.uuid4().hex
    urls = []
    for part in parts:
        number = int(part["part_number"])
        allowed = PutPart(upload, number, part["hex_md5"])
        urls.append({"part_number": number, "upload_url": put_url(context, allowed, "part")})
    whole = JoinParts(claim.artifact_pk, claim.path, claim.digest, upload)
    upload_id = context.signer.sign(whole)
    return {"upload_id": upload_id, "upload_url_parts": urls}


@mutation.field("completeMultipartUploadArtifact")
def complete_multipart(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Make a file of its parts; what came is judged by the whole file's digest."""
    context = ctx(info)
    artifact = context.services.artifacts.get(
        context.caller, wire.read_node_id("Artifact", input["artifact_id"])
    )
    claim = context.signer.read(input["upload_id"])
    if not isinstance(claim, JoinParts) or claim.artifact_pk != artifact.pk:
        raise BadInput("this upload id was given for another file; send the file again")
    numbers = [int(part["part_number"]) for part in input["completed_parts"]]
    context.services.artifacts.uploads.large_files.complete(
        artifact.pk,
        claim.path,
        claim.upload,
        numbers,
        context.max_file_bytes,
        claim.digest,
    )
    return {"digest": claim.digest.value if claim.digest else None}


bindables: list[SchemaBindable] = [mutation]
