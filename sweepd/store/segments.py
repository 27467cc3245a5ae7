"""Where a run's lines lie as columns: rows that point into packed lines, by line number.

Packed lines never change. Lines replaced or cut off are no longer pointed at, and a copy points at
the same packed lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sweepd.store import schema
from sweepd.store.columns.packing import MAX_BYTES
from sweepd.store.database import Connection

GATHERED = (0, 1)  # streams of objects in JSON: history, events

_segments = schema.segments.c
_chunks = schema.chunks.c
_runs = schema.runs.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """Chunks that lie one behind the other.

    Attributes:
        rewrites: What the run's was when they were read.
    """

    rewrites: int
    first_line: int
    n_lines: int
    bodies: list[bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """Packed lines that were put somewhere: as a blob, or beside their row as `body`."""

    n_lines: int
    min_step: int
    max_step: int
    blob: str | None
    body: bytes | None


class Progress(NamedTuple):
    """How far a run's streams have come."""

    run_pk: int
    history_lines: int
    events_lines: int
    is_ended: bool


def list_progress(connection: Connection, run_pks: Sequence[int]) -> list[Progress]:
    """How far runs have come, those that there still are."""
    found = []
    for start in range(0, len(run_pks), 500):
        query = sa.select(
            _runs.id, _runs.history_lines, _runs.events_lines, _runs.ended_at.is_not(None)
        ).where(_runs.id.in_(run_pks[start : start + 500]))
        found += [Progress(*row) for row in connection.execute(query)]
    return found


def list_runs_waiting(
    connection: Connection, after_pk: int, n_lines: int, n_lines_ended: int, limit: int
) -> list[int]:
    """Runs in the order of their keys that have so many lines in chunks; when ended, fewer do."""
    enough = sa.case((_runs.ended_at.is_not(None), n_lines_ended), else_=n_lines)
    query = (
        sa.select(_chunks.run_pk)
        .distinct()
        .join(schema.runs, _runs.id == _chunks.run_pk)
        .where(_chunks.run_pk > after_pk, _chunks.stream.in_(GATHERED))
        .group_by(_chunks.run_pk, _chunks.stream, _runs.ended_at)
        .having(sa.func.sum(_chunks.n_lines) >= enough)
        .order_by(_chunks.run_pk)
        .limit(limit)
    )
    return list(connection.scalars(query))


def read_waiting(
    connection: Connection, run_pk: int, stream: int, least: int, most: int, most_chunks: int
) -> Waiting | None:
    """The first stretch of chunks that holds `least` lines, and no chunk beyond `most` lines or
    `MAX_BYTES` or `most_chunks`; None when there is none."""
    rewrites = connection.execute(sa.select(_runs.rewrites).where(_runs.id == run_pk)).scalar()
    size = sa.func.length(_chunks.body)
    of_stream = (_chunks.run_pk == run_pk, _chunks.stream == stream)
    all_of_it = sa.select(sa.func.count(), sa.func.sum(_chunks.n_lines), sa.func.sum(size))
    n_all, n_lines, n_bytes = connection.execute(all_of_it.where(*of_stream)).one()
    if not n_all or (n_all < most_chunks and n_lines < least and n_bytes < MAX_BYTES):
        return None  # as most often, told without a look at each
    query = sa.select(_chunks.first_line, _chunks.n_lines, size).where(*of_stream)
    first = end = n_chunks = n_bytes = 0
    for first_line, n_lines, n_more in connection.execute(query.order_by(_chunks.first_line)):
        if n_chunks and (
            first_line != end
            or end - first >= most
            or n_bytes >= MAX_BYTES
            or n_chunks >= most_chunks
        ):
            if end - first >= least:
                break
            n_chunks = 0
        if not n_chunks:
            first = end = first_line
            n_bytes = 0
        end, n_chunks, n_bytes = first_line + n_lines, n_chunks + 1, n_bytes + n_more
    is_full = n_bytes >= MAX_BYTES or n_chunks >= most_chunks
    if rewrites is None or not n_chunks or (end - first < least and not is_full):
        return None
    bodies = connection.scalars(
        sa.select(_chunks.body)
        .where(
            _chunks.run_pk == run_pk,
            _chunks.stream == stream,
            _chunks.first_line >= first,
            _chunks.first_line < end,
        )
        .order_by(_chunks.first_line)
    )
    return Waiting(rewrites, first, end - first, [bytes(body) for body in bodies])


def take_place_of_chunks(
    connection: Connection, run_pk: int, stream: int, waiting: Waiting, kept: Sequence[Kept]
) -> bool:
    """Put packed lines in the place of the chunks they were made of, if those are as they were.

    Returns:
        False when the run's lines changed meanwhile, or another server was first; then nothing was
        done.
    """
    held = sa.select(_runs.rewrites).where(_runs.id == run_pk).with_for_update()
    if connection.execute(held).scalar() != waiting.rewrites:
        return False
    first, end = waiting.first_line, waiting.first_line + waiting.n_lines
    replaced = sa.and_(
        _chunks.run_pk == run_pk,
        _chunks.stream == stream,
        _chunks.first_line >= first,
        _chunks.first_line < end,
    )
    n_lines = connection.execute(sa.select(sa.func.sum(_chunks.n_lines)).where(replaced)).scalar()
    if n_lines != waiting.n_lines:
        return False
    connection.execute(sa.delete(schema.chunks).where(replaced))
    rows = []
    for item in kept:
        rows.append(
            {
                "run_pk": run_pk,
                "stream": stream,
                "first_line": first,
                "n_lines": item.n_lines,
                "offset_lines": 0,
                "min_step": item.min_step,
                "max_step": item.max_step,
                "blob": item.blob,
                "body": item.body,
            }
        )
        first += item.n_lines
    connection.execute(sa.insert(schema.segments), rows)
    return True


def cut(connection: Connection, run_pk: int, stream: int, start: int, end: int) -> None:
    """Point no more at the lines [start, end)."""
    for row in _overlapping(connection, run_pk, stream, start, end):
        connection.execute(
            sa.delete(schema.segments).where(
                _segments.run_pk == run_pk,
                _segments.stream == stream,
                _segments.first_line == row["first_line"],
            )
        )
        for part in (_between(row, row["first_line"], start), _between(row, end, None)):
            if part is not None:
                connection.execute(sa.insert(schema.segments), part)


def copy(
    connection: Connection, source_pk: int, target_pk: int, stream: int, start: int, end: int
) -> None:
    """Let another run point at the lines [start, end) too, under the same numbers."""
    for row in _overlapping(connection, source_pk, stream, start, end):
        part = _between(row, start, end)
        if part is not None:
            connection.execute(sa.insert(schema.segments), {**part, "run_pk": target_pk})


def _overlapping(
    connection: Connection, run_pk: int, stream: int, start: int, end: int
) -> list[dict[str, Any]]:
    query = sa.select(schema.segments).where(
        _segments.run_pk == run_pk,
        _segments.stream == stream,
        _segments.first_line < end,
        _segments.first_line + _segments.n_lines > start,
    )
    found = connection.execute(query.order_by(_segments.first_line)).mappings()
    return [dict(row) for row in found]


def _between(row: dict[str, Any], start: int, end: int | None) -> dict[str, Any] | None:
    """The row as it would be with only the lines [start, end); None when there are none."""
    first = max(start, row["first_line"])
    last = row["first_line"] + row["n_lines"]
    if end is not None:
        last = min(last, end)
    if first >= last:
        return None
    skipped = first - row["first_line"]
    return {
        **row,
        "first_line": first,
        "n_lines": last - first,
        "offset_lines": row["offset_lines"] + skipped,
    }
