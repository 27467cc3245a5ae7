"""Teams and who belongs to them, as `wandb.Api().team(…)` reads and changes them."""

from typing import Any

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.users import Member
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.people import (
    CreateInviteInput,
    CreateServiceAccountInput,
    CreateTeamInput,
    DeleteInviteInput,
)
from sweepd.wandb_api.graphql.users import entity_node

mutation, entity = MutationType(), ObjectType("Entity")


@entity.field("members")
def members(node: dict[str, Any], info: Info) -> list[dict[str, Any]]:
    """Who belongs to the entity; a new service account's key is among them once."""
    context = ctx(info)
    caller = node.get("asking") or context.caller
    if node["name"] not in caller.entities:
        return []  # a team with a role in a registry that the caller sees, or the organisation
    teams = context.services.teams
    return [
        {
            **_member_node(member),
            "api_key": teams.take_fresh_key(caller, node["name"], member),
        }
        for member in teams.list_members(caller, node["name"])
    ]


def _member_node(member: Member) -> dict[str, Any]:
    return {
        "id": wire.node_id("User", member.user_pk),
        "name": member.name,
        "username": member.name,
        "email": member.email,
        "role": "ADMIN" if member.role == "owner" else "USER",
        "admin": member.role == "owner",
        "pending": False,
        "account_type": "SERVICE" if member.is_service else "MEMBER",
    }


@mutation.field("createTeam")
def create_team(_: Any, info: Info, input: CreateTeamInput) -> dict[str, Any]:
    """Make a team."""
    context, name = ctx(info), input.team_name
    context.services.teams.create(context.caller, name, input.team_admin_user_name)
    caller = context.services.users.get_caller(context.caller.name)
    node = entity_node(name, caller.entities[name], caller)
    return {"entity": {**node, "asking": caller}}  # who belongs to it since


@mutation.field("createInvite")
def create_invite(_: Any, info: Info, input: CreateInviteInput) -> dict[str, Any]:
    """Let a user into a team at once."""
    context = ctx(info)
    member = context.services.teams.invite(
        context.caller,
        input.entity_name,
        input.username or input.email or "",
        input.admin,
    )
    return {"invite": {**_member_node(member), "to_user": {"name": member.name}}}


@mutation.field("deleteInvite")
def delete_invite(_: Any, info: Info, input: DeleteInviteInput) -> dict[str, Any]:
    """Shut a member out of a team."""
    context = ctx(info)
    user_pk = wire.read_node_id("User", input.id)
    context.services.teams.remove(context.caller, input.entity_name, user_pk)
    return {"success": True}


@mutation.field("createServiceAccount")
def create_service_account(_: Any, info: Info, input: CreateServiceAccountInput) -> dict[str, Any]:
    """A user for machines, whose default entity is the team."""
    context = ctx(info)
    member = context.services.teams.create_service_account(
        context.caller, input.entity_name, input.description
    )
    return {"user": context.services.users.get_caller(member.name)}


bindables: list[SchemaBindable] = [mutation, entity]
