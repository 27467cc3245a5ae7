"""Projects."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from sweepd.domain.errors import Unsupported
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql import registries
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.projects import UpsertModelInput
from sweepd.wandb_api.graphql.paging import connection, read_start
from sweepd.wandb_api.graphql.users import entity_node

query, mutation = QueryType(), MutationType()
project_type, entity_type = ObjectType("Project"), ObjectType("Entity")


@query.field("project")
@query.field("model")
def project(
    _: Any, info: Info, name: str | None = None, entity_name: str | None = None
) -> Project | None:
    """A project the caller may see."""
    context = ctx(info)
    return context.services.projects.find(context.caller, entity_name, name)


@query.field("models")
def models(
    _: Any,
    info: Info,
    entity_name: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The projects of an entity."""
    context = ctx(info)
    name = entity_name or context.caller.default_entity
    return connection(_projects_of(context, name, read_start(after), first))


def _projects_of(
    context: Context,
    entity: str,
    start: Start,
    first: int | None,
    filters: str | None = None,
    order: str | None = None,
) -> Page[Project]:
    """The projects of an entity; of the organisation, the registries that the caller sees."""
    registries = context.services.registries
    if entity not in context.caller.entities and entity == registries.organization().name:
        found = registries.page(context.caller, filters, order, start, first)
        return found.map(lambda registry: registry.project)
    if filters or order:
        raise Unsupported("only registries are filtered and ordered; list the projects instead")
    return context.services.projects.page(context.caller, entity, start, first)


@entity_type.field("projects")
def entity_projects(
    entity: dict[str, Any],
    info: Info,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The projects of an entity."""
    start = read_start(after)
    return connection(_projects_of(ctx(info), entity["name"], start, first, filters, order))


@entity_type.field("storageBytes")
def storage_bytes(entity: dict[str, Any], info: Info) -> int:
    """What the entity's files and artifacts take."""
    context = ctx(info)
    if entity["name"] not in context.caller.entities:
        return 0
    return context.services.projects.count_bytes(context.caller, entity["name"])


@entity_type.field("project")
def entity_project(entity: dict[str, Any], info: Info, name: str | None = None) -> Project | None:
    """One project of an entity."""
    context = ctx(info)
    if name is None:
        return None
    return context.services.projects.find(context.caller, entity["name"], name)


@mutation.field("upsertModel")
def upsert_model(_: Any, info: Info, input: UpsertModelInput) -> dict[str, Any]:
    """Create a project, or describe it; the organisation's are registries."""
    context = ctx(info)
    if input.entity_name == context.services.registries.organization().name:
        made, inserted = registries.upsert(context, input)
        return {"project": made, "model": made, "inserted": inserted}
    found, inserted = context.services.projects.ensure(
        context.caller, input.entity_name, input.name, input.description
    )
    return {"project": found, "model": found, "inserted": inserted}


@project_type.field("id")
def project_id(owner: Project, _: Info) -> str:
    """The project's node id."""
    return wire.node_id("Project", owner.pk)


@project_type.field("internalId")
def internal_id(owner: Project, _: Info) -> str:
    """Our key; the client decodes it to search in one registry."""
    return wire.node_id("ProjectInternalId", owner.pk)


@project_type.field("entityName")
def entity_name(owner: Project, _: Info) -> str:
    """The owner's name."""
    return owner.entity


@project_type.field("entity")
def project_entity(owner: Project, info: Info) -> dict[str, Any]:
    """The owner."""
    context = ctx(info)
    kind = "organization" if registries.is_registry(owner, context) else None
    return entity_node(owner.entity, owner.entity_pk, context.caller, kind)


@project_type.field("user")
def project_user(_: Project, __: Info) -> Caller | None:
    """Not kept: a project belongs to its entity."""
    return None


@project_type.field("isBenchmark")
def never(_: Project, __: Info) -> bool:
    """There are none."""
    return False


@project_type.field("run")
@project_type.field("bucket")
def run(
    owner: Project,
    info: Info,
    name: str,
    desc: str | None = None,
    missing_ok: bool | None = None,
) -> Run | None:
    """One run; null when there is none."""
    context = ctx(info)
    return context.services.runs.find(context.caller, owner.entity, owner.name, name)


@project_type.field("runs")
@project_type.field("buckets")
def runs(
    owner: Project,
    info: Info,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The runs that pass a filter."""
    found = ctx(info).services.runs
    return connection(found.select_page(owner, filters, order, read_start(after), first))


@project_type.field("runCount")
def run_count(owner: Project, info: Info, filters: str | None = None) -> int:
    """How many runs pass a filter."""
    return ctx(info).services.runs.select_page(owner, filters, None, first=0).count()


@project_type.field("sweep")
def sweep(owner: Project, info: Info, sweep_name: str) -> Sweep | None:
    """One sweep; null when there is none."""
    context = ctx(info)
    return context.services.sweeps.find(context.caller, owner.entity, owner.name, sweep_name)


@project_type.field("sweeps")
def sweeps(
    owner: Project,
    info: Info,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """The project's sweeps, newest first."""
    return connection(ctx(info).services.sweeps.page(owner, filters, read_start(after), first))


@project_type.field("totalSweeps")
def total_sweeps(owner: Project, info: Info) -> int:
    """How many sweeps there are."""
    return ctx(info).services.sweeps.count(owner)


bindables: list[SchemaBindable] = [query, mutation, project_type, entity_type]
