"""What of a segment's numbers is kept thinned, so that a curve need not read them all.

Of a long column a *level*: of each `BUCKET` values the least, the greatest and the last, with their
rows, steps and times. Of a segment of few columns a *sample*: the first row and those that hold
such of any number in `SAMPLE_BUCKET` rows, with all numbers at them.
"""

from __future__ import annotations

from typing import Any

from sweepd.later import np
from sweepd.store.columns.arrays import Floats, Ints, pack_floats, pack_ints
from sweepd.store.columns.parts import Parts, Values

BUCKET = 128  # values of one key
LEAST_FOR_LEVEL = 1024
SAMPLE_BUCKET = 1024  # rows
LEAST_FOR_SAMPLE = 2048
MAX_SAMPLED = 32  # numbers of whose extremes a sample holds; of more it would be half the segment


def add_levels(
    columns: list[Values], packed: list[dict[str, Any]], parts: Parts, n_lines: int
) -> None:
    """Only where every row has a step and a time, or none has."""
    steps = _of_all(columns, packed, "_step", {"int"}, n_lines)
    times = _of_all(columns, packed, "_timestamp", {"int", "float", "number"}, n_lines)
    if steps is False or times is False:
        return
    for column, meta in zip(columns, packed, strict=True):
        is_long = meta["kind"] != "json" and len(column.values) >= LEAST_FOR_LEVEL
        if not is_long or column.path[0].startswith("_"):
            continue
        values = np.array(column.values, np.float64)
        kept = extremes(values, BUCKET)
        at = np.array(column.rows, np.int64)[kept]
        level = [parts.add(pack_ints(at)), parts.add(pack_floats(values[kept]))]
        level.append(
            parts.add(pack_ints(np.array(steps, np.int64)[at])) if isinstance(steps, list) else []
        )
        level.append(
            parts.add(pack_floats(np.array(times, np.float64)[at]))
            if isinstance(times, list)
            else []
        )
        meta["level"] = level


def add_sample(
    columns: list[Values], packed: list[dict[str, Any]], parts: Parts, n_lines: int
) -> dict[str, Any] | None:
    """Where the rows chosen are kept, and what columns that all rows have hold there, by place."""
    whole: dict[int, Ints | Floats] = {}
    for place, (column, meta) in enumerate(zip(columns, packed, strict=True)):
        if meta["kind"] in ("int", "float") and len(column.values) == n_lines:
            whole[place] = np.array(column.values, np.int64 if meta["kind"] == "int" else None)
    numbers = [place for place in whole if not columns[place].path[0].startswith("_")]
    if n_lines < LEAST_FOR_SAMPLE or not 0 < len(numbers) <= MAX_SAMPLED:
        return None
    kept = np.zeros(n_lines, np.bool_)
    kept[0] = True
    for place in numbers:
        kept[extremes(whole[place].astype(np.float64), SAMPLE_BUCKET)] = True
    rows = np.flatnonzero(kept)
    told = {}
    for place, values in whole.items():
        pack_some: Any = pack_ints if packed[place]["kind"] == "int" else pack_floats
        told[place] = parts.add(pack_some(values[rows]))
    return {"rows": parts.add(pack_ints(rows)), "columns": told}


def _of_all(
    columns: list[Values], packed: list[dict[str, Any]], name: str, kinds: set[str], n_lines: int
) -> list[Any] | bool:
    """The values of a key that all rows have; True when none has it, else False."""
    for column, meta in zip(columns, packed, strict=True):
        if column.path == (name,):
            is_whole = meta["kind"] in kinds and len(column.values) == n_lines
            return column.values if is_whole else False
    return True


def extremes(values: Floats, bucket: int) -> Ints:
    """Places of the least, the greatest and the last of each `bucket` values, in order; NaN is
    neither."""
    n_buckets = -(-len(values) // bucket)
    last = np.minimum(np.arange(1, n_buckets + 1) * bucket, len(values)) - 1
    starts = np.arange(n_buckets) * bucket

    def places(worst: float, find: Any) -> Ints:
        padded = np.full(n_buckets * bucket, worst)
        padded[: len(values)] = np.where(np.isnan(values), worst, values)
        found: Ints = find(padded.reshape(n_buckets, bucket), axis=1)
        at: Ints = np.minimum(starts + found, last)
        return at

    kept = np.concatenate([places(np.inf, np.argmin), places(-np.inf, np.argmax), last])
    found: Ints = np.unique(kept).astype(np.int64)
    return found
