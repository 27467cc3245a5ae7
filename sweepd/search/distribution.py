"""The distributions of W&B's grammar as quantile functions and back.

A value is drawn by the inverse CDF of one uniform number u in [0, 1).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from sweepd.later import np
from sweepd.search.quantise import step_of

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[np.float64]]
else:
    Array = Any

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
class Distribution:
    """What a kind and its numbers make of a quantile; lists are `Parameter`'s.

    Attributes:
        kind: One of KINDS.
        low, high: Bounds in the units of the value (also for the log kinds, whose exponents are
            resolved when the config is read); None for normal and log_normal.
        q: Step of the q_ kinds.
        mu, sigma: Of normal; of the logarithm for log_normal.
        a, b: Of beta.
    """

    kind: str
    _: KW_ONLY
    low: float | None = None
    high: float | None = None
    q: float | None = None
    mu: float = 0.0
    sigma: float = 1.0
    a: float = 1.0
    b: float = 1.0

    @cached_property
    def steps(self) -> tuple[int, int] | None:
        """First and last multiple of q of a bounded q_ kind; the bounds of int_uniform."""
        if self.low is None or self.high is None:
            return None
        if self.kind == "int_uniform":
            return int(self.low), int(self.high)
        if self.q is None:
            return None
        return step_of(self.low, self.q), step_of(self.high, self.q)

    @property
    def bounds(self) -> tuple[float, float]:
        """Where a kind with bounds begins and ends.

        Raises:
            ValueError: It has none, as a normal distribution.
        """
        if self.low is None or self.high is None:
            raise ValueError(f"{self.kind} has no bounds")
        return self.low, self.high

    def quantile(self, u: float) -> float:
        """The value at u in [0, 1], before it is rounded to multiples of q."""
        inside = min(max(u, TINY), 1 - TINY)
        if self.kind.endswith("log_normal"):
            return math.exp(self.mu + self.sigma * _NORMAL.inv_cdf(inside))
        if self.kind.endswith("normal"):
            return self.mu + self.sigma * _NORMAL.inv_cdf(inside)
        if self.kind.endswith("beta"):
            from scipy.special import betaincinv  # 64 MB: only for who asks for a beta

            return float(betaincinv(self.a, self.b, u))
        low, high = self.bounds
        if "log" in self.kind:
            start, end = math.log(low), math.log(high)
            return min(max(math.exp(start + u * (end - start)), low), high)
        return min(low + u * (high - low), high)

    def cdf(self, x: float) -> float:
        """The share of values below x, beyond [0, 1] for one outside the bounds; NaN for none."""
        if self.kind == "int_uniform" and self.steps is not None:
            first, last = self.steps
            return (x - first + 0.5) / (last - first + 1)
        if self.kind.endswith("normal"):
            if self.kind.endswith("log_normal"):
                if x <= 0:
                    return 0.0
                x = math.log(x)
            return _NORMAL.cdf((x - self.mu) / self.sigma) if self.sigma > 0 else 0.5
        if self.kind.endswith("beta"):
            from scipy.special import betainc

            return float(betainc(self.a, self.b, min(max(x, 0.0), 1.0)))
        start, end = self.bounds
        if "log" in self.kind:
            if x <= 0:  # zero is what a small q makes of a small value
                return 0.0 if self.q is not None else math.nan
            x, start, end = math.log(x), math.log(start), math.log(end)
        u = (x - start) / (end - start) if end > start else 0.5
        if self.q is not None and -self.q / 2 <= u * (end - start) <= end - start + self.q / 2:
            return min(max(u, 0.0), 1.0)
        return u

    def cdfs(self, x: Array) -> Array:
        """`cdf` of an array; a run of thousands is read at once."""
        if self.kind == "int_uniform" and self.steps is not None:
            first, last = self.steps
            units: Array = (x - first + 0.5) / (last - first + 1)
        elif self.kind.endswith("normal"):  # one by one: the server itself never loads SciPy
            return np.array([self.cdf(v) if math.isfinite(v) else math.nan for v in x.tolist()])
        elif self.kind.endswith("beta"):
            from scipy.special import betainc

            units = betainc(self.a, self.b, np.clip(x, 0.0, 1.0))
        else:
            units = self._bounded_cdfs(x)
        return np.where(np.isfinite(x) & np.isfinite(units), units, np.nan)

    def _bounded_cdfs(self, x: Array) -> Array:
        start, end = self.bounds
        is_zero = np.zeros(len(x), dtype=bool)
        if "log" in self.kind:
            if self.q is not None:  # zero is what a small q makes of a small value
                is_zero = x <= 0
            x, start, end = np.log(np.where(x > 0, x, np.nan)), math.log(start), math.log(end)
        units = (x - start) / (end - start) if end > start else np.where(np.isnan(x), np.nan, 0.5)
        if self.q is not None:  # a step over the edge is still the edge
            over = units * (end - start)
            at_edge = (over >= -self.q / 2) & (over <= end - start + self.q / 2)
            units = np.where(at_edge, units.clip(0, 1), units)
        return np.where(is_zero, 0.0, units)


def share(u: float, n: int) -> int:
    """`floor(u * n)`; beyond the 53 bits of u, further digits that depend on u alone."""
    if n <= 1 << 53:
        return int(u * n)
    place = int(u * (1 << 53))
    first, following = place * n >> 53, (place + 1) * n >> 53
    digest = hashlib.blake2b(place.to_bytes(8, "little"), digest_size=64).digest()
    return first + int.from_bytes(digest, "little") % max(1, following - first)
