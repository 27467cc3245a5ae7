"""How many lines each client of a shared run has sent; see `services/shared_runs.py`."""

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.history import Stream

_writers = schema.writers.c


def count_sent(connection: Connection, run_pk: int, client_id: str, stream: Stream) -> int:
    """Lines of a stream this client has sent so far."""
    query = sa.select(_writers.n_lines).where(
        _writers.run_pk == run_pk, _writers.client_id == client_id, _writers.stream == int(stream)
    )
    return int(connection.execute(query).scalar() or 0)


def set_sent(
    connection: Connection, run_pk: int, client_id: str, stream: Stream, n_lines: int
) -> None:
    """Remember how many lines a client has sent."""
    query = insert(connection, schema.writers).values(
        run_pk=run_pk, client_id=client_id, stream=int(stream), n_lines=n_lines
    )
    connection.execute(
        query.on_conflict_do_update(
            index_elements=["run_pk", "client_id", "stream"], set_={"n_lines": n_lines}
        )
    )


def forget(connection: Connection, run_pk: int) -> None:
    """The run's streams were cut: its clients of before count no more."""
    connection.execute(sa.delete(schema.writers).where(_writers.run_pk == run_pk))
