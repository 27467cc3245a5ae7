"""Lines into a segment: its parts one after the other behind a header that says where they are.

    magic, bytes of the header, header (JSON, zlib), parts

Rows of the same keys in the same order have one *shape*; a segment holds each shape once, for each
row which it has, and for each key a column of the values of the rows that have it. A line that is
no object is kept as it is. Beside columns of numbers stands what is kept of them thinned
(`thinning`).
"""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sweepd.later import np
from sweepd.store.columns.arrays import (
    EXACT,
    pack_flags,
    pack_floats,
    pack_ints,
)
from sweepd.store.columns.parts import Parts, Path, Values
from sweepd.store.columns.rows import is_nest, kind_of, parse_line, step_of
from sweepd.store.columns.thinning import add_levels, add_sample

MAGIC = b"sweepdC1"
MAX_LINES = 1 << 14
MAX_BYTES = 4 << 20  # as sent
MAX_DEPTH = 32  # objects within objects; beyond, a line is kept as it is


@dataclass(frozen=True, slots=True)
class Packed:
    """A segment, how many lines it holds, the smallest and largest of their steps (-1: none)."""

    body: bytes
    n_lines: int
    min_step: int
    max_step: int


def pack_chunks(bodies: Sequence[bytes]) -> list[Packed]:
    """Chunks, one after the other, as segments of at most `MAX_LINES` and `MAX_BYTES` or so."""
    groups: list[list[str]] = [[]]
    n_bytes = 0
    for body in bodies:
        for line in body.decode("utf-8", "surrogatepass").split("\n"):
            if len(groups[-1]) >= MAX_LINES or n_bytes > MAX_BYTES:
                groups.append([])
                n_bytes = 0
            groups[-1].append(line)
            n_bytes += len(line)
    return [Packed(pack(lines), len(lines), *_span(lines)) for lines in groups if lines]


def _span(lines: Sequence[str]) -> tuple[int, int]:
    steps = [step for line in lines if (step := step_of(parse_line(line))) >= 0]
    return (min(steps), max(steps)) if steps else (-1, -1)


def pack(lines: Sequence[str]) -> bytes:
    """A segment of one or more lines; `Segment` reads it."""
    columns: dict[Path, Values] = {}
    shapes: dict[tuple[Path, ...], int] = {}
    shape_of_row: list[int] = []
    raw: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        leaves = _leaves(line)
        if leaves is None:
            raw.append((number, line))
            shape_of_row.append(-1)
            continue
        paths, values = leaves
        shape = shapes.get(paths)
        if shape is None:
            shape = shapes[paths] = len(shapes)
            for path in paths:
                columns.setdefault(path, Values(path))
        shape_of_row.append(shape)
        for path, value in zip(paths, values, strict=True):
            column = columns[path]
            column.values.append(value)
            column.rows.append(number)
    places = {path: i for i, path in enumerate(columns)}
    parts = Parts()
    packed = [_pack(column, parts) for column in columns.values()]
    add_levels(list(columns.values()), packed, parts, len(lines))
    names = [".".join(path) for path in columns]
    header = {
        "n": len(lines),
        "last_step": _last_step(columns.get(("_step",))),
        "is_regular": not raw and len(set(names)) == len(names),  # one column a dotted name
        "shapes": [[places[path] for path in paths] for paths in shapes],
        "rows": parts.add(pack_ints(np.array(shape_of_row, np.int64))),
        "counts": np.bincount([s for s in shape_of_row if s >= 0], minlength=len(shapes)).tolist(),
        "columns": packed,
        "raw": parts.add(_text(raw)) if raw else None,
        "sample": add_sample(list(columns.values()), packed, parts, len(lines)),
    }
    head = _text(header)
    return b"".join([MAGIC, len(head).to_bytes(4, "little"), head, *parts.bodies])


def _last_step(column: Values | None) -> int:
    return max((step_of({"_step": value}) for value in column.values), default=-1) if column else -1


def _text(value: Any) -> bytes:
    return zlib.compress(_dumps(value).encode())


def _dumps(value: Any) -> str:
    """JSON in ASCII; NaN, infinities, whole numbers of any size and lone surrogates included."""
    return json.dumps(value, separators=(",", ":"))


def _leaves(line: str) -> tuple[tuple[Path, ...], list[Any]] | None:
    """A row's keys as paths, and their values; None for a line that is no such row."""
    try:
        row = json.loads(line)  # not orjson, which rounds large whole numbers
        if type(row) is not dict:
            return None
        _dumps(row)
    except (ValueError, RecursionError):
        return None
    if not any(type(value) is dict for value in row.values()):
        return tuple((key,) for key in row), list(row.values())
    paths: list[Path] = []
    values: list[Any] = []
    return (tuple(paths), values) if _walk(row, (), paths, values) else None


def _walk(row: dict[str, Any], above: Path, paths: list[Path], values: list[Any]) -> bool:
    if len(above) > MAX_DEPTH:
        return False
    for key, value in row.items():
        if is_nest(value):
            if not _walk(value, (*above, key), paths, values):
                return False
        else:
            paths.append((*above, key))
            values.append(value)
    return True


def _pack(column: Values, parts: Parts) -> dict[str, Any]:
    values = column.values
    types = set(map(type, values))
    is_plain = is_plain_text(_dumps(column.path))
    if types == {float}:
        kind, floats = "float", np.array(values, np.float64)
        bodies = [pack_floats(floats)]
        is_plain &= bool(np.all(np.isfinite(floats)))
    elif types == {int} and min(values) >= -(2**63) and max(values) < 2**63:
        kind, bodies = "int", [pack_ints(np.array(values, np.int64))]
    elif types == {int, float} and all(type(v) is float or abs(v) < EXACT for v in values):
        kind, floats = "number", np.array(values, np.float64)
        bodies = [pack_floats(floats), pack_flags(np.array([type(v) is int for v in values]))]
        is_plain &= bool(np.all(np.isfinite(floats)))
    else:
        text = _dumps(values)
        kind, bodies = "json", [zlib.compress(text.encode())]
        is_plain &= is_plain_text(text)
    return {
        "path": list(column.path),
        "kind": kind,
        "n": len(values),
        "is_plain": is_plain,
        "parts": [parts.add(body) for body in bodies],
        "level": None,
        **_summary(values, kind),
    }


def is_plain_text(text: str) -> bool:
    """Whether orjson reads and writes this JSON as the standard library does."""
    try:
        return _dumps(orjson.loads(text)) == text
    except (ValueError, TypeError, RecursionError):
        return False


def _summary(values: list[Any], kind: str) -> dict[str, Any]:
    """What `historyKeys` tells of a key."""
    if kind == "json":
        counts: dict[str, int] = {}
        for value in values:
            name = kind_of(value)
            counts[name] = counts.get(name, 0) + 1
        is_rising = set(counts) == {"number"} and _is_rising(values)
    else:
        counts, is_rising = {"number": len(values)}, _is_rising(values)
    first = values[0] if kind_of(values[0]) == "number" else None
    return {"types": counts, "is_rising": is_rising, "first": first, "last": values[-1]}


def _is_rising(values: list[Any]) -> bool:
    return not any(b < a for a, b in itertools.pairwise(values))
