"""Automations, the integrations they send to, and how far they have read histories."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.automations import (
    OURS,
    ActionType,
    Automation,
    EventType,
    Integration,
    IntegrationKind,
    ScopeType,
)
from sweepd.store import run_moments, schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey

_automations, _integrations = schema.automations.c, schema.integrations.c
_marks, _runs = schema.automation_marks.c, schema.runs.c


def _select(table: sa.Table) -> sa.Select[Any]:
    return (
        sa.select(
            table, schema.entities.c.name.label("entity"), schema.users.c.name.label("user_name")
        )
        .join(schema.entities, schema.entities.c.id == table.c.entity_pk)
        .outerjoin(schema.users, schema.users.c.id == table.c.user_pk)
    )


_SELECT, _SELECT_INTEGRATION = _select(schema.automations), _select(schema.integrations)


def create_integration(connection: Connection, values: dict[str, Any]) -> int | None:
    """Insert an integration; None when the entity has one of that name."""
    query = insert(connection, schema.integrations).values(values).on_conflict_do_nothing()
    return connection.execute(query.returning(_integrations.id)).scalar()


def find_integration(connection: Connection, pk: int) -> Integration | None:
    """An integration by our key."""
    row = connection.execute(_SELECT_INTEGRATION.where(_integrations.id == pk)).first()
    return _integration(row) if row else None


def integrations_of(entity_pk: int) -> Listing[Integration]:
    """An entity's integrations, oldest first."""
    query = _SELECT_INTEGRATION.where(_integrations.entity_pk == entity_pk)
    return Listing(
        query, (SortKey(_integrations.id),), lambda _, rows: [_integration(row) for row in rows]
    )


def list_integrations(connection: Connection, entity_pks: Sequence[int]) -> list[Integration]:
    """The integrations of some entities, by name."""
    query = _SELECT_INTEGRATION.where(_integrations.entity_pk.in_(entity_pks))
    rows = connection.execute(query.order_by(_integrations.name, _integrations.id))
    return [_integration(row) for row in rows]


def delete_integration(connection: Connection, pk: int) -> None:
    """Remove an integration."""
    connection.execute(sa.delete(schema.integrations).where(_integrations.id == pk))


def names_using(connection: Connection, integration_pk: int) -> list[str]:
    """The automations that send to an integration."""
    query = sa.select(_automations.name).where(_automations.integration_pk == integration_pk)
    return list(connection.execute(query.order_by(_automations.name)).scalars())


def create_automation(connection: Connection, values: dict[str, Any]) -> int | None:
    """Insert an automation; None when the entity has one of that name."""
    query = insert(connection, schema.automations).values(values).on_conflict_do_nothing()
    return connection.execute(query.returning(_automations.id)).scalar()


def update_automation(connection: Connection, pk: int, values: dict[str, Any]) -> None:
    """Change columns of an automation by name."""
    connection.execute(sa.update(schema.automations).where(_automations.id == pk).values(**values))


def delete_automation(connection: Connection, pk: int) -> None:
    """Remove an automation with its deliveries, also those that wait."""
    connection.execute(sa.delete(schema.automations).where(_automations.id == pk))


def find_automation(connection: Connection, pk: int) -> Automation | None:
    """An automation by our key."""
    row = connection.execute(_SELECT.where(_automations.id == pk)).first()
    return _automation(row) if row else None


def find_by_name(connection: Connection, entity_pk: int, name: str) -> Automation | None:
    """An automation by its name."""
    query = _SELECT.where(_automations.entity_pk == entity_pk, _automations.name == name)
    row = connection.execute(query).first()
    return _automation(row) if row else None


def automations_of(entity_pk: int, name: str | None = None) -> Listing[Automation]:
    """Those of an entity's automations that clients know, oldest first."""
    query = _SELECT.where(
        _automations.entity_pk == entity_pk, _automations.event.notin_([str(e) for e in OURS])
    )
    if name is not None:
        query = query.where(_automations.name == name)
    return Listing(
        query, (SortKey(_automations.id),), lambda _, rows: [_automation(row) for row in rows]
    )


def list_automations(
    connection: Connection, project_pk: int, entity_pk: int | None = None
) -> list[Automation]:
    """A project's automations, oldest first.

    Args:
        entity_pk: With those that look at all projects of that entity.
    """
    where = _automations.project_pk == project_pk
    if entity_pk is not None:
        everywhere = _automations.project_pk.is_(None) & (_automations.entity_pk == entity_pk)
        where = sa.or_(where, everywhere)
    query = _SELECT.where(where).order_by(_automations.id)
    return [_automation(row) for row in connection.execute(query)]


def list_asking(
    connection: Connection, events: Sequence[EventType], project_pk: int | None = None
) -> list[Automation]:
    """The automations in use that ask about some events, in one project or in all."""
    query = _SELECT.where(
        _automations.enabled, _automations.event.in_([str(event) for event in events])
    )
    if project_pk is not None:
        owner = sa.select(schema.projects.c.entity_pk).where(schema.projects.c.id == project_pk)
        everywhere = _automations.project_pk.is_(None) & (
            _automations.entity_pk == owner.scalar_subquery()
        )
        query = query.where(sa.or_(_automations.project_pk == project_pk, everywhere))
    return [_automation(row) for row in connection.execute(query.order_by(_automations.id))]


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an automation has read a run's history.

    Attributes:
        is_met: Whether its condition held there: it is told when it begins to hold.
        last: The newest values of the metric, as many as the condition needs, oldest first.
    """

    run_pk: int
    n_lines: int
    is_met: bool
    last: tuple[float, ...]


def list_unread(
    connection: Connection, automation: Automation, since: datetime, most: int
) -> list[tuple[int, int, Mark]]:
    """Runs with lines that an automation has not read: (run, its lines, how far it was read).

    Args:
        since: Runs that have been silent since then are left out.
    """
    mark = sa.and_(_marks.run_pk == _runs.id, _marks.automation_pk == automation.pk)
    query = (
        sa.select(_runs.id, _runs.history_lines, _marks.n_lines, _marks.is_met, _marks.last)
        .outerjoin(schema.automation_marks, mark)
        .where(
            _runs.deleted_at.is_(None),
            _runs.history_lines != sa.func.coalesce(_marks.n_lines, 0),
        )
        .order_by(_runs.id)
        .limit(most)
    )
    if automation.project_pk is not None:
        of_projects = _runs.project_pk == automation.project_pk
    else:
        projects = schema.projects.c
        of_entity = sa.select(projects.id).where(projects.entity_pk == automation.entity_pk)
        of_projects = _runs.project_pk.in_(of_entity)
    query = query.where(_runs.id.in_(run_moments.changed_since(of_projects, since)))
    return [
        (pk, n_lines, Mark(pk, seen or 0, bool(is_met), tuple(json.loads(last or "[]"))))
        for pk, n_lines, seen, is_met, last in connection.execute(query)
    ]


def set_marks(connection: Connection, automation_pk: int, marks: Sequence[Mark]) -> None:
    """Keep how far runs were read."""
    for mark in marks:
        values = {"n_lines": mark.n_lines, "is_met": mark.is_met, "last": json.dumps(mark.last)}
        connection.execute(
            insert(connection, schema.automation_marks)
            .values(automation_pk=automation_pk, run_pk=mark.run_pk, **values)
            .on_conflict_do_update(index_elements=["automation_pk", "run_pk"], set_=values)
        )


def drop_marks(connection: Connection, automation_pk: int) -> None:
    """An automation's condition changed: it reads anew."""
    query = sa.delete(schema.automation_marks).where(_marks.automation_pk == automation_pk)
    connection.execute(query)


def _integration(row: sa.Row[Any]) -> Integration:
    return Integration(
        pk=row.id,
        entity_pk=row.entity_pk,
        entity=row.entity,
        kind=IntegrationKind(row.kind),
        name=row.name,
        target=row.target,
        secret=row.secret,
        token=row.token,
        user_name=row.user_name,
        created_at=row.created_at,
    )


def _automation(row: sa.Row[Any]) -> Automation:
    return Automation(
        pk=row.id,
        entity_pk=row.entity_pk,
        entity=row.entity,
        scope=ScopeType(row.scope),
        project_pk=row.project_pk,
        collection_pk=row.collection_pk,
        name=row.name,
        description=row.description,
        enabled=bool(row.enabled),
        event=EventType(row.event),
        filter=row.filter,
        action_type=ActionType(row.action_type),
        integration_pk=row.integration_pk,
        action=row.action,
        user_name=row.user_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
