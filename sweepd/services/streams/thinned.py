"""A sample of a very long history, from what segments keep thinned out of its numbers.

The rows to choose from are those that hold the least, the greatest or the last of 128 of one of the
numbers asked for: no column is looked through for them. For several numbers they are those of the
segment's sample, where it has one, which tells all of their values. What lies in no such segment is
thinned out alike. Of the rows chosen, those values alone are made that neither tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sweepd.domain.config import find
from sweepd.domain.patience import glancing
from sweepd.later import np
from sweepd.services.streams.sampling import spread
from sweepd.store.columns.arrays import Floats, Ints
from sweepd.store.columns.column import Level
from sweepd.store.columns.thinning import BUCKET, SAMPLE_BUCKET, extremes
from sweepd.store.pieces import Piece, SegmentPiece

SPARSE = 2 * SAMPLE_BUCKET  # rows for each that is shown, from which on samples hold enough of them

# Of each piece which rows (None: all), and how many those are.
Chosen: TypeAlias = "list[tuple[Piece, Ints | None, int]]"


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a piece the rows to choose from.

    Attributes:
        values: Of each number, at these rows; NaN also where it is not known.
        known: Keys told for all of these rows without reading them.
    """

    piece: Piece
    rows: Ints
    values: dict[str, Floats]
    known: dict[str, Ints | Floats]


def numbers_of(keys: Sequence[str]) -> list[str]:
    """The keys by whose extremes rows are chosen: what the client adds by itself is none."""
    return [key for key in keys if not key.startswith("_")]


def sample(chosen: Chosen, keys: Sequence[str], n_samples: int) -> list[dict[str, Any]]:
    """At most `n_samples` of the rows chosen, the first and the last among them, spread about
    evenly, extremes of each number kept."""
    parts: list[_Part] = []
    is_sparse = sum(n for _, _, n in chosen) >= SPARSE * n_samples
    for piece, rows, n in glancing(chosen):
        if n:
            parts.append(_thin(piece, rows, keys, is_sparse))
            piece.close()
    first, first_rows, _ = next(item for item in chosen if item[2])
    number = 0 if first_rows is None else int(first_rows[0])
    head = [] if parts[0].rows[0] == number else _read(first, np.array([number]), keys)

    def series(key: str) -> Floats:
        return np.concatenate([part.values[key] for part in parts])

    measured: list[Callable[[], Floats]] = [partial(series, key) for key in numbers_of(keys)]
    n_rows = sum(len(part.rows) for part in parts)
    return [*head, *_rows(parts, spread(n_rows, n_samples - len(head), measured), keys)]


def _thin(piece: Piece, rows: Ints | None, keys: Sequence[str], is_sparse: bool) -> _Part:
    numbers = numbers_of(keys)
    if is_sparse and rows is None and len(numbers) > 1:
        sampled = _sampled(piece, keys)
        if sampled is not None:
            return sampled
    levels = [_level(piece, key) if rows is None else None for key in numbers]
    level = levels[0] if len(numbers) == 1 else None
    if level is not None and isinstance(piece, SegmentPiece):
        return _Part(piece, level.rows, {numbers[0]: level.values}, _told(piece, numbers[0], level))
    found: list[tuple[Ints, Floats]] = []
    for key, level in zip(numbers, levels, strict=True):
        if level is not None:
            found.append((level.rows, level.values))
            continue
        values = piece.numbers(key)
        values = values if rows is None else values[rows]
        places = extremes(values, BUCKET)  # as thin as the others
        found.append((places if rows is None else rows[places], values[places]))
    is_candidate = np.zeros(piece.n, np.bool_)
    for own, _ in found:
        is_candidate[own] = True
    candidates = np.flatnonzero(is_candidate)
    values_of = {}
    for key, (own, values) in zip(numbers, found, strict=True):
        values_of[key] = np.full(len(candidates), np.nan)
        values_of[key][np.searchsorted(candidates, own)] = values
    return _Part(piece, candidates, values_of, {})


def _sampled(piece: Piece, keys: Sequence[str]) -> _Part | None:
    """The sample of a whole segment, if it tells all of the keys."""
    if not isinstance(piece, SegmentPiece) or not piece.is_whole:
        return None
    sample = piece.segment.sample
    if sample is None:
        return None
    known: dict[str, Ints | Floats] = {}
    for key in keys:
        column = piece.only(key)
        values = None if column is None else sample.values(column)
        if values is None:
            return None
        known[key] = values
    numbers = {key: known[key].astype(np.float64) for key in numbers_of(keys)}
    return _Part(piece, sample.rows, numbers, known)


def _level(piece: Piece, key: str) -> Level | None:
    """What a whole segment keeps of a number."""
    if not isinstance(piece, SegmentPiece) or not piece.is_whole:
        return None
    column = piece.only(key)
    return None if column is None else piece.segment.level(column)


def _told(piece: SegmentPiece, key: str, level: Level) -> dict[str, Ints | Floats]:
    """What the level of a number tells exactly of its rows."""
    told: dict[str, Ints | Floats | None] = {
        key: level.values,
        "_step": level.steps,
        "_timestamp": level.times,
    }
    columns = [piece.only(name) for name in (key, "_timestamp")]
    kinds = {column.name: column.kind for column in columns if column is not None}
    return {
        name: values
        for name, values in told.items()
        if values is not None and kinds.get(name, "float") == "float"
    }


def _rows(parts: Sequence[_Part], kept: Ints, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    start = 0
    for part in glancing(parts):
        low, high = np.searchsorted(kept, [start, start + len(part.rows)]).tolist()
        places = kept[low:high] - start
        start += len(part.rows)
        if not len(places):
            continue
        if part.known.keys() >= set(keys):
            told = [part.known[key][places].tolist() for key in keys]
            yield from (dict(zip(keys, row, strict=True)) for row in zip(*told, strict=True))
        else:
            yield from _read(part.piece, part.rows[places], keys)


def _read(piece: Piece, places: Ints, keys: Sequence[str]) -> list[dict[str, Any]]:
    found = [{key: find(row, key) for key in keys} for row in piece.rows(places, keys)]
    piece.close()
    return found
