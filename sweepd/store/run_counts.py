"""How many runs there are, and whether any changed: read without opening one."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from sweepd.store import run_moments, schema
from sweepd.store.database import Connection

_runs = schema.runs.c
_VERSION = sa.select(
    sa.func.max(_runs.id),
    sa.func.count().filter(_runs.deleted_at.is_(None)),
).where(_runs.project_pk == sa.bindparam("project_key"))


def count_runs(connection: Connection, project_pk: int) -> int:
    """How many runs a project has, deleted ones included: the next run's number."""
    query = sa.select(sa.func.count()).where(_runs.project_pk == project_pk)
    return int(connection.execute(query).scalar_one())


def count_up_to(connection: Connection, project_pk: int, most: int) -> int:
    """How many runs a project has, deleted ones included; counts no further than `most`."""
    some = sa.select(_runs.id).where(_runs.project_pk == project_pk).limit(most).subquery()
    return int(connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0)


def list_large_projects(connection: Connection, least: int, most: int) -> list[int]:
    """Our keys of the projects with so many runs, those first that changed last otherwise than by a
    post: an index tells."""
    query = sa.select(_runs.project_pk).group_by(_runs.project_pk)
    query = query.having(sa.func.count() >= least).order_by(sa.func.max(_runs.updated_at).desc())
    return list(connection.scalars(query.limit(most)))


def count_ended(connection: Connection, sweep_pk: int) -> int:
    """How many of a sweep's runs have ended."""
    query = sa.select(sa.func.count()).where(
        _runs.sweep_pk == sweep_pk, _runs.ended_at.is_not(None), _runs.deleted_at.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def ended_version(
    connection: Connection, sweep_pk: int
) -> tuple[int, datetime | None, datetime | None]:
    """What changes with a sweep's ended runs, or with earlier ones that count for it."""
    ended = sa.select(sa.func.count(), sa.func.max(_runs.updated_at)).where(
        _runs.sweep_pk == sweep_pk, _runs.ended_at.is_not(None), _runs.deleted_at.is_(None)
    )
    prior = schema.prior_runs.c
    earlier = sa.select(sa.func.max(run_moments.changed_at)).join(
        schema.prior_runs, prior.run_pk == _runs.id
    )
    n, changed_at = connection.execute(ended).one()
    return n, changed_at, connection.scalar(earlier.where(prior.sweep_pk == sweep_pk))


def first_created(connection: Connection, sweep_pk: int) -> datetime | None:
    """When the first of a sweep's runs was handed out, deleted ones included."""
    query = sa.select(_runs.created_at).where(_runs.sweep_pk == sweep_pk).order_by(_runs.id)
    return connection.execute(query.limit(1)).scalar()


def count_states(connection: Connection, sweep_pk: int) -> dict[str, int]:
    """How many runs of a sweep are in each state."""
    query = (
        sa.select(_runs.state, sa.func.count())
        .where(_runs.sweep_pk == sweep_pk, _runs.deleted_at.is_(None))
        .group_by(_runs.state)
    )
    return {state: count for state, count in connection.execute(query)}


class Version(NamedTuple):
    """Differs once any run of a project was made, changed or deleted."""

    newest_pk: int
    n_visible: int
    changed_at: datetime | None  # None for a project without runs


def version_of_runs(connection: Connection, project_pk: int) -> Version:
    """What a project's runs are at now; but for live ones read from indexes alone."""
    newest_pk, n_visible = connection.execute(_VERSION, {"project_key": project_pk}).one()
    return Version(newest_pk or 0, n_visible, run_moments.last_change(connection, project_pk))


class Newest(NamedTuple):
    """Differs once a run of a project was made, or was changed or deleted at its time.

    Attributes:
        newest_pk: The highest key, as far as it is higher than the one known.
        changed_at: The last change; None for a project without runs.
        n_lately: How many runs were changed within some time before it: what is written at an
            earlier time than what is there already, as several servers may, changes this.
        n_visible_lately: Of these, how many are not deleted.
    """

    newest_pk: int
    changed_at: datetime | None
    n_lately: int
    n_visible_lately: int


_LATELY = sa.select(sa.func.count(), sa.func.count().filter(_runs.deleted_at.is_(None))).where(
    _runs.project_pk == sa.bindparam("project_key"), _runs.updated_at >= sa.bindparam("since")
)
_IS_POSTED_LATELY = sa.and_(
    _runs.heartbeat_at >= sa.bindparam("since"), _runs.updated_at < sa.bindparam("since")
)
_POSTED_LATELY = sa.select(  # found by the state, not by when it was updated
    sa.func.count().filter(_IS_POSTED_LATELY),
    sa.func.count().filter(_IS_POSTED_LATELY, _runs.deleted_at.is_(None)),
).where(_runs.project_pk == sa.bindparam("project_key"), run_moments.IS_LIVE)
_NEWEST = sa.select(sa.func.max(_runs.id)).where(  # found by the key, not by the project
    _runs.id > sa.bindparam("known_key"), _runs.project_pk + 0 == sa.bindparam("project_key")
)


def newest_of_runs(
    connection: Connection, project_pk: int, known_pk: int, lately: timedelta
) -> Newest:
    """What a project's runs are at now, as far as it differs from a state known: however many runs
    there are, only those made since and those changed lately are looked at.

    Args:
        known_pk: The highest key that is known.
    """
    of = {"project_key": project_pk}
    changed_at = run_moments.last_change(connection, project_pk)
    newest_pk = connection.scalar(_NEWEST, of | {"known_key": known_pk})
    n_all, n_visible = 0, 0
    if changed_at is not None:
        since = {**of, "since": changed_at - lately}
        found = [connection.execute(query, since).one() for query in (_LATELY, _POSTED_LATELY)]
        n_all, n_visible = (sum(part) for part in zip(*found, strict=True))
    return Newest(max(newest_pk or 0, known_pk), changed_at, n_all, n_visible)
