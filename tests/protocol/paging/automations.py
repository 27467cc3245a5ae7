"""Lists of automations, and of where they may send to."""

from typing import Any

from sweepd.domain.automations import ActionType, EventType, IntegrationKind, ScopeType
from sweepd.domain.targets import read_allowed
from sweepd.services.automations.automations import AutomationChange, Automations
from tests.protocol.paging.world import List, World, below

FINISHED = '{"run_state_filter": {"states": ["FINISHED"]}}'


def _services(world: World) -> Automations:
    return Automations(world.parts.core, read_allowed("*"), "", False)


def _place(world: World, name: str) -> Any:
    kind, target = IntegrationKind.WEBHOOK, "https://hook.example/x"
    return _services(world).add_integration(world.ann, None, kind, name, target)


def _automation(world: World, name: str) -> Any:
    project = world.parts.services.projects.get(world.ann, None, "p")
    change = AutomationChange(
        name=name,
        scope=(ScopeType.PROJECT, project.pk),
        event=EventType.RUN_STATE,
        filter=FINISHED,
        action=(ActionType.NO_OP, None, {}),
    )
    return _services(world).create(world.ann, change)


LISTS = [
    List(
        "Entity.triggers",
        below('{ entity(name: "ann") { %s } }')("triggersARGS { PAGE name }"),
        "entity.triggers",
        "name",
        _automation,
        lambda w, _, made: _services(w).delete(w.ann, made.pk),
    ),
    List(
        "Entity.integrations",
        below('{ entity(name: "ann") { %s } }')(
            "integrationsARGS { PAGE ... on GenericWebhookIntegration { name } }"
        ),
        "entity.integrations",
        "name",
        _place,
        lambda w, _, made: _services(w).delete_integration(w.ann, made.pk),
    ),
]
