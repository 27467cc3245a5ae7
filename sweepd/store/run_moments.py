"""When runs changed, without an index over what every post of a client changes.

A post to a live run sets `heartbeat_at`, which no index holds, and leaves `updated_at`, which one
does: PostgreSQL then writes the row anew in its page and touches no index (a heap-only tuple). All
else sets `updated_at`, and so does a post to a run that has ended, or one that comes before that
time, as the clock was set back: else nobody would see it until the clock is there again. So what
changed is found by that index among all runs, and by the state among the live ones, which are no
more than there are clients.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sweepd.domain.runs import LIVE, Run, RunHead
from sweepd.store import schema
from sweepd.store.database import Connection

_runs = schema.runs.c
# As text: what the plans that are made once are made with.
IS_LIVE = _runs.state.in_([sa.literal_column(f"'{state}'") for state in sorted(LIVE)])
POSTED = sa.and_(IS_LIVE, _runs.heartbeat_at > _runs.updated_at)  # after all else
changed_at: sa.ColumnElement[datetime] = sa.case(
    (POSTED, _runs.heartbeat_at), else_=_runs.updated_at
)


def of_post(run: Run | RunHead, at: datetime) -> dict[str, datetime]:
    """What a post of a run's client sets of these."""
    if run.state in LIVE and run.updated_at <= at:
        return {"heartbeat_at": at}
    return {"heartbeat_at": at, "updated_at": at}


def changed_since(of_projects: sa.ColumnElement[bool], since: datetime) -> sa.CompoundSelect[Any]:
    """The keys of some projects' runs changed at or after a time, each once.

    Args:
        of_projects: Which projects, by `runs.project_pk`.
    """
    found = sa.select(_runs.id).where(of_projects)
    return found.where(_runs.updated_at >= since).union(
        found.where(IS_LIVE, _runs.heartbeat_at >= since)
    )


def last_change(connection: Connection, project_pk: int) -> datetime | None:
    """When a run of a project changed last; None for a project without runs."""
    of = {"project_key": project_pk}
    found = (connection.scalar(query, of) for query in (_LAST_UPDATE, _LAST_POST))
    return max((at for at in found if at is not None), default=None)


_OF_PROJECT = _runs.project_pk == sa.bindparam("project_key")
_LAST_UPDATE = sa.select(sa.func.max(_runs.updated_at)).where(_OF_PROJECT)
_LAST_POST = sa.select(sa.func.max(_runs.heartbeat_at)).where(_OF_PROJECT, POSTED)
