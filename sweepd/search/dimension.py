"""One free choice of a space: a parameter, or several tied by `zip` that take values together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepd.later import np
from sweepd.search.canonical import content, is_within
from sweepd.search.distribution import Array
from sweepd.search.parameter import Parameter


@dataclass(frozen=True)
class Dimension:
    """One free choice: `members` take their values together (one member unless tied).

    Tied members are lists of one length; choice i gives each its value number i.
    """

    members: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """Dotted names of the members, joined by `+`."""
        return "+".join(member.name for member in self.members)

    @cached_property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """Of a tied group: the distinct rows of values, in list order."""
        seen: dict[str, tuple[Any, ...]] = {}
        for row in zip(*(member.values for member in self.members), strict=True):
            seen.setdefault(content(row), row)
        return tuple(seen.values())

    @cached_property
    def _places(self) -> dict[str, int]:
        return {content(row): i for i, row in enumerate(self.rows)}

    @property
    def choices(self) -> Sequence[Any] | None:
        """Distinct choices (rows of values for a tied group); None if not finite."""
        return self.rows if len(self.members) > 1 else self.members[0].choices

    @property
    def is_ordered(self) -> bool:
        """Whether neighbouring choices resemble each other."""
        return len(self.members) == 1 and self.members[0].is_ordered

    def take(self, u: float) -> tuple[Any, ...]:
        """Values of the members at quantile u."""
        if len(self.members) == 1:
            return (self.members[0].value(u),)
        return self.rows[min(int(u * len(self.rows)), len(self.rows) - 1)]

    def units(self, columns: Sequence[Sequence[Any]]) -> Array:
        """Quantiles of the members' values, shape (n,); NaN where they have no place."""
        if len(self.members) == 1:
            return self.members[0].units(columns[0])
        known: dict[Any, int | None] = {}
        at = []
        for row in zip(*columns, strict=True):
            key = (row, tuple(map(type, row)))
            try:
                at.append(known[key])
            except TypeError:  # it holds a list or an object
                at.append(self.row_index(row))
            except KeyError:
                known[key] = self.row_index(row)
                at.append(known[key])
        return np.array([math.nan if i is None else (i + 0.5) / len(self.rows) for i in at])

    def row_index(self, row: Sequence[Any]) -> int | None:
        """Which row of a tied group this is, or None."""
        found = self._places.get(content(row))
        if found is not None or not any(isinstance(value, Mapping) for value in row):
            return found
        for i, known in enumerate(self.rows):  # an object may carry what a script added
            if all(is_within(k, v) for k, v in zip(known, row, strict=True)):
                return i
        return None
