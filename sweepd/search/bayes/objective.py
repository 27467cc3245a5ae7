"""Turn runs into the points and numbers the model is fitted on.

Objectives are signed so that lower is better, repeats of one config averaged, failed runs imputed
as `metric.impute` says, then standardised, as they are and with the upper tail drawn in.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweepd.search.coordinates import Coordinates
from sweepd.search.observation import Observation
from sweepd.search.parameter import Array
from sweepd.search.spec import Metric

POWERS = np.linspace(-1.0, 1.0, 21)  # tried by `warps`; 1 leaves y as it is


@dataclass(frozen=True)
class Data:
    """What is known, for the model.

    Attributes:
        X: (n, d) distinct points with a result, see `coordinates.py`.
        y: (n,) mean objective of the runs at each point, lower is better.
        counts: (n,) runs in each mean.
        scatter: (n,) sum of squared deviations of the runs at a point from their mean: what
            repeats say of the noise, zero where they agree.
        pending: (p, d) points whose result is awaited.
        n_since_best: Results that came after the best one and are no better.
        n_left_out: Runs whose config has no place in the space (changed since).
    """

    X: Array
    y: Array
    counts: Array
    scatter: Array
    pending: Array
    n_left_out: int
    n_since_best: int = 0


def gather(
    coordinates: Coordinates,
    metric: Metric,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
) -> Data:
    """Split runs into results and pending points; impute, average, leave strangers out."""
    sign = metric.goal.sign
    values = [o.value for o in observations]
    pairs = zip(observations, values, strict=True)
    ended = [sign * value for o, value in pairs if value is not None and not o.is_running]
    worst = max(ended, default=0.0)
    configs: list[Mapping[str, Any]] = []
    results: list[float] = []
    waiting: list[Mapping[str, Any]] = []
    for o, value in zip(observations, values, strict=True):
        if value is not None and o.state == "finished":
            configs.append(o.config)
            results.append(sign * value)
            continue
        result = _result(o, metric, sign, worst)
        if result is None:
            waiting.append(o.config)
        else:
            configs.append(o.config)
            results.append(result)
    X, y = coordinates.of_configs(configs), np.array(results)
    fits = np.isfinite(X).all(axis=1)
    P = coordinates.of_configs([*waiting, *pending])
    n_since_best = len(y[fits]) - 1 - int(y[fits].argmin()) if fits.any() else 0
    X, y, counts, scatter = _merge(X[fits], y[fits])
    P = P[np.isfinite(P).all(axis=1)]
    return Data(X, y, counts, scatter, P, int((~fits).sum()), n_since_best)


def _result(o: Observation, metric: Metric, sign: float, worst: float) -> float | None:
    """The signed objective a run counts as; None if it is pending."""
    own = None if o.value is None else sign * o.value
    latest = own if o.latest is None or not math.isfinite(o.latest) else sign * o.latest
    if o.is_running:
        choices = {"false": None, "worst": worst, "best": own, "latest": latest}
        return choices[metric.impute_while_running]
    if o.state in ("finished", "stopped") and own is not None:
        return own
    fallback = {"worst": worst, "best": own, "latest": latest}[metric.impute]
    return worst if fallback is None else fallback


def _merge(X: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """Average results at equal points; see `Data` for what comes back."""
    single = X, y, np.ones(len(y)), np.zeros(len(y))
    if len(y) < 2:
        return single
    # Sorting rows takes 20 ms at 10,000; most often one number per row shows they all differ.
    marks = (X * np.sqrt(np.arange(2.0, 2.0 + X.shape[1]))).sum(axis=1)
    if len(np.unique(marks)) == len(X):
        return single
    points, place, counts = np.unique(X, axis=0, return_inverse=True, return_counts=True)
    if len(points) == len(X):
        return single
    at = place.ravel()
    means = np.bincount(at, weights=y) / counts
    scatter = np.bincount(at, weights=(y - means[at]) ** 2)
    return points, means, counts.astype(float), scatter.astype(float)


@dataclass(frozen=True)
class Warped:
    """Standardised results under a transform.

    Attributes:
        y: (n,) mean 0, variance 1, order kept; all 0 where results do not differ.
        log_slope: (n,) log of dy/d(result), up to `log_scale`, which is the same for every power.
        log_scale: Log of the robust scale that results were divided by first.
    """

    y: Array
    log_slope: Array
    log_scale: float = 0.0

    def scatter(self, scatter: Array) -> Array:
        """The squared deviations of `Data.scatter` as they are under the transform, shape (n,)."""
        found: Array = scatter * np.exp(2 * (self.log_slope - self.log_scale))
        return found


def warps(y: Array) -> list[Warped]:
    """Results as they are, and with their upper tail drawn in; one entry where these are the same.

    The second is a Yeo-Johnson transform after robust scaling, its power chosen by normal
    likelihood among POWERS. Powers above 1 are not tried: they would spread the bad end at the good
    one's cost. Which of the two to model is for the model's evidence to say: a long tail wants the
    second, noise that is the same everywhere wants the first.

    Source: Yeo & Johnson (2000), equation 2.1; the use for Bayesian optimisation: Cowen-Rivers et
    al. (2022), HEBO; choosing a warp by the process's evidence: Snelson et al. (2003).
    """
    flat = Warped(np.zeros(len(y)), np.zeros(len(y)))
    if len(y) == 0:
        return [flat]
    centre = float(np.median(y))
    spread = float(np.percentile(y, 75) - np.percentile(y, 25)) / 1.35 or float(y.std())
    if not spread > 1e-300 or not math.isfinite(spread):
        return [flat]
    z = np.clip((y - centre) / spread, -1e6, 1e6)
    powers = dict.fromkeys([1.0, _likeliest_power(z)])
    return [_warp(z, power, math.log(spread)) for power in powers]


def _warp(z: Array, power: float, log_scale: float) -> Warped:
    t = yeo_johnson(z, power)
    scale = float(t.std())
    if not scale > 0:
        return Warped(np.zeros(len(z)), np.zeros(len(z)))
    log_slope = (power - 1) * np.sign(z) * np.log1p(np.abs(z)) - math.log(scale)
    return Warped((t - t.mean()) / scale, log_slope, log_scale)


def _likeliest_power(z: Array) -> float:
    """The power under which z is most like a normal sample."""
    best_power, best_score = 1.0, -math.inf
    sample = z[:: max(1, len(z) // 1000)]  # as many as a likelihood of one number needs
    jacobian = float((np.sign(sample) * np.log1p(np.abs(sample))).sum())
    for power in POWERS:
        t = yeo_johnson(sample, float(power))
        variance = float(t.var())
        if variance <= 0 or not math.isfinite(variance):
            continue
        score = -0.5 * len(sample) * math.log(variance) + (power - 1) * jacobian
        if score > best_score:
            best_power, best_score = float(power), score
    return best_power


def yeo_johnson(z: Array, power: float) -> Array:
    """The transform itself, for powers in [-1, 1]; increasing in z."""
    positive = np.maximum(z, 0.0)
    negative = np.minimum(z, 0.0)
    up = np.log1p(positive) if power == 0 else ((1 + positive) ** power - 1) / power
    down = ((1 - negative) ** (2 - power) - 1) / (2 - power)
    found: Array = np.where(z >= 0, up, -down)
    return found


def choose_subset(X: Array, y: Array, is_category: Any, size: int) -> np.ndarray:
    """Indices of at most `size` points to model, ascending; deterministic.

    A half are the best by y; a quarter the nearest to the best of all; the rest are spread over
    the ranks of what remains, so the model still knows where it is bad.
    """
    n = len(y)
    if n <= size:
        return np.arange(n)
    order = np.argsort(y, kind="stable")
    chosen = np.zeros(n, dtype=bool)
    chosen[order[: size // 2]] = True
    gap = np.abs(X - X[order[0]])
    gap[:, is_category] = gap[:, is_category] > 0
    near = np.argsort((gap**2).sum(axis=1), kind="stable")
    near = near[~chosen[near]][: size // 4]
    chosen[near] = True
    rest = order[~chosen[order]]
    wanted = size - int(chosen.sum())
    chosen[rest[np.linspace(0, len(rest) - 1, wanted).astype(int)]] = True
    return np.flatnonzero(chosen)
