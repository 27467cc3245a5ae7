"""A sample of one number of a very long history, from what segments keep thinned out of it.

The rows to choose from are those that hold the least, the greatest or the last of 128, with their
steps: no column is read whole. What lies in no such segment is thinned out alike.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sweepd.domain.config import find
from sweepd.domain.patience import glancing
from sweepd.services.streams.sampling import spread
from sweepd.store.columns.arrays import Floats, Ints
from sweepd.store.columns.packing import BUCKET, extremes
from sweepd.store.columns.segment import Level
from sweepd.store.pieces import Piece, SegmentPiece

Chosen = list[tuple[Piece, Ints | None, int]]  # of each piece which rows (None: all), how many


def only_number(keys: Sequence[str]) -> str | None:
    """The one key beside the step; None where there are others."""
    others = [key for key in keys if key != "_step"]
    return others[0] if len(others) == 1 and not others[0].startswith("_") else None


def sample(chosen: Chosen, key: str, keys: Sequence[str], n_samples: int) -> list[dict[str, Any]]:
    """At most `n_samples` of the rows chosen, the first and the last among them, spread about
    evenly, extremes kept."""
    parts: list[tuple[Piece, Ints, Floats, Level | None]] = []
    for piece, rows, n in glancing(chosen):
        if not n:
            continue
        level = _level(piece, key) if rows is None else None
        if level is not None:
            parts.append((piece, level.rows, level.values, level))
        else:
            at = np.arange(piece.n) if rows is None else rows
            values = piece.numbers(key)[at]
            places = extremes(values, BUCKET)  # as thin as the others
            parts.append((piece, at[places], values[places], None))
        piece.close()
    values = np.concatenate([values for _, _, values, _ in parts])
    first, first_rows, _ = next(item for item in chosen if item[2])
    number = 0 if first_rows is None else int(first_rows[0])
    head = [] if parts[0][1][0] == number else _read(first, np.array([number]), keys)
    kept = spread(len(values), n_samples - len(head), [lambda: values])
    return [*head, *_rows(parts, kept, key, keys)]


def _level(piece: Piece, key: str) -> Level | None:
    """What a whole segment keeps of floats, if it keeps their steps."""
    if not isinstance(piece, SegmentPiece) or not piece.is_whole:
        return None
    column = piece.only(key)
    if column is None or column.kind != "float":
        return None
    level = piece.segment.level(column)
    return level if level is not None and level.steps is not None else None


def _rows(
    parts: list[tuple[Piece, Ints, Floats, Level | None]],
    kept: Ints,
    key: str,
    keys: Sequence[str],
) -> Iterator[dict[str, Any]]:
    start = 0
    for piece, at, values, level in glancing(parts):
        low, high = np.searchsorted(kept, [start, start + len(at)]).tolist()
        places = kept[low:high] - start
        start += len(at)
        if level is None or level.steps is None:
            yield from _read(piece, at[places], keys) if len(places) else ()
            continue
        found = zip(level.steps[places].tolist(), values[places].tolist(), strict=True)
        yield from ({k: value if k == key else step for k in keys} for step, value in found)


def _read(piece: Piece, places: Ints, keys: Sequence[str]) -> list[dict[str, Any]]:
    found = [{key: find(row, key) for key in keys} for row in piece.rows(places, keys)]
    piece.close()
    return found
