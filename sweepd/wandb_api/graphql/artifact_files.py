"""Where the bytes of versions are put: whole files, and large ones in parts."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ariadne import MutationType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Digest, DigestAlgorithm, check_region
from sweepd.domain.errors import BadInput
from sweepd.services.artifacts.uploads import ComingFile
from sweepd.wandb_api import wire
from sweepd.wandb_api.claims import Claim, JoinDirectParts, JoinParts, PutArtifactFile, PutPart
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.artifacts import (
    CompleteMultipartUploadArtifactInput,
    CreateArtifactFilesInput,
    CreateArtifactFileSpecInput,
    UploadPartsInput,
)

mutation = MutationType()


def put_url(context: Context, claim: Claim, name: str) -> str:
    """A signed address where bytes are put."""
    return f"{context.base_url}/-/blobs/{context.signer.sign(claim)}/{quote(name)}"


@mutation.field("createArtifactFiles")
def create_files(_: Any, info: Info, input: CreateArtifactFilesInput) -> dict[str, Any]:
    """Where files of versions are put, in the order asked; null where the bytes are here."""
    context = ctx(info)
    check_region(input.cloud_region_id)
    services = context.services.artifacts
    files = [
        ComingFile(item.artifact_id, item.name, _digest(item, input.digest_algorithm))
        for item in input.artifact_files
    ]
    wanted = services.uploads.announce_files(context.caller, files)
    versions = {pk: services.get(context.caller, pk) for pk in {pk for pk, _, _ in files}}
    edges = []
    for item, (pk, name, digest), is_wanted in zip(
        input.artifact_files, files, wanted, strict=True
    ):
        node: dict[str, Any] = {
            "id": wire.node_id(f"ArtifactFile-{name}", pk),
            "name": name,
            "storage_path": name,
            "upload_url": None,
            "upload_headers": [],
            "upload_multipart_urls": None,
            "artifact": versions[pk],
        }
        if is_wanted:
            node |= _ways(context, pk, name, digest, item.upload_parts_input)
        edges.append({"node": node})
    return {"files": {"edges": edges, "page_info": {"has_next_page": False}}}


def _ways(
    context: Context, pk: int, name: str, digest: Digest, parts: Sequence[UploadPartsInput]
) -> dict[str, Any]:
    """Where a file is put: at the object store where it signs, else here."""
    direct = context.services.artifacts.uploads.direct
    claim = PutArtifactFile(pk, name, digest if digest.value else None)
    here = put_url(context, claim, name.rsplit("/", 1)[-1])
    if parts:
        return {
            "upload_url": here,
            "upload_multipart_urls": _direct_part_urls(context, claim, parts)
            or _part_urls(context, claim, parts),
        }
    signed = direct.put_address(pk, name, digest)
    if signed is None:
        return {"upload_url": here}
    headers = [f"{header}:{value}" for header, value in signed.headers]
    return {"upload_url": signed.url, "upload_headers": headers}


def _digest(item: CreateArtifactFileSpecInput, algorithm: DigestAlgorithm) -> Digest:
    """What a file's bytes must have; older clients say only its MD5."""
    return Digest(item.digest, algorithm) if item.digest else Digest(item.md5)


def _part_urls(
    context: Context, claim: PutArtifactFile, parts: Sequence[UploadPartsInput]
) -> dict[str, Any]:
    upload = uuid.uuid4().hex
    urls = []
    for part in parts:
        allowed = PutPart(upload, part.part_number, part.hex_md5)
        urls.append(
            {"part_number": part.part_number, "upload_url": put_url(context, allowed, "part")}
        )
    whole = JoinParts(claim.artifact_pk, claim.path, claim.digest, upload)
    upload_id = context.signer.sign(whole)
    return {"upload_id": upload_id, "upload_url_parts": urls}


def _direct_part_urls(
    context: Context, claim: PutArtifactFile, parts: Sequence[UploadPartsInput]
) -> dict[str, Any] | None:
    if claim.digest is None:
        return None
    wanted = [(part.part_number, part.hex_md5) for part in parts]
    signed = context.services.artifacts.uploads.direct.begin_parts(claim.digest, wanted)
    if signed is None:
        return None
    whole = JoinDirectParts(claim.artifact_pk, claim.path, claim.digest, signed.name, signed.upload)
    return {
        "upload_id": context.signer.sign(whole),
        "upload_url_parts": [
            {"part_number": number, "upload_url": url} for number, url in signed.urls
        ],
    }


@mutation.field("completeMultipartUploadArtifact")
def complete_multipart(
    _: Any, info: Info, input: CompleteMultipartUploadArtifactInput
) -> dict[str, Any]:
    """Make a file of its parts; what came is judged by the whole file's digest."""
    context = ctx(info)
    artifact = context.services.artifacts.get(context.caller, input.artifact_id)
    claim = context.signer.read(input.upload_id)
    if not isinstance(claim, JoinParts | JoinDirectParts) or claim.artifact_pk != artifact.pk:
        raise BadInput("this upload id was given for another file; send the file again")
    uploads = context.services.artifacts.uploads
    if isinstance(claim, JoinDirectParts):
        etags = [(part.part_number, part.hex_md5) for part in input.completed_parts]
        uploads.direct.finish_parts(
            artifact.pk, claim.path, claim.digest, claim.blob, claim.upload, etags
        )
        return {"digest": claim.digest.value}
    numbers = [part.part_number for part in input.completed_parts]
    uploads.large_files.complete(
        artifact.pk,
        claim.path,
        claim.upload,
        numbers,
        context.max_file_bytes,
        claim.digest,
    )
    return {"digest": claim.digest.value if claim.digest else None}


bindables: list[SchemaBindable] = [mutation]
