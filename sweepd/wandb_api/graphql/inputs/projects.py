"""Inputs about projects, registries and who belongs to them, and about views."""

from typing import Annotated

from sweepd.domain.registries import Role, read_role
from sweepd.wandb_api.graphql.inputs.input_types import (
    EntityPk,
    ProjectPk,
    UserPk,
    ViewPk,
    wire_input,
)

RoleName = Annotated[Role, lambda value, _: read_role(str(value))]


@wire_input
class ArtifactTypeInput:
    """A type of artifacts."""

    name: str


@wire_input
class UpsertModelInput:
    """A project or registry that is created or changed; None leaves a matter as it is."""

    name: str | None = None
    entity_name: str | None = None
    description: str | None = None
    access: str | None = None
    allow_all_artifact_types_in_registry: bool | None = None
    artifact_types: tuple[ArtifactTypeInput, ...] = ()


@wire_input
class RenameProjectInput:
    """A registry's new name."""

    entity_name: str
    old_project_name: str
    new_project_name: str


@wire_input
class DeleteModelInput:
    """A registry that goes."""

    id: ProjectPk


@wire_input
class CreateProjectMembersInput:
    """Who comes into a registry."""

    project_id: ProjectPk
    user_ids: tuple[UserPk, ...] = ()
    team_ids: tuple[EntityPk, ...] = ()


@wire_input
class DeleteProjectMembersInput:
    """Who leaves a registry."""

    project_id: ProjectPk
    user_ids: tuple[UserPk, ...] = ()
    team_ids: tuple[EntityPk, ...] = ()


@wire_input
class UpdateProjectMemberInput:
    """A user's role in a registry."""

    project_id: ProjectPk
    user_id: UserPk
    user_project_role: RoleName


@wire_input
class UpdateProjectTeamMemberInput:
    """A team's role in a registry."""

    project_id: ProjectPk
    team_id: EntityPk
    team_project_role: RoleName


@wire_input
class UpsertViewInput:
    """A workspace or report that is created or changed; None leaves a matter as it is."""

    id: ViewPk | None = None
    entity_name: str | None = None
    project_name: str | None = None
    type: str | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    spec: str | None = None


@wire_input
class DeleteViewInput:
    """A view that goes."""

    id: ViewPk
