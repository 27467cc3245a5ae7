"""What each client of a shared run has sent; see `services/streams/shared.py`."""

from dataclasses import dataclass

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection, insert
from sweepd.store.history import Stream

_writers = schema.writers.c
_places = schema.console_places.c


@dataclass(frozen=True, slots=True)
class Place:
    """Consecutive console lines of a client, and where they stand among the run's."""

    first_line: int  # as the client counts
    n_lines: int
    position: int  # of the first, as the run counts

    @property
    def end_line(self) -> int:
        """The client's number of the line after them."""
        return self.first_line + self.n_lines


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


def list_places(
    connection: Connection, run_pk: int, client_id: str, first_line: int, end_line: int
) -> list[Place]:
    """Where a client's console lines stand that are in [first_line, end_line) or just before."""
    query = (
        sa.select(_places.first_line, _places.n_lines, _places.position)
        .where(
            _places.run_pk == run_pk,
            _places.client_id == client_id,
            _places.first_line < end_line,
            _places.first_line + _places.n_lines >= first_line,
        )
        .order_by(_places.first_line)
    )
    return [Place(*row) for row in connection.execute(query)]


def set_place(connection: Connection, run_pk: int, client_id: str, place: Place) -> None:
    """Remember a place, or that it has grown."""
    query = insert(connection, schema.console_places).values(
        run_pk=run_pk,
        client_id=client_id,
        first_line=place.first_line,
        n_lines=place.n_lines,
        position=place.position,
    )
    connection.execute(
        query.on_conflict_do_update(
            index_elements=["run_pk", "client_id", "first_line"], set_={"n_lines": place.n_lines}
        )
    )


def forget(connection: Connection, run_pk: int) -> None:
    """The run's streams were cut: its clients of before count no more."""
    connection.execute(sa.delete(schema.writers).where(_writers.run_pk == run_pk))
    connection.execute(sa.delete(schema.console_places).where(_places.run_pk == run_pk))
