"""Automations, as `wandb.automations` speaks of them.

Events of sweeps and alerts, which the client's enumeration does not have, are left out of its
lists: one it does not know would end the whole list for it. Pages show them.
"""

import json
from typing import Any

from ariadne import MutationType, ObjectType, UnionType
from ariadne.types import SchemaBindable

from sweepd.domain.artifacts import Collection, CollectionKind
from sweepd.domain.automations import (
    OF_ARTIFACTS,
    OURS,
    ActionType,
    Automation,
    EventType,
    ScopeType,
)
from sweepd.domain.errors import BadInput, Unsupported
from sweepd.domain.paging import whole
from sweepd.domain.projects import Project
from sweepd.domain.users import Caller
from sweepd.services.automations.automations import AutomationChange
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.automations import (
    CreateFilterTriggerInput,
    DeleteTriggerInput,
    TriggeredActionConfig,
    UpdateFilterTriggerInput,
)
from sweepd.wandb_api.graphql.paging import connection, read_start
from sweepd.wandb_api.graphql.users import entity_node

mutation = MutationType()
entity_type, project_type, user_type = (ObjectType(n) for n in ("Entity", "Project", "User"))
trigger = ObjectType("Trigger")
_NODES = {
    ScopeType.PROJECT: "Project",
    ScopeType.COLLECTION: "ArtifactCollection",
    ScopeType.ENTITY: "Entity",
}


def _scope_kind(found: Any, *_: Any) -> str:
    if isinstance(found, Project):
        return "Project"
    if isinstance(found, Collection):
        is_sequence = found.kind is CollectionKind.SEQUENCE
        return "ArtifactSequence" if is_sequence else "ArtifactPortfolio"
    return "Entity"


scope_union = UnionType("TriggerScope", _scope_kind)
condition_union = UnionType("TriggeringCondition", lambda *_: "FilterEventTriggeringCondition")
action_union = UnionType("TriggeredAction", lambda found, *_: found["kind"])


def _action(
    kind: str, config: TriggeredActionConfig | None
) -> tuple[ActionType, int | None, dict[str, Any]]:
    notification = config.notification_action_input if config else None
    webhook = config.generic_webhook_action_input if config else None
    if kind == ActionType.NO_OP:
        return ActionType.NO_OP, None, {}
    if kind == ActionType.NOTIFICATION and notification is not None:
        said = {
            "title": notification.title,
            "message": notification.message,
            "severity": notification.severity,
        }
        return ActionType.NOTIFICATION, notification.integration_id, said
    if kind == ActionType.WEBHOOK and webhook is not None:
        return ActionType.WEBHOOK, webhook.integration_id, {"payload": webhook.request_payload}
    if kind in (ActionType.NOTIFICATION, ActionType.WEBHOOK):
        raise BadInput(f"triggeredActionConfig says what an action {kind} does; got {config!r:.80}")
    raise Unsupported(
        f"sweepd has no action {kind}: an automation sends to a webhook or chat, or does nothing"
    )


def _event(event: EventType) -> EventType:
    if event in OURS:
        raise BadInput(f"automations of {event} are made on the project's page of automations")
    return event


@mutation.field("createFilterTrigger")
def create_trigger(_: Any, info: Info, input: CreateFilterTriggerInput) -> dict[str, Any]:
    """Make an automation."""
    context = ctx(info)
    scope = input.scope_type
    change = AutomationChange(
        name=input.name,
        description=input.description,
        enabled=input.enabled,
        scope=(scope, wire.read_node_id(_NODES[scope], input.scope_id)),
        event=_event(input.triggering_event_type),
        filter=input.event_filter,
        action=_action(input.triggered_action_type, input.triggered_action_config),
    )
    return {"trigger": context.services.automations.create(context.caller, change)}


@mutation.field("updateFilterTrigger")
def update_trigger(_: Any, info: Info, input: UpdateFilterTriggerInput) -> dict[str, Any]:
    """Change an automation."""
    context = ctx(info)
    scope, event, kind = input.scope_type, input.triggering_event_type, input.triggered_action_type
    if (scope is None) != (input.scope_id is None):
        raise BadInput("scopeType and scopeID are said together")
    change = AutomationChange(
        name=input.name,
        description=input.description,
        enabled=input.enabled,
        scope=(scope, wire.read_node_id(_NODES[scope], input.scope_id or "")) if scope else None,
        event=_event(event) if event else None,
        filter=input.event_filter,
        action=_action(kind, input.triggered_action_config) if kind else None,
    )
    return {"trigger": context.services.automations.update(context.caller, input.id, change)}


@mutation.field("deleteTrigger")
def delete_trigger(_: Any, info: Info, input: DeleteTriggerInput) -> dict[str, Any]:
    """Remove an automation."""
    context = ctx(info)
    context.services.automations.delete(context.caller, input.trigger_id)
    return {"success": True}


@entity_type.field("triggers")
def entity_triggers(
    entity: dict[str, Any],
    info: Info,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """An entity's automations, oldest first; the client filters by name."""
    context = ctx(info)
    if entity["name"] not in context.caller.entities:
        return connection(whole([]))
    wanted = wire.read_json_object(filters, "filters")
    name = wanted.pop("name", None)
    if wanted or order or not isinstance(name, str | None):
        raise Unsupported("automations are filtered by name alone, and come oldest first")
    found = context.services.automations.page(
        context.caller, entity["name"], name, read_start(after), first
    )
    return connection(found)


@project_type.field("triggers")
def project_triggers(owner: Project, info: Info) -> list[Automation]:
    """A project's automations."""
    context = ctx(info)
    found = context.services.automations.of_project(context.caller, owner)
    return [item for item in found if item.event not in OURS]


@user_type.field("projects")
def user_projects(
    user: Caller, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The projects of all one's entities, whose automations the client then asks for."""
    context = ctx(info)
    if user.user_pk != context.caller.user_pk:
        return connection(whole([]))
    return connection(whole(context.services.projects.list_all(context.caller)))


@trigger.field("id")
def trigger_id(found: Automation, _: Info) -> str:
    """The node id."""
    return wire.node_id("Trigger", found.pk)


@trigger.field("scope")
def scope(found: Automation, info: Info) -> Any:
    """Where it looks."""
    context = ctx(info)
    if found.collection_pk is not None:
        return context.services.artifacts.collections.collection(found.collection_pk)
    owner = context.services.automations.project(found)
    return owner or entity_node(found.entity, found.entity_pk, context.caller)


@trigger.field("triggeringCondition")
def condition(found: Automation, _: Info) -> dict[str, Any]:
    """What starts it; filters of artifacts are wrapped once more than they were sent."""
    is_wrapped = found.event in OF_ARTIFACTS
    text = json.dumps({"filter": found.filter}) if is_wrapped else found.filter
    return {"event_type": str(found.event), "filter": text}


@trigger.field("triggeredAction")
def action(found: Automation, info: Info) -> dict[str, Any]:
    """What it does."""
    context = ctx(info)
    said = json.loads(found.action)
    if found.integration_pk is None:
        return {"kind": "NoOpTriggeredAction", "no_op": True}
    place = context.services.automations.integration(context.caller, found.integration_pk)
    if found.action_type is ActionType.WEBHOOK:
        payload = said.get("payload")
        text = None if payload is None else json.dumps(payload)
        return {
            "kind": "GenericWebhookTriggeredAction",
            "integration": place,
            "request_payload": text,
        }
    return {"kind": "NotificationTriggeredAction", "integration": place, **said}


bindables: list[SchemaBindable] = [
    mutation,
    entity_type,
    project_type,
    user_type,
    trigger,
    scope_union,
    condition_union,
    action_union,
]
