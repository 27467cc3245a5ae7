"""One key of a segment, and what is kept thinned out of the numbers; read as far as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepd.store.columns.arrays import Floats, Ints, unpack_floats, unpack_ints
from sweepd.store.columns.parts import Path


@dataclass(frozen=True, slots=True)
class Column:
    """One key of a segment.

    Attributes:
        n: Rows that have it.
        types: How many values of each kind, in the client's words.
        is_rising: All are numbers, none less than the one before.
        first, last: Of its values; `first` only when it is a number.
    """

    place: int
    path: Path
    name: str  # dotted
    kind: str  # float | int | number (both) | json
    n: int
    is_plain: bool  # orjson writes such values exactly
    parts: list[list[int]]
    level: list[list[int]] | None
    types: dict[str, int]
    is_rising: bool
    first: Any
    last: Any


class Level:
    """Extremes of a column, thinned out; read as far as it is asked."""

    def __init__(self, part: Callable[[Sequence[int]], bytes], parts: Sequence[list[int]]) -> None:
        self._part, self._parts = part, parts

    @cached_property
    def rows(self) -> Ints:
        """Where they are."""
        return unpack_ints(self._part(self._parts[0]))

    @cached_property
    def values(self) -> Floats:
        """What they are."""
        return unpack_floats(self._part(self._parts[1]))

    @cached_property
    def steps(self) -> Ints | None:
        """The steps of these rows; None when rows have none."""
        return unpack_ints(self._part(self._parts[2])) if self._parts[2] else None

    @cached_property
    def times(self) -> Floats | None:
        """The times of these rows; None when rows have none."""
        return unpack_floats(self._part(self._parts[3])) if self._parts[3] else None


class Sample:
    """Some rows of a segment with their numbers; read as far as it is asked."""

    def __init__(self, part: Callable[[Sequence[int]], bytes], kept: Mapping[str, Any]) -> None:
        self._part, self._kept = part, kept

    @cached_property
    def rows(self) -> Ints:
        """Which they are."""
        return unpack_ints(self._part(self._kept["rows"]))

    def values(self, column: Column) -> Ints | Floats | None:
        """The values of a column at these rows, exactly; None when they are not kept."""
        where = self._kept["columns"].get(str(column.place))
        if where is None:
            return None
        return (unpack_ints if column.kind == "int" else unpack_floats)(self._part(where))
