"""What a signed address allows: one dataclass each, and its form in the token.

Tokens live for a week, so the forms given out by earlier versions stay readable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.errors import Forbidden


@dataclass(frozen=True, slots=True)
class PutRunFile:
    """To store a file of a run."""

    run_pk: int
    path: str


@dataclass(frozen=True, slots=True)
class PutArtifactFile:
    """To store a file of a version; without a digest any bytes are taken."""

    artifact_pk: int
    path: str
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class PutManifest:
    """To store a version's manifest."""

    artifact_pk: int
    md5: str | None  # base64


@dataclass(frozen=True, slots=True)
class PutPart:
    """To store one part of a large file."""

    upload: str
    number: int  # from 1
    md5: str  # hexadecimal


@dataclass(frozen=True, slots=True)
class JoinParts:
    """To make a file of a version of the parts that came."""

    artifact_pk: int
    path: str
    digest: Digest | None
    upload: str


@dataclass(frozen=True, slots=True)
class JoinDirectParts:
    """To make a file of a version of the parts that the object store took."""

    artifact_pk: int
    path: str
    digest: Digest
    blob: str  # its name
    upload: str  # the store's name of the upload


@dataclass(frozen=True, slots=True)
class GetBlob:
    """To read bytes."""

    blob: str
    mimetype: str


Claim = PutRunFile | PutArtifactFile | PutManifest | PutPart | JoinParts | JoinDirectParts | GetBlob


def to_token(claim: Claim) -> dict[str, Any]:
    """A claim as its token carries it."""
    match claim:
        case PutRunFile():
            return {"put": "run-file", "run": claim.run_pk, "path": claim.path}
        case PutArtifactFile():
            place = {"artifact": claim.artifact_pk, "path": claim.path}
            return {"put": "artifact-file", **place, **_digest_to_token(claim.digest)}
        case PutManifest():
            return {"put": "manifest", "artifact": claim.artifact_pk, "md5": claim.md5}
        case PutPart():
            return {"put": "part", "upload": claim.upload, "n": claim.number, "md5": claim.md5}
        case JoinParts():
            place = {"artifact": claim.artifact_pk, "path": claim.path, "upload": claim.upload}
            return {"put": "parts", **place, **_digest_to_token(claim.digest)}
        case JoinDirectParts():
            place = {"artifact": claim.artifact_pk, "path": claim.path, "upload": claim.upload}
            named = {**place, "blob": claim.blob}
            return {"put": "direct-parts", **named, **_digest_to_token(claim.digest)}
        case GetBlob():
            return {"get": claim.blob, "type": claim.mimetype}


def from_token(carried: Mapping[str, Any]) -> Claim:
    """The claim that a token carries.

    Raises:
        Forbidden: It carries none.
    """
    try:
        match carried.get("put"):
            case "run-file":
                return PutRunFile(carried["run"], carried["path"])
            case "artifact-file":
                digest = _digest_of(carried)
                return PutArtifactFile(carried["artifact"], carried["path"], digest)
            case "manifest":
                return PutManifest(carried["artifact"], carried.get("md5"))
            case "part":
                return PutPart(carried["upload"], carried["n"], carried["md5"])
            case "parts":
                place = carried["artifact"], carried["path"]
                return JoinParts(*place, _digest_of(carried), carried["upload"])
            case "direct-parts":
                digest = Digest(carried["digest"], DigestAlgorithm(carried["algorithm"]))
                named = carried["blob"], carried["upload"]
                return JoinDirectParts(carried["artifact"], carried["path"], digest, *named)
            case None if isinstance(carried.get("get"), str):
                kind = carried.get("type") or "application/octet-stream"
                return GetBlob(carried["get"], kind)
    except (KeyError, ValueError) as error:
        raise Forbidden("this address says nothing that we know; ask for a new one") from error
    raise Forbidden("this address says nothing that we know; ask for a new one")


def _digest_to_token(digest: Digest | None) -> dict[str, str]:
    if digest is None or not digest.value:
        return {}
    return {"digest": digest.value, "algorithm": str(digest.algorithm)}


def _digest_of(carried: Mapping[str, Any]) -> Digest | None:
    if carried.get("digest"):
        return Digest(carried["digest"], DigestAlgorithm(carried["algorithm"]))
    return Digest(carried["md5"]) if carried.get("md5") else None  # as given out before
