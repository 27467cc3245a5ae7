"""A grid by index: the cells of a sweep in W&B's order, never written out.

Sorted by name at each level of nesting, the last sorted name fastest, values in list order without
repeats. `q_uniform` expands as `arange(min, max, q)`, so its max is excluded; `int_uniform`
includes both ends. Tied parameters advance as one, at the place of the first of them.

Under `when` and `constraints` an index may be excluded: `config` answers None there, and `next`
finds the following cell, skipping whole blocks that are excluded for one reason (`grid_walk`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepd.search.budget import Budget
from sweepd.search.dimension import Dimension
from sweepd.search.errors import ConfigError, TooMuchWork
from sweepd.search.grid_walk import Walk
from sweepd.search.parameter import Parameter
from sweepd.search.quantise import size_of
from sweepd.search.space import Config, Space

MAX_LOOKS = 1_000_000  # prefixes looked at for the next cell
MAX_SECONDS = 10.0
ADVICE = (
    "loosen the constraints, list fewer values, or give parameters that a constraint reads "
    "together names that sort first: they are set first"
)

GRID_KINDS = ("constant", "categorical", "int_uniform", "q_uniform")


@dataclass(frozen=True)
class Arange(Sequence[Any]):
    """`arange(start, stop, step)` without the array; whole numbers when start and step are."""

    start: float
    stop: float
    step: float

    @property
    def size(self) -> int:
        """How many; `len` ends at 2⁶³."""
        if all(isinstance(number, int) for number in (self.start, self.stop, self.step)):
            return int(max(0, -((self.start - self.stop) // self.step)))
        return max(0, math.ceil((self.stop - self.start) / self.step))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self.size:
            raise IndexError(index)
        # NumPy adds the rounded first difference, so 0.1 + 2 * step has its digits, not ours.
        return self.start + index * ((self.start + self.step) - self.start)


def grid_problems(space: Space) -> list[str]:
    """Why this space has no grid, one sentence per parameter; empty if it has one."""
    return [
        f"parameters.{p.name}: a grid needs values, value, whole min and max, or q_uniform; got "
        f"{p.kind}; list its values or use method: random or bayes"
        for p in space.parameters
        if p.kind not in GRID_KINDS
    ]


class Grid:
    """Cells of a finite space, each with a number from 0.

    Args:
        space: What to enumerate.
        drawn: Enumerate what sampling can draw (multiples of q, max included, any finite kind)
            instead of what W&B's grid holds.

    Raises:
        ConfigError: A parameter has no grid.
    """

    def __init__(self, space: Space, *, drawn: bool = False) -> None:
        problems = [] if drawn else grid_problems(space)
        if drawn and space.n_configs is None:
            problems = ["the space is not finite"]
        if problems:
            raise ConfigError(problems)
        self.space = space
        self._axes = [_axis(dimension, drawn) for dimension in space.dimensions]
        self._strides = [1] * len(self._axes)
        for j in range(len(self._axes) - 1, 0, -1):
            self._strides[j - 1] = self._strides[j] * size_of(self._axes[j])

    @cached_property
    def size(self) -> int:
        """Number of indexes: the cells after ties, before `when` and `constraints`."""
        return math.prod(size_of(axis) for axis in self._axes)

    def __len__(self) -> int:
        """`size`, as far as Python's `len` can say it (2⁶³)."""
        return self.size

    def get_config(self, index: int) -> Config:
        """As `config`, of a cell that there is.

        Raises:
            IndexError: There is none.
        """
        if (config := self.config(index)) is None:
            raise IndexError(f"constraints or `when` leave out cell {index}")
        return config

    def config(self, index: int) -> Config | None:
        """The nested config of a cell, in O(parameters).

        Returns:
            None where constraints exclude the cell, or where it repeats an earlier one because
            the parameters that tell them apart are left out by `when`.

        Raises:
            IndexError: No such cell.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        digits = self._digits(index)
        if self.space.is_restricted and not self._walk.holds(digits):
            return None
        rows = [axis[digit] for axis, digit in zip(self._axes, digits, strict=True)]
        return self.space.nest(
            [
                row if len(dimension.members) > 1 else (row,)
                for dimension, row in zip(self.space.dimensions, rows, strict=True)
            ]
        )

    def next(self, start: int, budget: Budget | None = None) -> int | None:
        """The first index from `start` on whose config is not None; None at the end.

        Raises:
            TooMuchWork: It was not found within the budget (by default MAX_LOOKS, MAX_SECONDS).
        """
        if start >= self.size:
            return None
        if not self.space.is_restricted:
            return start
        for begin, _ in self._walk.blocks(self._digits(start), budget or new_budget()):
            return self._index(begin)
        return None

    def indexes(self, start: int = 0, budget: Budget | None = None) -> Iterator[int]:
        """Every index with a config, ascending from `start`.

        Raises:
            TooMuchWork: As `next`; the budget is for all of them.
        """
        if start >= self.size:
            return
        if not self.space.is_restricted:
            yield from _count_up(start, self.size)
            return
        for begin, n in self._walk.blocks(self._digits(start), budget or new_budget()):
            first = self._index(begin)
            yield from _count_up(first, first + n)

    def count(self, at_most: int = 100_000) -> int | None:
        """How many cells have a config; None when finding out takes more than `at_most` looks."""
        if not self.space.is_restricted or not self.size:
            return self.size
        try:
            budget = new_budget(at_most)
            return sum(n for _, n in self._walk.blocks(self._digits(0), budget))
        except TooMuchWork:
            return None

    def _index(self, digits: Sequence[int]) -> int:
        return sum(d * stride for d, stride in zip(digits, self._strides, strict=True))

    def _digits(self, index: int) -> list[int]:
        pairs = zip(self._strides, self._axes, strict=True)
        return [index // stride % size_of(axis) for stride, axis in pairs]

    @cached_property
    def _walk(self) -> Walk:
        return Walk(self.space, self._axes)


def new_budget(looks: int | None = None, more: int = 0) -> Budget:
    """What finding the next cell may cost: `looks`, by default MAX_LOOKS, and `more`."""
    return Budget((MAX_LOOKS if looks is None else looks) + more, MAX_SECONDS, ADVICE)


def _count_up(start: int, end: int) -> Iterator[int]:
    """`range`, also beyond 63 bits."""
    while start < end:
        yield start
        start += 1


def _axis(dimension: Dimension, drawn: bool) -> Sequence[Any]:
    first: Parameter = dimension.members[0]
    if not drawn and first.kind == "q_uniform" and first.q is not None:
        return Arange(*first.bounds, first.q)
    choices = dimension.choices
    assert choices is not None
    return choices
