"""Versioned collections of files: collections, versions, aliases, manifest entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sweepd.domain.errors import BadInput

REGION = "default"  # the one place where bytes are kept


def check_region(name: str | None) -> None:
    """Raise BadInput unless a storage region is the one there is, or none is named."""
    if name not in (None, "", REGION):
        raise BadInput(
            f"this server keeps artifacts in one place, the storage region {REGION!r}; got "
            f"{name!r:.100}: leave storage_region out"
        )


class ArtifactState(StrEnum):
    """States of a version, in the client's words."""

    PENDING = "PENDING"
    COMMITTED = "COMMITTED"
    DELETED = "DELETED"


class DigestAlgorithm(StrEnum):
    """What digests are made with, in the client's words: a manifest's and those of its files."""

    MD5 = "MANIFEST_MD5"
    XXH128 = "MANIFEST_XXH128"


@dataclass(frozen=True, slots=True)
class Digest:
    """What a client says of bytes before they come: `value` is base64, 16 bytes long."""

    value: str
    algorithm: DigestAlgorithm = DigestAlgorithm.MD5

    def __str__(self) -> str:
        return f"{self.algorithm.name} {self.value}"


class CollectionKind(StrEnum):
    """Where versions are born, or where they are linked to."""

    SEQUENCE = "sequence"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Collection:
    """All versions under one name."""

    pk: int
    project_pk: int
    entity: str
    project: str
    kind: CollectionKind
    type_name: str
    name: str
    description: str | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Artifact:
    """One version. `digest` is the hexadecimal hash of its manifest's paths and digests."""

    pk: int
    project_pk: int
    collection_pk: int  # the sequence it was born in
    client_id: str | None
    digest: str
    state: ArtifactState
    version: int | None
    description: str | None
    metadata: str  # JSON
    tags: tuple[str, ...]
    size_bytes: int
    n_files: int
    run_pk: int | None  # the run that logged it
    history_step: int | None
    ttl_s: int | None  # from its creation; None: none of its own, negative: never
    manifest_blob: str | None
    base_pk: int | None  # what an incremental manifest adds to
    commit_hash: str
    created_at: datetime
    updated_at: datetime
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.MD5


@dataclass(frozen=True, slots=True)
class Membership:
    """A version's place in a collection; linked versions have several."""

    pk: int
    collection_pk: int
    artifact_pk: int
    version: int
    aliases: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A name in a collection. Collections of several projects may have the same name."""

    collection: str
    alias: str
    entity: str | None = None  # None, as of old clients: the collection the version was born in
    project: str | None = None

    def is_in(self, found: Collection) -> bool:
        """Whether it is that collection's."""
        return (
            found.name == self.collection
            and self.entity in (None, found.entity)
            and self.project in (None, found.project)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest. `blob` is None until its bytes have arrived; `ref` is an address."""

    path: str
    digest: str  # base64, or what the reference's storage says
    size_bytes: int
    ref: str | None
    blob: str | None
    birth_artifact_pk: int | None
    algorithm: DigestAlgorithm = DigestAlgorithm.MD5


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """What a list of collections says of each; `newest` is None while it has no version."""

    collection: Collection
    n_versions: int
    newest: int | None


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A line in the list of a collection's versions."""

    version: int
    aliases: tuple[str, ...]
    size_bytes: int
    created_at: datetime


def changed_tags(tags: Iterable[str], add: Iterable[str], remove: Sequence[str]) -> list[str]:
    """Tags with some added behind them and some taken away, each once."""
    return [tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove]
