"""Runs in orders that are read page by page."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.runs import Run
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.paging import Listing, SortKey, sort_by
from sweepd.store.runs import SELECT, read_run

_runs = schema.runs.c


def of_project(project_pk: int, newest_first: bool) -> Listing[Run]:
    """A project's runs by age."""
    return _listing(_runs.project_pk == project_pk, *sort_by(_runs.created_at, newest_first))


def of_sweep(sweep_pk: int) -> Listing[Run]:
    """A sweep's runs, in the order they were handed out."""
    return _listing(_runs.sweep_pk == sweep_pk)


def attached_to(sweep_pk: int) -> Listing[Run]:
    """The earlier runs attached to a sweep, oldest first."""
    cells = schema.cells.c
    prior = sa.select(cells.id).where(cells.sweep_pk == sweep_pk, cells.origin == "prior")
    own = sa.and_(_runs.sweep_pk == sweep_pk, _runs.cell_pk.in_(prior))
    others = schema.prior_runs.c
    of_others = sa.select(others.run_pk).where(others.sweep_pk == sweep_pk)
    return _listing(sa.or_(own, _runs.id.in_(of_others)))


def of_agent(agent_pk: int, newest_first: bool) -> Listing[Run]:
    """The runs handed to an agent."""
    return _listing(_runs.agent_pk == agent_pk, SortKey(_runs.id, newest_first))


def using(artifact_pk: int) -> Listing[Run]:
    """The runs that used a version, in the order they first did."""
    uses = schema.uses.c
    query = SELECT.join(schema.uses, uses.run_pk == _runs.id)
    query = query.where(uses.artifact_pk == artifact_pk, _runs.deleted_at.is_(None))
    return Listing(query, (*sort_by(uses.created_at), SortKey(_runs.id)), _read)


def _listing(which: sa.ColumnElement[bool], *keys: SortKey) -> Listing[Run]:
    """Runs that are not deleted; equals oldest first."""
    query = SELECT.where(which, _runs.deleted_at.is_(None))
    return Listing(query, (*keys, SortKey(_runs.id)), _read)


def _read(_: Connection, rows: Sequence[sa.Row[Any]]) -> list[Run]:
    return [read_run(row) for row in rows]
