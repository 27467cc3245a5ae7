"""What is told: each thing once for each automation, kept until it has arrived, and after."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sweepd.domain.automations import Automation, Delivery, DeliveryState, EventType
from sweepd.store import schema
from sweepd.store.database import Connection, insert

_deliveries = schema.deliveries.c
_SELECT = (
    sa.select(
        schema.deliveries,
        schema.automations.c.name.label("automation"),
        schema.integrations.c.name.label("integration"),
    )
    .join(schema.automations, schema.automations.c.id == _deliveries.automation_pk)
    .outerjoin(schema.integrations, schema.integrations.c.id == _deliveries.integration_pk)
)


def create_delivery(
    connection: Connection, automation: Automation, key: str, body: str, at: datetime
) -> bool:
    """Something to tell; False when it is there already.

    Args:
        key: What happened; one automation tells it once.
        body: Empty when there is nothing to send.
    """
    is_sent = automation.integration_pk is not None
    query = insert(connection, schema.deliveries).values(
        uid=str(uuid.uuid4()),
        automation_pk=automation.pk,
        integration_pk=automation.integration_pk,
        key=key,
        event=str(automation.event),
        body=body,
        state=str(DeliveryState.WAITING if is_sent else DeliveryState.DONE),
        next_at=at,
        created_at=at,
        ended_at=None if is_sent else at,
    )
    query = query.on_conflict_do_nothing(index_elements=["automation_pk", "key"])
    return connection.execute(query.returning(_deliveries.id)).scalar() is not None


def is_due(connection: Connection, at: datetime) -> bool:
    """Whether there is a delivery whose time has come."""
    return connection.execute(_waiting(at).limit(1)).first() is not None


def count_waiting(connection: Connection, automation_pk: int, most: int) -> int:
    """How many of an automation's deliveries wait; counted as far as `most`."""
    some = sa.select(_deliveries.id).where(
        _deliveries.automation_pk == automation_pk,
        _deliveries.state == str(DeliveryState.WAITING),
    )
    query = sa.select(sa.func.count()).select_from(some.limit(most).subquery())
    return int(connection.execute(query).scalar_one())


def _waiting(at: datetime) -> sa.Select[tuple[int]]:
    query = sa.select(_deliveries.id).where(
        _deliveries.state == str(DeliveryState.WAITING), _deliveries.next_at <= at
    )
    return query.order_by(_deliveries.next_at, _deliveries.id)


def take_due(
    connection: Connection,
    at: datetime,
    most: int,
    lease: timedelta,
    each: int,
    busy: Mapping[int, int],
) -> list[Delivery]:
    """Take deliveries whose time has come, as no other process then does before the lease ends.

    Args:
        each: How many one integration may have under way.
        busy: How many it has.
    """
    turn = sa.func.row_number().over(
        partition_by=_deliveries.integration_pk, order_by=(_deliveries.next_at, _deliveries.id)
    )
    waiting = _waiting(at).add_columns(_deliveries.integration_pk, turn.label("turn")).subquery()
    query = sa.select(waiting.c.id, waiting.c.integration_pk, waiting.c.turn)
    query = query.where(waiting.c.turn <= each).order_by(waiting.c.turn, waiting.c.id)
    chosen = [
        row.id
        for row in connection.execute(query)
        if row.turn + busy.get(row.integration_pk, 0) <= each
    ][:most]
    free = _waiting(at).where(_deliveries.id.in_(chosen))
    pks = connection.execute(free.with_for_update(skip_locked=True)).scalars().all()
    if not pks:
        return []
    connection.execute(
        sa.update(schema.deliveries)
        .where(_deliveries.id.in_(pks))
        .values(next_at=at + lease, n_tries=_deliveries.n_tries + 1)
    )
    rows = connection.execute(_SELECT.where(_deliveries.id.in_(pks)).order_by(_deliveries.id))
    return [_delivery(row) for row in rows]


def end_try(
    connection: Connection,
    delivery: Delivery,
    state: DeliveryState,
    answer: str,
    at: datetime,
    next_at: datetime | None = None,
) -> None:
    """Say what came of a try; one that another process has begun since then stands."""
    values: dict[str, Any] = {"state": str(state), "answer": answer}
    if next_at is not None:
        values["next_at"] = next_at
    else:
        values["ended_at"] = at
    connection.execute(
        sa.update(schema.deliveries)
        .where(_deliveries.id == delivery.pk, _deliveries.n_tries == delivery.n_tries)
        .values(**values)
    )


def list_deliveries(
    connection: Connection, automation_pks: Sequence[int], most: int
) -> list[Delivery]:
    """The newest deliveries of some automations."""
    query = _SELECT.where(_deliveries.automation_pk.in_(automation_pks))
    query = query.order_by(_deliveries.created_at.desc(), _deliveries.id.desc()).limit(most)
    return [_delivery(row) for row in connection.execute(query)]


def find_delivery(connection: Connection, pk: int) -> Delivery | None:
    """A delivery by our key."""
    row = connection.execute(_SELECT.where(_deliveries.id == pk)).first()
    return _delivery(row) if row else None


def send_again(connection: Connection, pk: int, at: datetime) -> None:
    """Let a delivery that has ended be tried anew."""
    connection.execute(
        sa.update(schema.deliveries)
        .where(_deliveries.id == pk, _deliveries.integration_pk.isnot(None))
        .values(state=str(DeliveryState.WAITING), n_tries=0, next_at=at, ended_at=None)
    )


def drop_old(connection: Connection, before: datetime) -> None:
    """Forget deliveries that ended before then."""
    connection.execute(sa.delete(schema.deliveries).where(_deliveries.ended_at < before))


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        pk=row.id,
        uid=row.uid,
        automation_pk=row.automation_pk,
        automation=row.automation,
        integration_pk=row.integration_pk,
        integration=row.integration,
        key=row.key,
        event=EventType(row.event),
        body=row.body,
        state=DeliveryState(row.state),
        n_tries=row.n_tries,
        next_at=row.next_at,
        answer=row.answer,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
