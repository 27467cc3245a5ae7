"""The organisation and its registries, as `wandb.Api().registry(…)` reads and changes them."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from sweepd.domain.errors import Unsupported
from sweepd.domain.projects import Project
from sweepd.domain.registries import Organization, Role
from sweepd.domain.users import Caller
from sweepd.services.people.registries import RegistryChange
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.projects import (
    CreateProjectMembersInput,
    DeleteModelInput,
    DeleteProjectMembersInput,
    RenameProjectInput,
    UpdateProjectMemberInput,
    UpdateProjectTeamMemberInput,
    UpsertModelInput,
)
from sweepd.wandb_api.graphql.paging import connection, read_start
from sweepd.wandb_api.graphql.users import entity_node

query, mutation = QueryType(), MutationType()
organization_type, entity_type = ObjectType("Organization"), ObjectType("Entity")
user_type, project_type = ObjectType("User"), ObjectType("Project")
VISIBILITIES = {"PRIVATE": False, "RESTRICTED": True}  # the client's words: is it restricted?


def is_registry(owner: Project, context: Context) -> bool:
    """Whether a project the caller sees is a registry: all others are of entities of theirs."""
    return owner.entity not in context.caller.entities


@query.field("organization")
def organization(_: Any, info: Info, name: str) -> Organization | None:
    """The server's organisation, when it is asked for by its name."""
    found = ctx(info).services.registries.organization()
    return found if found.name == name else None


@organization_type.field("id")
def organization_id(found: Organization, _: Info) -> str:
    """The organisation's node id."""
    return wire.node_id("Organization", found.pk)


@organization_type.field("orgEntity")
def organization_entity(found: Organization, info: Info) -> dict[str, Any]:
    """The entity that owns the registries; it bears the organisation's name."""
    return entity_node(found.name, found.pk, ctx(info).caller, kind="organization")


@organization_type.field("featureFlags")
def organization_flags(_: Organization, __: Info, **___: Any) -> list[dict[str, Any]]:
    """None are raised."""
    return []


@organization_type.field("advancedRegistryFeatures")
def advanced_features(_: Organization, __: Info) -> dict[str, Any]:
    """Versions can be ordered, too."""
    return {"advanced_search": True}


@entity_type.field("organization")
def organization_of_entity(_: dict[str, Any], info: Info) -> Organization:
    """Everybody's, and its own entity's."""
    return ctx(info).services.registries.organization()


@entity_type.field("user")
def user_of_entity(entity: dict[str, Any], info: Info) -> Caller | None:
    """The caller, of their own entity."""
    caller = ctx(info).caller
    return caller if entity["name"] == caller.name else None


@user_type.field("organizations")
def organizations_of_user(_: Caller, info: Info) -> list[Organization]:
    """The one there is."""
    return [ctx(info).services.registries.organization()]


@entity_type.field("artifactCollections")
def search_collections(
    entity: dict[str, Any],
    info: Info,
    project_filters: str | None = None,
    filters: str | None = None,
    collection_types: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The collections of all registries the caller sees."""
    context = _searched(entity, info)
    found = context.services.registries.search_collections(
        context.caller,
        project_filters,
        filters,
        order,
        collection_types or ["PORTFOLIO"],
        read_start(after),
        first,
    )
    return connection(found)


@entity_type.field("artifactMemberships")
def search_versions(
    entity: dict[str, Any],
    info: Info,
    project_filters: str | None = None,
    collection_filters: str | None = None,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The versions linked to all registries the caller sees."""
    context = _searched(entity, info)
    found = context.services.registries.search_versions(
        context.caller,
        project_filters,
        collection_filters,
        filters,
        order,
        read_start(after),
        first,
    )
    return connection(found)


def _searched(entity: dict[str, Any], info: Info) -> Context:
    if entity["entity_type"] != "organization":
        raise Unsupported(
            f"only the organisation's registries are searched as a whole, not {entity['name']!r}; "
            "list the collections of one project"
        )
    return ctx(info)


@project_type.field("access")
def access(owner: Project, info: Info) -> str:
    """Members only; of a registry, whether these are all of the organisation."""
    context = ctx(info)
    if not is_registry(owner, context):
        return "PRIVATE"
    return "RESTRICTED" if context.services.registries.get(owner).is_restricted else "PRIVATE"


@project_type.field("readOnly")
def read_only(owner: Project, info: Info) -> bool:
    """Who sees a project may write to it; a registry's viewers may not."""
    context = ctx(info)
    if not is_registry(owner, context):
        return False
    registry = context.services.registries.get(owner)
    return context.services.registries.role(context.caller, registry) is Role.VIEWER


@project_type.field("updatedAt")
def updated_at(owner: Project, info: Info) -> Any:
    """When a registry was last changed; an ordinary project's creation."""
    context = ctx(info)
    if not is_registry(owner, context):
        return owner.created_at
    return context.services.registries.get(owner).updated_at


@project_type.field("allowAllArtifactTypesInRegistry")
def takes_all_types(owner: Project, info: Info) -> bool:
    """Whether a registry takes artifacts of every type, as ordinary projects do."""
    context = ctx(info)
    return not is_registry(owner, context) or context.services.registries.get(owner).takes_all_types


@project_type.field("members")
def user_members(owner: Project, info: Info) -> list[dict[str, Any]]:
    """The users with a role of their own in a registry."""
    found = ctx(info).services.registries.members.list_users(owner)
    return [
        {
            "id": wire.node_id("User", user.pk),
            "name": user.name,
            "username": user.name,
            "email": user.email,
            "role": {"name": str(user.role)},
        }
        for user in found
    ]


@project_type.field("teamMembers")
def team_members(owner: Project, info: Info) -> list[dict[str, Any]]:
    """The teams with a role in a registry; who belongs to them, their members see."""
    context = ctx(info)
    found = context.services.registries.members.list_teams(owner)
    return [
        {
            "team": entity_node(team.name, team.pk, context.caller, kind="team"),
            "role": {"name": str(team.role)},
        }
        for team in found
    ]


def upsert(context: Context, input: UpsertModelInput) -> tuple[Project, bool]:
    """Make or change a registry, as `upsertModel` asks for it."""
    visibility = input.access
    if visibility is not None and visibility not in VISIBILITIES:
        raise Unsupported(
            f"a registry's visibility is organization (PRIVATE) or restricted (RESTRICTED); got "
            f"{visibility!r}"
        )
    change = RegistryChange(
        description=input.description,
        is_restricted=None if visibility is None else VISIBILITIES[visibility],
        takes_all_types=input.allow_all_artifact_types_in_registry,
        type_names=[kind.name for kind in input.artifact_types],
    )
    return context.services.registries.upsert(context.caller, input.name or "", change)


@mutation.field("renameProject")
def rename(_: Any, info: Info, input: RenameProjectInput) -> dict[str, Any]:
    """Give a registry, or a project, another name."""
    context = ctx(info)
    if input.entity_name != context.services.registries.organization().name:
        projects = context.services.projects
        found = projects.get(context.caller, input.entity_name, input.old_project_name)
        project = projects.rename(context.caller, found.pk, input.new_project_name)
        return {"project": project, "inserted": False}
    renamed = context.services.registries.rename(
        context.caller, input.old_project_name, input.new_project_name
    )
    return {"project": renamed, "inserted": False}


@mutation.field("deleteModel")
def delete(_: Any, info: Info, input: DeleteModelInput) -> dict[str, Any]:
    """Remove a registry; an ordinary project can be brought back."""
    context = ctx(info)
    if context.services.registries.is_seen(context.caller, input.id):
        context.services.registries.delete(context.caller, input.id)
    else:
        context.services.projects.delete(context.caller, input.id)
    return {"success": True}


@mutation.field("createProjectMembers")
def add_members(_: Any, info: Info, input: CreateProjectMembersInput) -> dict[str, Any]:
    """Let users and teams into a registry; those without a role become members."""
    members = ctx(info).services.registries.members
    given = (input.project_id, input.user_ids, input.team_ids)
    members.set_roles(ctx(info).caller, *given, Role.MEMBER, only_new=True)
    return {"success": True}


@mutation.field("deleteProjectMembers")
def remove_members(_: Any, info: Info, input: DeleteProjectMembersInput) -> dict[str, Any]:
    """Take their roles from users and teams."""
    members = ctx(info).services.registries.members
    given = (input.project_id, input.user_ids, input.team_ids)
    members.set_roles(ctx(info).caller, *given, None)
    return {"success": True}


@mutation.field("updateProjectMember")
def update_user(_: Any, info: Info, input: UpdateProjectMemberInput) -> dict[str, Any]:
    """Give a user a role."""
    members, role = ctx(info).services.registries.members, input.user_project_role
    members.set_roles(ctx(info).caller, input.project_id, [input.user_id], [], role)
    return {"success": True}


@mutation.field("updateProjectTeamMember")
def update_team(_: Any, info: Info, input: UpdateProjectTeamMemberInput) -> dict[str, Any]:
    """Give a team a role."""
    members, role = ctx(info).services.registries.members, input.team_project_role
    members.set_roles(ctx(info).caller, input.project_id, [], [input.team_id], role)
    return {"success": True}


bindables: list[SchemaBindable] = [
    query,
    mutation,
    organization_type,
    entity_type,
    user_type,
    project_type,
]
