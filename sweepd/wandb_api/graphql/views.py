"""Workspaces and reports, as `wandb-workspaces` and `wandb.Api().reports()` speak of them."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from sweepd.domain.projects import Project
from sweepd.domain.users import Caller
from sweepd.domain.views import View
from sweepd.services.workspaces.views import ViewChange
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.projects import DeleteViewInput, UpsertViewInput
from sweepd.wandb_api.graphql.paging import connection, read_start
from sweepd.wandb_api.graphql.users import find_person

query, mutation = QueryType(), MutationType()
project_type, view_type = ObjectType("Project"), ObjectType("View")


@query.field("view")
def view(_: Any, info: Info, id: str) -> View:
    """A view by its node id."""
    context = ctx(info)
    return context.services.views.get(context.caller, wire.read_node_id("View", id))


@project_type.field("allViews")
def all_views(
    owner: Project,
    info: Info,
    view_type: str | None = None,
    view_name: str | None = None,
    user_name: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """A project's workspaces or reports, the newest first; for reports the client asks `runs`."""
    found = ctx(info).services.views.page(
        owner, read_start(after), first, view_type, view_name, user_name
    )
    return connection(found)


@mutation.field("upsertView")
def upsert_view(_: Any, info: Info, input: UpsertViewInput) -> dict[str, Any]:
    """Write a workspace or report."""
    context = ctx(info)
    change = ViewChange(
        input.type,
        input.name,
        input.display_name,
        input.description,
        input.spec,
    )
    found, inserted = context.services.views.save(
        context.caller, input.entity_name, input.project_name, change, input.id
    )
    return {"view": found, "inserted": inserted}


@mutation.field("deleteView")
def delete_view(_: Any, info: Info, input: DeleteViewInput) -> dict[str, Any]:
    """Remove a workspace or report."""
    context = ctx(info)
    is_gone = context.services.views.delete(context.caller, input.id)
    return {"success": is_gone, "pending_drafts": 0}


@view_type.field("id")
def view_id(found: View, _: Info) -> str:
    """The node id; an address bears it without its `=`."""
    return wire.node_id("View", found.pk)


@view_type.field("type")
def view_kind(found: View, _: Info) -> str:
    """`project-view`, `runs` or `runs/draft`."""
    return found.kind


@view_type.field("project")
def project(found: View, info: Info) -> Project:
    """The project it belongs to."""
    context = ctx(info)
    return context.services.projects.get(context.caller, found.entity, found.project)


@view_type.field("user")
def user(found: View, info: Info) -> Caller | None:
    """Who made it."""
    return find_person(ctx(info), found.user_name)


@view_type.field("accessTokens")
def access_tokens(_: View, __: Info) -> list[Any]:
    """None: nothing here is shown to whoever has a link."""
    return []


bindables: list[SchemaBindable] = [query, mutation, project_type, view_type]
