"""One searched parameter: every distribution of W&B's grammar as a quantile function and back.

A value is drawn by the inverse CDF of one uniform number u in [0, 1). Quantisation is W&B's:
`round(x / q) * q`, half to even, a whole number when q is one; the result may lie up to q / 2
outside [min, max].
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from sweepd.search.canonical import content, is_number, is_within
from sweepd.search.quantise import Multiples, quantise, step_of

Array = np.ndarray[Any, np.dtype[np.float64]]
Scale = Literal["linear", "log", "categorical"]

KINDS = (
    "constant",
    "categorical",
    "categorical_w_probabilities",
    "int_uniform",
    "uniform",
    "q_uniform",
    "log_uniform",
    "q_log_uniform",
    "log_uniform_values",
    "q_log_uniform_values",
    "inv_log_uniform",
    "inv_log_uniform_values",
    "normal",
    "q_normal",
    "log_normal",
    "q_log_normal",
    "beta",
    "q_beta",
)
LISTED = ("constant", "categorical", "categorical_w_probabilities")
TINY = 1e-12  # u is kept this far from 0 and 1 where a quantile would be infinite
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Parameter:
    """A leaf of the search space.

    Attributes:
        path: Names from the outside in; one entry unless nested.
        kind: One of KINDS.
        values: The list of a categorical, the one value of a constant; else empty.
        probabilities: Of categorical_w_probabilities; sums to 1.
        low, high: Bounds in the units of the value (also for the log kinds, whose exponents are
            resolved when the config is read); None for normal and log_normal.
        q: Step of the q_ kinds.
        mu, sigma: Of normal; of the logarithm for log_normal.
        a, b: Of beta.
    """

    path: tuple[str, ...]
    kind: str
    values: tuple[Any, ...] = ()
    probabilities: tuple[float, ...] | None = None
    low: float | None = None
    high: float | None = None
    q: float | None = None
    mu: float = 0.0
    sigma: float = 1.0
    a: float = 1.0
    b: float = 1.0

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
    def _steps(self) -> tuple[int, int] | None:
        """First and last multiple of q of a bounded q_ kind; the bounds of int_uniform."""
        if self.low is None or self.high is None:
            return None
        if self.kind == "int_uniform":
            return int(self.low), int(self.high)
        if self.q is None:
            return None
        return step_of(self.low, self.q), step_of(self.high, self.q)

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
        if self._steps is None:
            return None
        first, last = self._steps
        if self.kind == "int_uniform":
            return range(first, last + 1)
        assert self.q is not None
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
        if self.kind == "int_uniform":
            assert self._steps is not None
            first, last = self._steps
            return min(first + _share(u, last - first + 1), last)
        x = self._quantile(u)
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
        if self.kind == "int_uniform":
            assert self._steps is not None
            first, last = self._steps
            return (float(value) - first + 0.5) / (last - first + 1)
        return self._cdf(float(value))

    def units(self, values: Sequence[Any]) -> Array:
        """`unit` of many values, shape (n,), NaN where a value has no place."""
        if not self.is_listed and {int, float}.issuperset(map(type, values)):
            return self._cdfs(np.array(values, dtype=float))
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
        if self._steps is None or not is_number(value):
            return None
        first, last = self._steps
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

    def _quantile(self, u: float) -> float:
        inside = min(max(u, TINY), 1 - TINY)
        if self.kind.endswith("log_normal"):
            return math.exp(self.mu + self.sigma * _NORMAL.inv_cdf(inside))
        if self.kind.endswith("normal"):
            return self.mu + self.sigma * _NORMAL.inv_cdf(inside)
        if self.kind.endswith("beta"):
            from scipy.special import betaincinv  # 64 MB: only for who asks for a beta

            return float(betaincinv(self.a, self.b, u))
        assert self.low is not None and self.high is not None
        if "log" in self.kind:
            start, end = math.log(self.low), math.log(self.high)
            return min(max(math.exp(start + u * (end - start)), self.low), self.high)
        return min(self.low + u * (self.high - self.low), self.high)

    def _cdfs(self, x: Array) -> Array:
        """`unit` of an array; only the kinds with plain bounds are worth their own lines."""
        if self.kind == "int_uniform" and self._steps is not None:
            first, last = self._steps
            units: Array = (x - first + 0.5) / (last - first + 1)
        elif self.kind in ("uniform", "q_uniform", "log_uniform_values"):
            assert self.low is not None and self.high is not None
            if self.kind == "log_uniform_values":
                x, start, end = np.log(np.where(x > 0, x, np.nan)), *np.log([self.low, self.high])
            else:
                start, end = self.low, self.high
            if end == start:
                return np.where(np.isfinite(x), 0.5, np.nan)
            units = (x - start) / (end - start)
            if self.q is not None:  # a step over the edge is still the edge
                over = self.q / 2 / (end - start)
                units = np.where((units >= -over) & (units <= 1 + over), units.clip(0, 1), units)
        else:
            return np.array([self.unit(value) for value in x.tolist()])
        return np.where(np.isfinite(units), units, np.nan)

    def _cdf(self, x: float) -> float:
        if self.kind.endswith("normal"):
            if self.kind.endswith("log_normal"):
                if x <= 0:
                    return 0.0
                x = math.log(x)
            return _NORMAL.cdf((x - self.mu) / self.sigma) if self.sigma > 0 else 0.5
        if self.kind.endswith("beta"):
            from scipy.special import betainc

            return float(betainc(self.a, self.b, min(max(x, 0.0), 1.0)))
        assert self.low is not None and self.high is not None
        start, end = self.low, self.high
        if "log" in self.kind:
            if x <= 0:  # zero is what a small q makes of a small value
                return 0.0 if self.q is not None else math.nan
            x, start, end = math.log(x), math.log(start), math.log(end)
        u = (x - start) / (end - start) if end > start else 0.5
        if self.q is not None and -self.q / 2 <= u * (end - start) <= end - start + self.q / 2:
            return min(max(u, 0.0), 1.0)
        return u


def _share(u: float, n: int) -> int:
    """`floor(u * n)`; beyond the 53 bits of u, further digits that depend on u alone."""
    if n <= 1 << 53:
        return int(u * n)
    place = int(u * (1 << 53))
    first, following = place * n >> 53, (place + 1) * n >> 53
    digest = hashlib.blake2b(place.to_bytes(8, "little"), digest_size=64).digest()
    return first + int.from_bytes(digest, "little") % max(1, following - first)


def _looks_geometric(values: Sequence[float]) -> bool:
    """Whether ascending positive values are spaced more evenly in ratio than in difference."""
    if len(values) < 3 or values[-1] < 4 * values[0]:
        return False
    logs, plain = np.diff(np.log(values)), np.diff(values)
    return bool(np.std(logs) / np.mean(logs) < np.std(plain) / np.mean(plain))
