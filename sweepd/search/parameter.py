"""One searched parameter: every distribution of W&B's grammar as a quantile function and back.

A value is drawn by the inverse CDF of one uniform number u in [0, 1). Quantisation is W&B's:
`round(x / q) * q`, half to even, a whole number when q is one; the result may lie up to q / 2
outside [min, max].
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

from sweepd.later import np
from sweepd.search.canonical import content, is_number, is_within
from sweepd.search.distribution import LISTED, Array, Distribution, share
from sweepd.search.quantise import Multiples, quantise

_PLAIN = frozenset({int, float})
Scale = Literal["linear", "log", "categorical"]


@dataclass(frozen=True)
class Parameter(Distribution):
    """A leaf of the search space.

    Attributes:
        path: Names from the outside in; one entry unless nested.
        values: The list of a categorical, the one value of a constant; else empty.
        probabilities: Of categorical_w_probabilities; sums to 1.
    """

    path: tuple[str, ...]
    values: tuple[Any, ...] = ()
    probabilities: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        """Dotted path, as pages and expressions write it."""
        return ".".join(self.path)

    @property
    def is_listed(self) -> bool:
        """Whether the values are written out (constant and both categoricals)."""
        return self.kind in LISTED

    @property
    def scale(self) -> Scale:
        """How an axis of this parameter is best drawn."""
        if not self.is_listed:
            return "log" if "log" in self.kind else "linear"
        if self.is_ordered and min(self.values) > 0 and _looks_geometric(sorted(self.values)):
            return "log"
        return "linear" if self.is_ordered else "categorical"

    @cached_property
    def is_ordered(self) -> bool:
        """Whether closeness of values means something: not so for lists with a non-number."""
        return not self.is_listed or all(is_number(value) for value in self.values)

    @cached_property
    def distinct(self) -> tuple[Any, ...]:
        """The listed values without repeats (by content), in list order."""
        seen: dict[str, Any] = {}
        for key, value in zip(self._contents, self.values, strict=True):
            seen.setdefault(key, value)
        return tuple(seen.values())

    @cached_property
    def _contents(self) -> tuple[str, ...]:
        """`content` of each listed value: worked out once, since lists may be thousands long."""
        return tuple(content(value) for value in self.values)

    @cached_property
    def choices(self) -> Sequence[Any] | None:
        """Every value that can be drawn, ascending or in list order; None if not finite.

        Lazy for ranges: an int_uniform over 10⁹ integers costs nothing.
        """
        if self.kind == "categorical_w_probabilities" and self.probabilities:
            pairs = zip(self._contents, self.probabilities, strict=True)
            possible = {key for key, chance in pairs if chance > 0}
            return tuple(value for value in self.distinct if content(value) in possible)
        if self.is_listed:
            return self.distinct
        if self.steps is None:
            return None
        first, last = self.steps
        if self.kind == "int_uniform" or self.q is None:
            return range(first, last + 1)
        return Multiples(self.q, first, last)

    @cached_property
    def _last_possible(self) -> int:
        """The last listed value that can be drawn; rounding must not reach beyond it."""
        return max(i for i, chance in enumerate(self.probabilities or ()) if chance > 0)

    @cached_property
    def _cumulative(self) -> tuple[float, ...]:
        return tuple(accumulate(self.probabilities or ()))

    def value(self, u: float) -> Any:
        """The value at quantile u in [0, 1], a plain Python object."""
        if self.is_listed:
            if self.probabilities:
                at = bisect_right(self._cumulative, u)
                return self.values[min(at, self._last_possible)]
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        if self.kind == "int_uniform" and self.steps is not None:
            first, last = self.steps
            return min(first + share(u, last - first + 1), last)
        x = self.quantile(u)
        return x if self.q is None else quantise(x, self.q)

    def unit(self, value: Any) -> float:
        """The quantile u with `self.value(u) == value`; the middle of the interval where many do.

        Beyond [0, 1] for a number outside the bounds of a uniform or log-uniform kind (a run from
        before the bounds were changed); NaN for anything that can have no place here.
        """
        if self.is_listed:
            return self._listed_unit(value)
        if not is_number(value):
            return math.nan
        return self.cdf(float(value))

    def units(self, values: Sequence[Any]) -> Array:
        """`unit` of many values, shape (n,), NaN where a value has no place."""
        if not self.is_listed:
            kinds = set(map(type, values))
            plain = values
            if not kinds <= _PLAIN:
                plain = [value if type(value) in _PLAIN else math.nan for value in values]
            try:
                units = self.cdfs(np.array(plain, dtype=float))
            except OverflowError:  # a whole number beyond all floats
                return np.array([self.unit(value) for value in values])
            if any(issubclass(kind, int | float) for kind in kinds - _PLAIN):  # NumPy's, say
                for i, value in enumerate(values):
                    if type(value) not in _PLAIN and isinstance(value, int | float):
                        units[i] = self.unit(value)
            return units
        known: dict[tuple[type, Any], float] = {}
        units = np.empty(len(values))
        for i, value in enumerate(values):
            try:
                units[i] = known[type(value), value]
            except TypeError:  # a list or an object
                units[i] = self.unit(value)
            except KeyError:
                units[i] = known[type(value), value] = self.unit(value)
        return units

    def index(self, value: Any) -> int | None:
        """Position among `choices` of the equal value (3.0 finds 3); None if it is not there."""
        if self.is_listed:
            return self._listed_index(value)
        if self.steps is None or not is_number(value):
            return None
        first, last = self.steps
        if self.kind == "int_uniform" and isinstance(value, int):
            return value - first if first <= value <= last else None
        step = 1.0 if self.kind == "int_uniform" else float(self.q or 1)
        at = round(value / step)
        close = math.isclose(at * step, value, rel_tol=1e-9, abs_tol=1e-12)
        return at - first if close and first <= at <= last else None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {content(value): i for i, value in enumerate(self.choices or ())}

    def _listed_index(self, value: Any) -> int | None:
        found = self._places.get(content(value))
        if found is None and isinstance(value, dict):
            for i, known in enumerate(self.choices or ()):
                if isinstance(known, dict) and is_within(known, value):
                    return i
        return found

    def _listed_unit(self, value: Any) -> float:
        at = self._listed_index(value)
        return math.nan if at is None else self.middles[at]

    @cached_property
    def middles(self) -> tuple[float, ...]:
        """Of a list: the quantile in the middle of each of `choices`, ascending."""
        first: dict[str, int] = {}
        for i, key in enumerate(self._contents):
            first.setdefault(key, i)
        places = [first[content(choice)] for choice in self.choices or ()]
        if self.probabilities:
            return tuple(self._cumulative[i] - self.probabilities[i] / 2 for i in places)
        return tuple((i + 0.5) / len(self.values) for i in places)


def _looks_geometric(values: Sequence[float]) -> bool:
    """Whether ascending positive values are spaced more evenly in ratio than in difference."""
    if len(values) < 3 or values[-1] < 4 * values[0]:
        return False
    logs, plain = np.diff(np.log(values)), np.diff(values)
    return bool(np.std(logs) / np.mean(logs) < np.std(plain) / np.mean(plain))
