"""A run's own history or events, listed as pieces from chunks and segments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sweepd.later import np
from sweepd.store import schema
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from sweepd.store.pieces import ChunkPiece, Piece, SegmentPiece, each

MAX_LINES = 1 << 14  # in one piece of several chunks

_chunks = schema.chunks.c
_segments = schema.segments.c


def list_pieces(
    connection: Connection,
    blobs: Blobs,
    run_pk: int,
    stream: Stream,
    first_line: int = 0,
    end_line: int | None = None,
    min_step: int | None = None,
    max_step: int | None = None,
    limit: int | None = None,
) -> list[Piece]:
    """A run's own lines from `first_line` to before `end_line`, in order.

    Args:
        min_step, max_step: Stretches that surely hold no step with min_step ≤ step < max_step are
            left out.
        limit: Only the first so many of the stretches kept.
    """
    found: list[Piece] = []
    if end_line is not None and first_line >= end_line:
        return found
    query = _query(run_pk, stream, first_line, end_line, min_step, max_step)
    for row in connection.execute(query.order_by("first_line").limit(limit)):
        skipped = max(0, first_line - row.first_line)
        n = row.n_lines if end_line is None else min(row.n_lines, end_line - row.first_line)
        first = row.first_line + skipped
        if row.is_segment:
            source = row.blob if row.body is None else bytes(row.body)
            offset = row.offset_lines + skipped
            found.append(SegmentPiece(first, n - skipped, offset, source, blobs))
            continue
        lines = bytes(row.body).decode("utf-8", "surrogatepass").split("\n")[skipped:n]
        last = found[-1] if found else None
        if isinstance(last, ChunkPiece) and last.first + last.n == first and last.n < MAX_LINES:
            last.lines().extend(lines)
        else:
            found.append(ChunkPiece(first, lines))
    chunk_pieces = [piece for piece in found if isinstance(piece, ChunkPiece)]
    if sum(piece.n for piece in chunk_pieces) <= 2 * MAX_LINES:
        for piece in chunk_pieces:
            piece.is_kept = True
    return found


def _query(
    run_pk: int,
    stream: Stream,
    first_line: int,
    end_line: int | None,
    min_step: int | None,
    max_step: int | None,
) -> sa.CompoundSelect[Any]:
    """Chunks and segments in one statement: one view of both, whatever is gathered meanwhile."""
    queries = []
    for is_segment, columns in ((0, _chunks), (1, _segments)):
        where = [
            columns.run_pk == run_pk,
            columns.stream == int(stream),
            columns.first_line + columns.n_lines > first_line,
        ]
        if end_line is not None:
            where.append(columns.first_line < end_line)
        if min_step is not None:
            where.append(sa.or_(columns.max_step >= min_step, columns.max_step < 0))
        if max_step is not None:
            where.append(columns.min_step < max_step)
        queries.append(
            sa.select(
                sa.literal(is_segment, sa.Integer).label("is_segment"),
                columns.first_line,
                columns.n_lines,
                (_segments.offset_lines if is_segment else sa.literal(0)).label("offset_lines"),
                (_segments.blob if is_segment else sa.cast(sa.null(), sa.Text)).label("blob"),
                columns.body,
            ).where(*where)
        )
    return sa.union_all(*queries)


def last_line(
    connection: Connection, blobs: Blobs, run_pk: int, stream: Stream, end_line: int | None = None
) -> str | None:
    """The last of a run's own lines (before `end_line`), or None when there is none."""
    query = _query(run_pk, stream, 0, end_line, None, None)
    row = connection.execute(query.order_by(sa.desc("first_line")).limit(1)).first()
    if row is None:
        return None
    found = list_pieces(connection, blobs, run_pk, stream, row.first_line, end_line)
    for piece in each(found[-1:]):
        return piece.lines(np.array([piece.n - 1]))[0]
    return None
