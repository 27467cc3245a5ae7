"""Inputs about artifacts: versions, their files, manifests, names, collections."""

from enum import StrEnum

from sweepd.domain.artifacts import Alias, DigestAlgorithm
from sweepd.wandb_api.graphql.inputs.input_types import (
    ArtifactPk,
    CollectionPk,
    ManifestPk,
    ObjectText,
    wire_input,
)


class ManifestType(StrEnum):
    """What a manifest holds."""

    FULL = "FULL"
    PATCH = "PATCH"
    INCREMENTAL = "INCREMENTAL"


@wire_input
class ArtifactAliasInput:
    """A name in a collection."""

    artifact_collection_name: str
    alias: str
    entity_name: str | None = None
    project_name: str | None = None

    @property
    def value(self) -> Alias:
        """The same as the services know it."""
        return Alias(self.artifact_collection_name, self.alias, self.entity_name, self.project_name)


@wire_input
class TagInput:
    """A tag."""

    tag_name: str


@wire_input
class CreateArtifactTypeInput:
    """A type, which is there as soon as a collection has it."""

    entity_name: str
    project_name: str
    name: str


@wire_input
class CreateArtifactInput:
    """A version that begins."""

    entity_name: str
    project_name: str
    run_name: str | None = None
    artifact_type_name: str
    artifact_collection_name: str | None = None
    artifact_collection_names: tuple[str, ...] = ()
    digest: str
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.MD5
    description: str | None = None
    metadata: ObjectText = None
    aliases: tuple[ArtifactAliasInput, ...] = ()
    tags: tuple[TagInput, ...] = ()
    history_step: int | None = None
    ttl_duration_seconds: int | None = None
    client_id: str | None = None
    sequence_client_id: str | None = None
    distributed_id: str | None = None
    storage_region: str | None = None


@wire_input
class CreateArtifactManifestInput:
    """Where a version's manifest is put."""

    artifact_id: ArtifactPk
    base_artifact_id: ArtifactPk | None = None
    digest: str
    type: ManifestType = ManifestType.FULL


@wire_input
class UpdateArtifactManifestInput:
    """A manifest that is put again."""

    artifact_manifest_id: ManifestPk
    digest: str | None = None


@wire_input
class UploadPartsInput:
    """A part of a large file."""

    part_number: int
    hex_md5: str


@wire_input
class CreateArtifactFileSpecInput:
    """A file of a version that is about to come."""

    artifact_id: ArtifactPk
    name: str
    md5: str = ""
    digest: str = ""
    upload_parts_input: tuple[UploadPartsInput, ...] = ()


@wire_input
class CreateArtifactFilesInput:
    """Files of versions that are about to come."""

    artifact_files: tuple[CreateArtifactFileSpecInput, ...]
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.MD5
    cloud_region_id: str | None = None


@wire_input
class CompleteMultipartUploadArtifactInput:
    """A large file whose parts have come."""

    completed_parts: tuple[UploadPartsInput, ...]
    artifact_id: ArtifactPk
    upload_id: str


@wire_input
class CommitArtifactInput:
    """A version whose files have come."""

    artifact_id: ArtifactPk


@wire_input
class UseArtifactInput:
    """A version that a run uses."""

    entity_name: str
    project_name: str
    run_name: str
    artifact_id: ArtifactPk
    used_as: str | None = None


@wire_input
class UpdateArtifactInput:
    """What is to be said of a version; None leaves a matter as it is."""

    artifact_id: ArtifactPk
    description: str | None = None
    metadata: ObjectText = None
    ttl_duration_seconds: int | None = None
    tags_to_add: tuple[TagInput, ...] = ()
    tags_to_delete: tuple[TagInput, ...] = ()
    aliases: tuple[ArtifactAliasInput, ...] | None = None


@wire_input
class DeleteArtifactInput:
    """A version that goes."""

    artifact_id: ArtifactPk
    delete_aliases: bool = False


@wire_input
class AddAliasesInput:
    """Names a version gets."""

    artifact_id: ArtifactPk
    aliases: tuple[ArtifactAliasInput, ...]


@wire_input
class DeleteAliasesInput:
    """Names a version loses."""

    artifact_id: ArtifactPk
    aliases: tuple[ArtifactAliasInput, ...]


@wire_input
class LinkArtifactInput:
    """A version that is put into a portfolio."""

    artifact_id: ArtifactPk | None = None
    client_id: str | None = None
    artifact_portfolio_name: str | None = None
    entity_name: str | None = None
    project_name: str | None = None
    aliases: tuple[ArtifactAliasInput, ...] = ()


@wire_input
class UnlinkArtifactInput:
    """A version that is taken from a portfolio."""

    artifact_id: ArtifactPk
    artifact_portfolio_id: CollectionPk


@wire_input
class UpdateArtifactSequenceInput:
    """A collection's new name or description."""

    artifact_sequence_id: CollectionPk
    name: str | None = None
    description: str | None = None

    @property
    def collection_pk(self) -> int:
        """Our key of the collection."""
        return self.artifact_sequence_id


@wire_input
class UpdateArtifactPortfolioInput:
    """A portfolio's new name or description."""

    artifact_portfolio_id: CollectionPk
    name: str | None = None
    description: str | None = None

    @property
    def collection_pk(self) -> int:
        """Our key of the collection."""
        return self.artifact_portfolio_id


@wire_input
class MoveArtifactSequenceInput:
    """A collection's new type."""

    artifact_sequence_id: CollectionPk
    destination_artifact_type_name: str


@wire_input
class DeleteArtifactSequenceInput:
    """A collection that goes."""

    artifact_sequence_id: CollectionPk

    @property
    def collection_pk(self) -> int:
        """Our key of the collection."""
        return self.artifact_sequence_id


@wire_input
class DeleteArtifactPortfolioInput:
    """A portfolio that goes."""

    artifact_portfolio_id: CollectionPk

    @property
    def collection_pk(self) -> int:
        """Our key of the collection."""
        return self.artifact_portfolio_id


@wire_input
class CreateArtifactCollectionTagAssignmentsInput:
    """Tags a collection gets."""

    entity_name: str
    project_name: str
    artifact_collection_name: str
    tags: tuple[TagInput, ...]


@wire_input
class DeleteArtifactCollectionTagAssignmentsInput:
    """Tags a collection loses."""

    entity_name: str
    project_name: str
    artifact_collection_name: str
    tags: tuple[TagInput, ...]


CollectionTags = (
    CreateArtifactCollectionTagAssignmentsInput | DeleteArtifactCollectionTagAssignmentsInput
)
CollectionDescription = UpdateArtifactSequenceInput | UpdateArtifactPortfolioInput
CollectionDeletion = DeleteArtifactSequenceInput | DeleteArtifactPortfolioInput
