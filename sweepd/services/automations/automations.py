"""Automations as their owners see them: create, list, change, delete."""

import json
from dataclasses import dataclass
from typing import Any

from sweepd.domain.automations import (
    OF_RUNS,
    OURS,
    ActionType,
    Automation,
    Delivery,
    DeliveryState,
    EventType,
    IntegrationKind,
    ScopeType,
)
from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput, Conflict, NotFound, Taken
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.registries import Role
from sweepd.domain.users import Caller
from sweepd.services import access, registry_access
from sweepd.services.automations.conditions import read_filter
from sweepd.services.automations.integrations import (
    Integrations,
    check_name,
    own_integration,
    there,
)
from sweepd.services.paging import read_page
from sweepd.store import automations, deliveries, projects
from sweepd.store.database import Connection

MAX_TEXT, MAX_DESCRIPTION = 20_000, 10_000  # characters
_KINDS = {
    ActionType.WEBHOOK: (IntegrationKind.WEBHOOK,),
    ActionType.NOTIFICATION: (IntegrationKind.CHAT, IntegrationKind.MAIL),
}
ACTION_OF = {kind: action for action, kinds in _KINDS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class AutomationChange:
    """What is written of an automation; None leaves it as it is.

    Attributes:
        scope: With the key of the project, collection or entity it looks at.
        action: With the key of the integration, and what `Automation.action` says.
    """

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    scope: tuple[ScopeType, int] | None = None
    event: EventType | None = None
    filter: str | None = None
    action: tuple[ActionType, int | None, dict[str, Any]] | None = None


class Automations(Integrations):
    """Keeps who is told what, and where."""

    def create(self, caller: Caller, change: AutomationChange) -> Automation:
        """Make an automation; all but its description is said.

        Raises:
            NotFound: What it looks at, or sends to, is none of the caller's.
            BadInput: It cannot be; the message says which part.
            Conflict: There is one of that name.
        """
        event = change.event
        if not (change.name and change.scope and event and change.action):
            raise BadInput("an automation has a name, a scope, an event and an action")

        def create(connection: Connection) -> Automation:
            values = self._values(connection, caller, change, event, None)
            values |= {"user_pk": caller.user_pk, "created_at": self._core.now()}
            values.setdefault("enabled", True)
            pk = automations.create_automation(connection, values)
            if pk is None:
                raise Taken(f"there is an automation {change.name!r}; choose another name")
            return there(automations.find_automation(connection, pk))

        return self._core.db.write(create)

    def update(self, caller: Caller, pk: int, change: AutomationChange) -> Automation:
        """Change an automation.

        Raises:
            NotFound, BadInput, Conflict: As `create`.
        """

        def update(connection: Connection) -> Automation:
            old = _automation(connection, caller, pk)
            values = self._values(connection, caller, change, change.event or old.event, old)
            name = values.get("name", old.name)
            other = automations.find_by_name(
                connection, values.get("entity_pk", old.entity_pk), name
            )
            if other is not None and other.pk != pk:
                raise Conflict(f"there is an automation {name!r}; choose another name")
            automations.update_automation(
                connection, pk, {**values, "updated_at": self._core.now()}
            )
            new = there(automations.find_automation(connection, pk))
            if (new.event, new.filter) != (old.event, old.filter):
                automations.drop_marks(connection, pk)
            return new

        return self._core.db.write(update)

    def _values(
        self,
        connection: Connection,
        caller: Caller,
        change: AutomationChange,
        event: EventType,
        old: Automation | None,
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if change.name is not None:
            values["name"] = check_name(change.name)
        if change.description is not None:
            values["description"] = clean(change.description)[:MAX_DESCRIPTION]
        if change.enabled is not None:
            values["enabled"] = change.enabled
        if change.event is not None or change.filter is not None:
            text = clean(change.filter if change.filter is not None else "{}")
            if len(text) > MAX_TEXT:
                raise BadInput(f"a filter has at most {MAX_TEXT:,} characters")
            read_filter(event, text)
            values |= {"event": str(event), "filter": text}
        if change.action is not None:
            values |= _action_values(connection, caller, *change.action)
        if change.scope is not None:
            values |= _scope_values(connection, caller, event, *change.scope)
        self._check_owner(connection, caller, values, old)
        return values

    def _check_owner(
        self, connection: Connection, caller: Caller, values: dict[str, Any], old: Automation | None
    ) -> None:
        """An automation sends only to a place of the entity whose it is, or it would go on telling
        somebody who has left; in a registry it belongs to the entity whose place it sends to."""
        target = values.get("integration_pk", old.integration_pk if old else None)
        place = own_integration(connection, caller, target) if target is not None else None
        if values.get("entity_pk", 0) is None:
            home = caller.entities[caller.default_entity]
            values["entity_pk"] = place.entity_pk if place else home
        owner = values.get("entity_pk", old.entity_pk if old else None)
        if place is not None and place.entity_pk != owner:
            raise BadInput(
                f"the integration {place.name!r} is {place.entity}'s; add one to the entity whose "
                "project is watched"
            )

    def get(self, caller: Caller, pk: int) -> Automation:
        """An automation of the caller's."""
        with self._core.db.read() as connection:
            return _automation(connection, caller, pk)

    def delete(self, caller: Caller, pk: int) -> None:
        """Remove an automation; what it had still to tell is not told."""

        def delete(connection: Connection) -> None:
            _automation(connection, caller, pk)
            automations.delete_automation(connection, pk)

        self._core.db.write(delete)

    def page(
        self, caller: Caller, entity: str, name: str | None, start: Start, first: int | None
    ) -> Page[Automation]:
        """A page of those of an entity's automations that clients know, oldest first."""
        owner = access.entity_pk(caller, entity)
        return read_page(self._core, automations.automations_of(owner, name), start, first)

    def of_project(
        self, caller: Caller, project: Project, everywhere: bool = False
    ) -> list[Automation]:
        """The caller's automations in a project.

        Args:
            everywhere: Also those that look at all projects of its entity.
        """
        entity_pk = project.entity_pk if everywhere else None
        with self._core.db.read() as connection:
            found = automations.list_automations(connection, project.pk, entity_pk)
        return [item for item in found if item.entity in caller.entities]

    def log(self, found: list[Automation], most: int) -> list[Delivery]:
        """The newest deliveries of some automations the caller was shown."""
        with self._core.db.read() as connection:
            return deliveries.list_deliveries(connection, [item.pk for item in found], most)

    def send_again(self, caller: Caller, delivery_pk: int) -> None:
        """Try a delivery anew that has ended.

        Raises:
            NotFound: It is none of the caller's.
            Conflict: It waits for its turn already, or had nothing to send.
        """

        def again(connection: Connection) -> None:
            found = there(deliveries.find_delivery(connection, delivery_pk))
            _automation(connection, caller, found.automation_pk)
            if found.state not in (DeliveryState.SENT, DeliveryState.FAILED):
                raise Conflict(f"this delivery is {found.state}; only one that was sent or failed")
            deliveries.send_again(connection, delivery_pk, self._core.now())

        self._core.db.write(again)

    def project(self, found: Automation) -> Project | None:
        """The project an automation looks at."""
        if found.project_pk is None:
            return None
        with self._core.db.read() as connection:
            return projects.get_project_by_pk(connection, found.project_pk)


def _automation(connection: Connection, caller: Caller, pk: int) -> Automation:
    found = automations.find_automation(connection, pk)
    if found is None or found.entity not in caller.entities:
        raise NotFound("no such automation; it may have been deleted")
    return found


def _action_values(
    connection: Connection,
    caller: Caller,
    kind: ActionType,
    integration_pk: int | None,
    action: dict[str, Any],
) -> dict[str, Any]:
    text = json.dumps(action)
    if len(text) > MAX_TEXT:
        raise BadInput(f"what an automation sends has at most {MAX_TEXT:,} characters")
    if kind is ActionType.NO_OP:
        integration_pk = None
    else:
        if integration_pk is None:
            raise BadInput(f"an action {kind} names an integration")
        found = own_integration(connection, caller, integration_pk)
        if found.kind not in _KINDS[kind]:
            raise BadInput(
                f"an action {kind} sends to {' or '.join(_KINDS[kind])}; "
                f"{found.name!r} is {found.kind}"
            )
    return {"action_type": str(kind), "integration_pk": integration_pk, "action": text}


def _scope_values(
    connection: Connection, caller: Caller, event: EventType, scope: ScopeType, pk: int
) -> dict[str, Any]:
    """Whose an automation is, and where it looks; in a registry one's own entity owns it."""
    if scope is ScopeType.COLLECTION:
        if event in OF_RUNS | OURS:
            raise BadInput(f"{event} is watched in a project, not in a collection")
        home = access.get_collection(connection, caller, pk, Role.ADMIN)
        owner = caller.entities.get(home.entity)  # None: a registry's
        return {
            "scope": str(scope),
            "entity_pk": owner,
            "project_pk": home.project_pk,
            "collection_pk": pk,
        }
    place = {"scope": str(scope), "collection_pk": None}
    if scope is ScopeType.ENTITY:
        if pk not in caller.entities.values():
            raise NotFound("no such entity, or none of yours")
        return place | {"entity_pk": pk, "project_pk": None}
    found = projects.find_project_by_pk(connection, pk)
    if found is not None and found.entity in caller.entities:
        return place | {"entity_pk": found.entity_pk, "project_pk": pk}
    try:
        registry_access.get_registry_by_pk(connection, caller, pk, Role.ADMIN)
    except NotFound as error:  # what is another's looks like what never was
        raise NotFound("no such project; it may have been deleted") from error
    return place | {"entity_pk": None, "project_pk": pk}
