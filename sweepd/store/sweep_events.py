"""The log of what happened to a sweep."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from sweepd.domain.sweeps import EventKind, SweepEvent
from sweepd.store import schema
from sweepd.store.database import Connection


def append_event(
    connection: Connection, sweep_pk: int, at: datetime, actor: str, kind: EventKind, message: str
) -> None:
    """Add a line to a sweep's log."""
    connection.execute(
        sa.insert(schema.sweep_events).values(
            sweep_pk=sweep_pk, at=at, actor=actor, kind=kind, message=message
        )
    )


def append_warning_once(connection: Connection, sweep_pk: int, at: datetime, message: str) -> None:
    """Add a warning unless the log already holds the same words."""
    events = schema.sweep_events.c
    seen = connection.execute(
        sa.select(events.id).where(events.sweep_pk == sweep_pk, events.message == message).limit(1)
    ).first()
    if seen is None:
        append_event(connection, sweep_pk, at, "", EventKind.WARNING, message)


def last_event_at(connection: Connection, sweep_pk: int, kinds: Sequence[EventKind]) -> datetime:
    """When one of these kinds of event happened last; every sweep has its `created`."""
    events = schema.sweep_events.c
    query = sa.select(sa.func.max(events.at)).where(
        events.sweep_pk == sweep_pk, events.kind.in_(list(kinds))
    )
    at: datetime = connection.execute(query).scalar_one()
    return at


def list_events(
    connection: Connection, sweep_pk: int, kind: EventKind | None = None
) -> list[SweepEvent]:
    """A sweep's log, or its lines of one kind, oldest first."""
    events = schema.sweep_events.c
    query = sa.select(schema.sweep_events).where(events.sweep_pk == sweep_pk).order_by(events.id)
    rows = connection.execute(query.where(events.kind == kind) if kind else query)
    return [SweepEvent(row.at, row.actor, EventKind(row.kind), row.message) for row in rows]
