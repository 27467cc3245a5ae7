"""A run's streams as the client sent them: appended chunks of lines, addressed by line number.

Sending the same lines again changes nothing; sending other lines at an old number replaces them.
Older lines of history and events may lie in segments instead (`segments.py`); whoever reads those
streams reads both, through `pieces.py`.
"""

import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum

import sqlalchemy as sa

from sweepd.store import schema, segments
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared

_chunks = schema.chunks.c
_INSERT = Prepared(sa.insert(schema.chunks))


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
    _INSERT.all(
        connection,
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
    if stream is not Stream.CONSOLE:
        runs = schema.runs
        more = {"rewrites": runs.c.rewrites + 1}  # before any other: it holds the run's row
        connection.execute(sa.update(runs).where(runs.c.id == run_pk).values(more))
        segments.cut(connection, run_pk, stream, start, end)
    overlapping = sa.and_(
        _of(run_pk, stream),
        _chunks.first_line < end,
        _chunks.first_line + _chunks.n_lines > start,
    )
    whole = sa.and_(_chunks.first_line >= start, _chunks.first_line + _chunks.n_lines <= end)
    connection.execute(sa.delete(schema.chunks).where(overlapping, whole))
    rows = connection.execute(sa.select(schema.chunks).where(overlapping)).all()
    for row in rows:
        connection.execute(
            sa.delete(schema.chunks).where(
                _of(run_pk, stream), _chunks.first_line == row.first_line
            )
        )
        lines = _lines(row.body)
        before = lines[: max(0, start - row.first_line)]
        after = lines[max(0, end - row.first_line) :]
        for first, kept in ((row.first_line, before), (end, after)):
            if kept:
                steps = (row.min_step, row.max_step)
                append_lines(connection, run_pk, stream, first, kept, first, steps)


def read_lines(
    connection: Connection,
    run_pk: int,
    stream: Stream,
    first_line: int = 0,
    end_line: int | None = None,
) -> Iterator[tuple[int, str]]:
    """(number, line) of the chunks in order, from `first_line` to before `end_line`."""
    query = sa.select(_chunks.first_line, _chunks.body).where(
        _of(run_pk, stream), _chunks.first_line + _chunks.n_lines > first_line
    )
    if end_line is not None:
        query = query.where(_chunks.first_line < end_line)
    for start, body in connection.execute(query.order_by(_chunks.first_line)):
        lines = _lines(body)
        low = max(0, first_line - start)
        high = len(lines) if end_line is None else end_line - start
        yield from enumerate(lines[low:high], start + low)


def copy_lines(
    connection: Connection, source_pk: int, target_pk: int, start: int, end: int
) -> None:
    """Give one run a copy of another's own history lines [start, end), under the same numbers.

    Whole chunks are copied inside the database, whatever their number. The caller holds the
    source's row, so that no chunk becomes a segment meanwhile.
    """
    segments.copy(connection, source_pk, target_pk, Stream.HISTORY, start, end)
    names = [column.name for column in _chunks if column.name != "run_pk"]
    whole = sa.select(sa.literal(target_pk), *(_chunks[name] for name in names)).where(
        _of(source_pk, Stream.HISTORY),
        _chunks.first_line >= start,
        _chunks.first_line + _chunks.n_lines <= end,
    )
    connection.execute(sa.insert(schema.chunks).from_select(["run_pk", *names], whole))
    torn = sa.select(schema.chunks).where(
        _of(source_pk, Stream.HISTORY),
        _chunks.first_line < end,
        _chunks.first_line + _chunks.n_lines > start,
        sa.or_(_chunks.first_line < start, _chunks.first_line + _chunks.n_lines > end),
    )
    for row in connection.execute(torn).all():
        first = max(start, row.first_line)
        lines = _lines(row.body)[first - row.first_line : end - row.first_line]
        steps = (row.min_step, row.max_step)
        append_lines(connection, target_pk, Stream.HISTORY, first, lines, first, steps)


def delete_lines(connection: Connection, run_pk: int, stream: Stream, first_line: int = 0) -> None:
    """Cut a stream off before `first_line`."""
    _make_room(connection, run_pk, stream, first_line, sys.maxsize)


def _of(run_pk: int, stream: Stream) -> sa.ColumnElement[bool]:
    return sa.and_(_chunks.run_pk == run_pk, _chunks.stream == int(stream))


def _lines(body: bytes) -> list[str]:
    return bytes(body).decode("utf-8", "surrogatepass").split("\n")
