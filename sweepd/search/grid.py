"""A grid by index: the cells of a sweep in W&B's order, never written out.

Sorted by name at each level of nesting, the last sorted name fastest, values in list order without
repeats. `q_uniform` expands as `arange(min, max, q)`, so its max is excluded; `int_uniform`
includes both ends. Tied parameters advance as one, at the place of the first of them.

Under `when` and `constraints` an index may be excluded: `config` answers None there, and `next`
finds the following cell, skipping whole blocks that are excluded for one reason.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepd.search.errors import ConfigError
from sweepd.search.parameter import Parameter
from sweepd.search.quantise import size_of
from sweepd.search.space import Config, Dimension, Space

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
        if not self.space.is_restricted:
            return self.space.nest(self._choices(index))
        return self._judge(index)[0]

    def next(self, start: int) -> int | None:
        """The first index from `start` on whose config is not None; None at the end."""
        index, size = start, self.size
        if not self.space.is_restricted:
            return index if index < size else None
        while index < size:
            config, block = self._judge(index)
            if config is not None:
                return index
            index = (index // block + 1) * block
        return None

    def indexes(self, start: int = 0) -> Iterator[int]:
        """Every index with a config, ascending from `start`."""
        index = self.next(start)
        while index is not None:
            yield index
            index = self.next(index + 1)

    def count(self, at_most: int = 100_000) -> int | None:
        """How many cells have a config; None when finding out takes more than `at_most` looks."""
        if not self.space.is_restricted:
            return self.size
        n_cells, index, size = 0, 0, self.size
        for _ in range(at_most):
            if index >= size:
                return n_cells
            config, block = self._judge(index)
            n_cells += config is not None
            index = index + 1 if config is not None else (index // block + 1) * block
        return n_cells if index >= size else None

    def _digits(self, index: int) -> list[int]:
        pairs = zip(self._strides, self._axes, strict=True)
        return [index // stride % size_of(axis) for stride, axis in pairs]

    def _choices(self, index: int) -> list[tuple[Any, ...]]:
        digits = self._digits(index)
        return [
            row if len(dimension.members) > 1 else (row,)
            for dimension, row in zip(
                self.space.dimensions,
                [axis[digit] for axis, digit in zip(self._axes, digits, strict=True)],
                strict=True,
            )
        ]

    def _judge(self, index: int) -> tuple[Config | None, int]:
        """The config or None; and how many indexes, aligned, are excluded with this one."""
        config = self.space.nest(self._choices(index))
        present = self.space.flat(config)
        digits = self._digits(index)
        for j, dimension in enumerate(self.space.dimensions):
            if digits[j] and not any(member.name in present for member in dimension.members):
                readers = self._reach([member.name for member in dimension.members])
                return None, self._strides[max(j, readers)]
        for rule in self.space.constraints:
            if rule.names <= present.keys() and not rule.holds(present):
                return None, self._strides[self._reach(rule.names)] if self._axes else 1
        return config, 1

    def _reach(self, names: Sequence[str] | frozenset[str]) -> int:
        """The fastest dimension on which the presence and values of these names depend."""
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                if name in self.space.when:
                    waiting += self.space.when[name].names
        return max(
            (self._dimension_of[name] for name in seen if name in self._dimension_of), default=0
        )

    @cached_property
    def _dimension_of(self) -> dict[str, int]:
        return {
            member.name: j
            for j, dimension in enumerate(self.space.dimensions)
            for member in dimension.members
        }


def _axis(dimension: Dimension, drawn: bool) -> Sequence[Any]:
    first: Parameter = dimension.members[0]
    if not drawn and first.kind == "q_uniform":
        assert first.low is not None and first.high is not None and first.q is not None
        return Arange(first.low, first.high, first.q)
    choices = dimension.choices
    assert choices is not None
    return choices
