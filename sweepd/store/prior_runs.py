"""Runs of other sweeps that count as results of a sweep begun later; each stays in its own."""

from typing import Any

from sweepd.store import schema
from sweepd.store.database import Connection, insert


def add_prior_run(connection: Connection, values: dict[str, Any]) -> None:
    """Let a run count for a sweep too; again changes nothing."""
    query = insert(connection, schema.prior_runs).values(**values)
    connection.execute(query.on_conflict_do_nothing())
