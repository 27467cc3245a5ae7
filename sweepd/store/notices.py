"""What users leave beside runs: alerts, and charts of their own."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sweepd.domain.runs import Alert
from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.paging import Listing, SortKey, sort_by


def append_alert(
    connection: Connection,
    run_pk: int,
    title: str,
    body: str,
    severity: str,
    at: datetime,
    wait_s: float,
) -> bool:
    """Add an alert, unless one of the same title is younger than `wait_s`."""
    alerts = schema.alerts.c
    if wait_s > 0:
        recent = connection.execute(
            sa.select(alerts.id)
            .where(
                alerts.run_pk == run_pk,
                alerts.title == title,
                alerts.at > at - timedelta(seconds=wait_s),
            )
            .limit(1)
        ).first()
        if recent is not None:
            return False
    connection.execute(
        sa.insert(schema.alerts).values(
            run_pk=run_pk, title=title, body=body, severity=severity, at=at
        )
    )
    return True


def list_alerts(
    connection: Connection, most: int, run_pk: int | None = None, project_pk: int | None = None
) -> list[Alert]:
    """The newest alerts of a run, or of a project's runs that are not deleted."""
    alerts, runs = schema.alerts.c, schema.runs.c
    query = (
        sa.select(
            alerts.title, alerts.body, alerts.severity, alerts.at, runs.run_id, runs.display_name
        )
        .join(schema.runs, runs.id == alerts.run_pk)
        .order_by(alerts.at.desc(), alerts.id.desc())
        .limit(most)
    )
    if run_pk is not None:
        query = query.where(alerts.run_pk == run_pk)
    if project_pk is not None:
        query = query.where(runs.project_pk == project_pk, runs.deleted_at.is_(None))
    return [Alert(*row) for row in connection.execute(query)]


def of_run(run_pk: int) -> Listing[Alert]:
    """A run's alerts, the oldest first."""
    alerts, runs = schema.alerts.c, schema.runs.c
    query = (
        sa.select(
            alerts.title, alerts.body, alerts.severity, alerts.at, runs.run_id, runs.display_name
        )
        .join(schema.runs, runs.id == alerts.run_pk)
        .where(alerts.run_pk == run_pk)
    )
    keys = (*sort_by(alerts.at), SortKey(alerts.id))
    return Listing(query, keys, lambda _, rows: [_alert(row) for row in rows])


def _alert(row: sa.Row[Any]) -> Alert:
    return Alert(row.title, row.body, row.severity, row.at, row.run_id, row.display_name)


def upsert_chart(
    connection: Connection, entity_pk: int, name: str, display_name: str, spec: str
) -> int:
    """Keep a chart's Vega spec under a name."""
    query = insert(connection, schema.charts).values(
        entity_pk=entity_pk, name=name, display_name=display_name, spec=spec
    )
    query = query.on_conflict_do_update(
        index_elements=["entity_pk", "name"],
        set_={"display_name": display_name, "spec": spec},
    )
    return int(connection.execute(query.returning(schema.charts.c.id)).scalar_one())


def find_chart(connection: Connection, entity_pk: int, name: str) -> str | None:
    """The Vega spec kept under a name."""
    charts = schema.charts.c
    query = sa.select(charts.spec).where(charts.entity_pk == entity_pk, charts.name == name)
    return connection.execute(query).scalar()
