"""A run's streams as the client sent them: appended chunks of lines, addressed by line number.

Sending the same lines again changes nothing; sending other lines at an old number replaces them.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.database import Connection

_chunks = schema.chunks.c
_INSERT = sa.insert(schema.chunks)


class Stream(IntEnum):
    """Which of a run's streams."""

    HISTORY = 0
    EVENTS = 1
    CONSOLE = 2


def append_lines(
    connection: Connection,
    run_pk: int,
    stream: Stream,
    first_line: int,
    lines: Sequence[str],
    n_stored: int,
    steps: tuple[int, int] = (-1, -1),
) -> int:
    """Store lines under their numbers.

    Args:
        first_line: Number of lines[0], from 0.
        n_stored: Lines the run has now; the usual append begins exactly there.
        steps: Smallest and largest `_step` among the lines; (-1, -1) when they have none.

    Returns:
        How many lines the run has afterwards.
    """
    if first_line < n_stored:
        _make_room(connection, run_pk, stream, first_line, first_line + len(lines))
    connection.execute(
        _INSERT,
        {
            "run_pk": run_pk,
            "stream": int(stream),
            "first_line": first_line,
            "n_lines": len(lines),
            "min_step": steps[0],
            "max_step": steps[1],
            "body": "\n".join(lines).encode("utf-8", "surrogatepass"),
        },
    )
    return max(n_stored, first_line + len(lines))


def _make_room(connection: Connection, run_pk: int, stream: Stream, start: int, end: int) -> None:
    """Cut the lines [start, end) out of what is stored."""
    rows = connection.execute(
        sa.select(schema.chunks)
        .where(
            _chunks.run_pk == run_pk,
            _chunks.stream == int(stream),
            _chunks.first_line < end,
            _chunks.first_line + _chunks.n_lines > start,
        )
        .order_by(_chunks.first_line)
    ).all()
    for row in rows:
        connection.execute(
            sa.delete(schema.chunks).where(
                _chunks.run_pk == run_pk,
                _chunks.stream == int(stream),
                _chunks.first_line == row.first_line,
            )
        )
        lines = _lines(row.body)
        before = lines[: max(0, start - row.first_line)]
        after = lines[max(0, end - row.first_line) :]
        for first, kept in ((row.first_line, before), (end, after)):
            if kept:
                connection.execute(
                    sa.insert(schema.chunks).values(
                        run_pk=run_pk,
                        stream=int(stream),
                        first_line=first,
                        n_lines=len(kept),
                        min_step=row.min_step,
                        max_step=row.max_step,
                        body="\n".join(kept).encode("utf-8", "surrogatepass"),
                    )
                )


def read_lines(
    connection: Connection, run_pk: int, stream: Stream, first_line: int = 0
) -> Iterator[tuple[int, str]]:
    """(number, line) in order, from `first_line`."""
    query = sa.select(_chunks.first_line, _chunks.body).where(
        _chunks.run_pk == run_pk,
        _chunks.stream == int(stream),
        _chunks.first_line + _chunks.n_lines > first_line,
    )
    for start, body in connection.execute(query.order_by(_chunks.first_line)):
        for number, line in enumerate(_lines(body), start):
            if number >= first_line:
                yield number, line


def read_blocks(
    connection: Connection, run_pk: int, stream: Stream, min_step: int, max_step: float
) -> Iterator[list[str]]:
    """Lines in order, a list for each chunk that may hold steps with min_step ≤ step < max_step."""
    query = sa.select(_chunks.body).where(
        _chunks.run_pk == run_pk,
        _chunks.stream == int(stream),
        sa.or_(_chunks.max_step >= min_step, _chunks.max_step < 0),
    )
    if max_step != float("inf"):
        query = query.where(_chunks.min_step < max_step)
    for row in connection.execute(query.order_by(_chunks.first_line)):
        yield _lines(row.body)


def first_line(connection: Connection, run_pk: int, stream: Stream) -> str | None:
    """The first line of a stream, or None when it is empty."""
    body = _end_chunk(connection, run_pk, stream, _chunks.first_line.asc())
    return _lines(body)[0] if body is not None else None


def last_line(connection: Connection, run_pk: int, stream: Stream) -> str | None:
    """The last line of a stream, or None when it is empty."""
    body = _end_chunk(connection, run_pk, stream, _chunks.first_line.desc())
    return _lines(body)[-1] if body is not None else None


def _end_chunk(
    connection: Connection, run_pk: int, stream: Stream, order: sa.ColumnElement[Any]
) -> bytes | None:
    return connection.execute(
        sa.select(_chunks.body)
        .where(_chunks.run_pk == run_pk, _chunks.stream == int(stream))
        .order_by(order)
        .limit(1)
    ).scalar()


def delete_lines(connection: Connection, run_pk: int, stream: Stream) -> None:
    """Empty a stream."""
    connection.execute(
        sa.delete(schema.chunks).where(_chunks.run_pk == run_pk, _chunks.stream == int(stream))
    )


def _lines(body: bytes) -> list[str]:
    return bytes(body).decode("utf-8", "surrogatepass").split("\n")
