"""The runs of a sweep as its comparison draws them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.runs import RunState, StopOrigin
from sweepd.domain.sweeps import CellOrigin, SweepPoint
from sweepd.store import run_moments, schema
from sweepd.store.database import Connection


def list_points(
    connection: Connection, sweep_pk: int, since: datetime | None = None
) -> list[SweepPoint]:
    """A sweep's runs as the comparison draws them: those of other sweeps that count as its results,
    then its own in the order they were handed out; with `since` those changed then or after."""
    runs, prior = schema.runs.c, schema.prior_runs.c
    both = schema.runs.join(schema.prior_runs, prior.run_pk == runs.id)
    earlier = _points(both, prior).where(prior.sweep_pk == sweep_pk, runs.deleted_at.is_(None))
    own = _points(schema.runs, runs).where(runs.sweep_pk == sweep_pk, runs.deleted_at.is_(None))
    if since is not None:
        project = (
            sa.select(schema.sweeps.c.project_pk)
            .where(schema.sweeps.c.id == sweep_pk)
            .scalar_subquery()
        )
        own = _points(schema.runs, runs).where(  # found by the time, not by the sweep
            runs.id.in_(run_moments.changed_since(runs.project_pk == project, since)),
            runs.sweep_pk + 0 == sweep_pk,
        )
        own = own.where(runs.deleted_at.is_(None))
        earlier = earlier.where(run_moments.changed_at >= since)
    queries = [query.order_by(runs.id) for query in (earlier, own)]
    rows = [row for query in queries for row in connection.execute(query)]
    return [
        SweepPoint(
            pk,
            run_id,
            name,
            RunState(state),
            reason,
            None if origin is None else StopOrigin(origin),
            *rest,
        )
        for pk, run_id, name, state, reason, origin, *rest in rows
    ]


def _points(source: Any, kept: Any) -> sa.Select[Any]:
    """The columns of a point of `source`, metric and config read from where they are `kept`."""
    runs, cells = schema.runs.c, schema.cells.c
    return (
        sa.select(
            runs.id,
            runs.run_id,
            runs.display_name,
            runs.state,
            runs.stop_reason,
            runs.stop_origin,
            sa.func.coalesce(cells.config, "{}").label("config"),
            runs.summary,
            kept.metric_last,
            kept.metric_min,
            kept.metric_max,
            runs.history_lines,
            runs.attempt,
            schema.agents.c.name.label("agent"),
            runs.created_at,
            runs.started_at,
            runs.ended_at,
            (sa.func.coalesce(cells.origin, "") == CellOrigin.PRIOR.value).label("is_prior"),
        )
        .select_from(source)
        .outerjoin(schema.cells, cells.id == kept.cell_pk)
        .outerjoin(schema.agents, schema.agents.c.id == runs.agent_pk)
    )
