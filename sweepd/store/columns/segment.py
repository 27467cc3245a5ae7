"""Reading a segment: only the parts asked for are read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from sweepd.later import np, npt
from sweepd.store.columns.arrays import (
    Floats,
    Ints,
    unpack_flags,
    unpack_floats,
    unpack_ints,
)
from sweepd.store.columns.column import Column, Level, Sample
from sweepd.store.columns.packing import MAGIC
from sweepd.store.columns.parts import Path
from sweepd.store.columns.rows import loads, parse_line

FEW = 8  # of so many rows one is wanted, or less: then the others' values are not made

Read = Callable[[int, int], bytes]  # (where it begins, how many bytes)


class Segment:
    """Lines kept as columns. Rows are counted from 0."""

    def __init__(self, read: Read) -> None:
        """Read the header.

        Raises:
            ValueError: These bytes are no segment.
        """
        start = read(0, len(MAGIC) + 4)
        if start[: len(MAGIC)] != MAGIC:
            raise ValueError("these bytes are no segment of a history")
        n_bytes = int.from_bytes(start[len(MAGIC) :], "little")
        self._base = len(start) + n_bytes
        self._read = read
        header = _parsed(zlib.decompress(read(len(start), n_bytes)))
        self.n: int = header["n"]
        self.last_step: int = header["last_step"]  # the largest; -1: no row has one
        self.is_regular: bool = header["is_regular"]  # no raw lines, a name for each column
        self.shapes: list[list[int]] = header["shapes"]
        self.counts: list[int] = header["counts"]  # rows of each shape
        self.columns = [
            Column(i, tuple(c.pop("path")), ".".join(p), **c)
            for i, c in enumerate(header["columns"])
            for p in (c["path"],)
        ]
        self._rows_part: list[int] = header["rows"]
        self._raw_part: list[int] | None = header["raw"]
        kept = header.get("sample")  # segments of before have none
        self.sample = None if kept is None else Sample(self._part, kept)
        self._shape_of_row: Ints | None = None
        self._touching: dict[str, list[Column]] = {}

    def _part(self, where: Sequence[int]) -> bytes:
        return self._read(self._base + where[0], where[1])

    def shape_of_row(self) -> Ints:
        """For each row its shape; -1 for a line kept as it is."""
        if self._shape_of_row is None:
            if len(self.shapes) == 1 and self._raw_part is None:
                self._shape_of_row = np.zeros(self.n, np.int64)
            else:
                self._shape_of_row = unpack_ints(self._part(self._rows_part))
        return self._shape_of_row

    def rows_with(self, column: Column) -> Ints | None:
        """The rows that have a key, in order; None when all have."""
        return None if column.n == self.n else np.flatnonzero(self.has(column))

    def has(self, column: Column) -> npt.NDArray[np.bool_]:
        """For each row whether it has a key."""
        if column.n == self.n:
            return np.ones(self.n, np.bool_)
        having = np.array([column.place in shape for shape in self.shapes] + [False])
        found: npt.NDArray[np.bool_] = having[self.shape_of_row()]  # -1 is the last
        return found

    def values(self, column: Column) -> list[Any]:
        """The values of the rows that have a key."""
        return _picked(column, self._decoded(column, None), None)

    def numbers(self, column: Column) -> Floats:
        """The same as floats; NaN where a value is no number."""
        if column.kind in ("float", "number"):
            return unpack_floats(self._part(column.parts[0]))
        if column.kind == "int":
            return self._ints(column).astype(np.float64)
        return np.array([as_number(value) for value in self.values(column)], np.float64)

    def ints(self, column: Column) -> Ints | None:
        """The values of a column of whole numbers, exactly; None for any other."""
        return self._ints(column) if column.kind == "int" else None

    def _ints(self, column: Column) -> Ints:
        return unpack_ints(self._part(column.parts[0]))

    def level(self, column: Column) -> Level | None:
        """A column thinned out; None when it is too short for that, or no numbers."""
        if column.level is None:
            return None
        return Level(self._part, column.level)

    def find(self, name: str) -> Column | None:
        """The column of a key that is not nested; None when no row has it."""
        return next((column for column in self.columns if column.path == (name,)), None)

    def touching(self, keys: Sequence[str]) -> list[Column]:
        """The columns whose values a look-up of these names needs."""
        places = {column.place for key in keys for column in self._touched(key)}
        return [self.columns[place] for place in sorted(places)]

    def _touched(self, key: str) -> list[Column]:
        found = self._touching.get(key)
        if found is None:
            within = f"{key}."
            found = self._touching[key] = [
                column
                for column in self.columns
                if column.name == key
                or column.name.startswith(within)
                or key.startswith(f"{column.name}.")
            ]
        return found

    def rows(
        self, wanted: Ints, columns: Sequence[Column] | None = None, is_exact: bool = False
    ) -> list[dict[str, Any]]:
        """Rows as mappings; with columns, nothing else of them.

        Args:
            wanted: Which, in order.
            is_exact: Whole numbers of any size stay whole; `parse_line` rounds those beyond 64 bit.
        """
        found: list[dict[str, Any]] = [{}] * len(wanted)
        chosen = None if columns is None else {column.place for column in columns}
        shapes = self.shape_of_row()[wanted]
        taken: dict[int, tuple[Ints | None, Any]] = {}
        few = wanted if len(wanted) * FEW <= self.n else None
        for shape in np.unique(shapes).tolist():
            places = np.flatnonzero(shapes == shape)
            if shape < 0:
                raw = self._raw()
                for place in places.tolist():
                    found[place] = parse_line(raw[int(wanted[place])])
                continue
            own = [self.columns[i] for i in self.shapes[shape] if chosen is None or i in chosen]
            values = [self._at(column, wanted[places], few, taken, is_exact) for column in own]
            made = _assemble([column.path for column in own], values, len(places))
            for place, row in zip(places.tolist(), made, strict=True):
                found[place] = row
        return found

    def lines(self, wanted: Ints) -> list[str]:
        """Rows as JSON text; those that are no objects as they came."""
        rows = self.rows(wanted, is_exact=True)
        if all(column.is_plain for column in self.columns):
            lines = [orjson.dumps(row).decode() for row in rows]
        else:
            lines = [json.dumps(row, separators=(",", ":")) for row in rows]
        if self._raw_part is not None:
            raw = self._raw()
            for place, number in enumerate(wanted.tolist()):
                lines[place] = raw.get(number, lines[place])
        return lines

    def _raw(self) -> dict[int, str]:
        if self._raw_part is None:
            return {}
        return dict(json.loads(zlib.decompress(self._part(self._raw_part))))

    def _at(
        self,
        column: Column,
        rows: Ints,
        few: Ints | None,
        taken: dict[int, tuple[Ints | None, Any]],
        is_exact: bool,
    ) -> list[Any]:
        """A column's values at some of the rows that have it; those alone are made if it is few."""
        if column.place not in taken:
            having, at = self.rows_with(column), few
            if few is not None and having is not None:
                few = np.intersect1d(few, having)
                at = np.searchsorted(having, few)
            taken[column.place] = (
                having if few is None else few,
                self._decoded(column, at, is_exact),
            )
        having, decoded = taken[column.place]
        places = rows if having is None else np.searchsorted(having, rows)
        return _picked(column, decoded, places)

    def _decoded(self, column: Column, at: Ints | None, is_exact: bool = False) -> Any:
        first = self._part(column.parts[0])
        if column.kind == "json":
            text = zlib.decompress(first)
            exactly = json.loads if is_exact else loads
            values = orjson.loads(text) if column.is_plain else exactly(text)
            return values if at is None else [values[i] for i in at.tolist()]
        if column.kind == "int":
            return unpack_ints(first, at)
        floats = unpack_floats(first, at)
        if column.kind == "float":
            return floats
        flags = unpack_flags(self._part(column.parts[1]), column.n)
        return floats, flags if at is None else flags[at]


def _parsed(text: bytes) -> Any:
    return loads(text)


def _picked(column: Column, decoded: Any, places: Ints | None) -> list[Any]:
    if column.kind == "json":
        values: list[Any] = decoded
        return values if places is None else [values[i] for i in places.tolist()]
    if column.kind != "number":
        array = decoded if places is None else decoded[places]
        return list(array.tolist())
    floats, is_int = decoded if places is None else (decoded[0][places], decoded[1][places])
    pairs = zip(floats.tolist(), is_int.tolist(), strict=True)
    return [int(value) if whole else value for value, whole in pairs]


def _assemble(paths: list[Path], values: list[list[Any]], n: int) -> list[dict[str, Any]]:
    if not paths:
        return [{} for _ in range(n)]
    if all(len(path) == 1 for path in paths):
        names = [path[0] for path in paths]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    rows: list[dict[str, Any]] = []
    for found in zip(*values, strict=True):
        row: dict[str, Any] = {}
        for path, value in zip(paths, found, strict=True):
            inner = row
            for key in path[:-1]:
                inner = inner.setdefault(key, {})
            inner[path[-1]] = value
        rows.append(row)
    return rows


def as_number(value: Any) -> float:
    """A value as a float; NaN when it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
