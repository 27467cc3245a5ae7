"""Turn runs into the points and numbers the model is fitted on.

Objectives are signed so that lower is better, repeats of one config averaged, failed runs left to
`failures.py` or imputed as `metric.impute` says. `warp.py` standardises what comes out.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweepd.search.bayes.outliers import divergence
from sweepd.search.bayes.stopped_runs import expected_ends
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

MAX_READ = 600  # results that are placed in the space: three times what is modelled
ENOUGH_PLACES = 1e6  # of the parameters by which repeats are told
ENOUGH_ALIKE = 10  # of a thousand configs that these do not tell apart
WAITS, FAILED, IGNORED = "waits", "failed", "ignored"


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
        failed: (f, d) points whose run ended without a result; `failures.py` learns from them.
        doubt: (n,) variance of results that are no more than expected (`curves.py`); None for none.
        n_since_best: Results that came after the best one and are no better.
    """

    X: Array
    y: Array
    counts: Array
    scatter: Array
    pending: Array
    failed: Array
    n_since_best: int
    doubt: Array | None = None

    def without(self, i: int) -> "Data":
        """All but result i."""
        kept = np.arange(len(self.y)) != i
        fewer = self.X[kept], self.y[kept], self.counts[kept], self.scatter[kept]
        doubt = None if self.doubt is None else self.doubt[kept]
        return Data(*fewer, self.pending, self.failed, self.n_since_best, doubt)


def gather(
    coordinates: Coordinates,
    metric: Metric,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
) -> Data:
    """Split runs into results, failures and pending points; average, leave strangers out."""
    sign = metric.goal.sign
    values = np.array([o.objective for o in observations], dtype=float)  # NaN for None
    is_number = np.isfinite(values)
    signed = sign * values
    is_plain = np.array([o.state == "finished" for o in observations], dtype=bool) & is_number
    others = np.flatnonzero(~is_plain).tolist()
    has_ended = is_number.copy()
    has_ended[[i for i in others if observations[i].is_running]] = False
    ended = signed[has_ended]
    limit = divergence(ended)
    worst = float(ended[ended < limit].max(initial=-math.inf))
    worst = worst if math.isfinite(worst) else 0.0
    ends = expected_ends(observations, sign)
    doubts = np.zeros(len(observations))
    is_waiting = np.zeros(len(observations), dtype=bool)
    is_failed = np.zeros(len(observations), dtype=bool)
    for i in others:
        result = _result(observations[i], metric, worst)
        if i in ends:
            result, doubts[i] = ends[i]
        signed[i] = result if isinstance(result, float) else math.nan
        is_waiting[i], is_failed[i] = result == WAITS, result == FAILED
    is_result = signed < limit
    is_failed |= signed >= limit
    kept, doubts = np.flatnonzero(is_result).tolist(), doubts[is_result]
    configs = [observations[i].config for i in kept]
    waiting = [observations[i].config for i in np.flatnonzero(is_waiting).tolist()]
    failed = [observations[i].config for i in np.flatnonzero(is_failed).tolist()]
    y = signed[is_result]
    rows = _worth_reading(coordinates, configs, y)
    X, y = coordinates.of_configs([configs[i] for i in rows.tolist()]), y[rows]
    fits = np.isfinite(X).all(axis=1)
    P = _placed(coordinates, [*waiting, *pending])
    F = _placed(coordinates, failed[-MAX_READ:])
    n_since_best = len(configs) - 1 - int(rows[fits][y[fits].argmin()]) if fits.any() else 0
    merged = _merge(X[fits], y[fits], doubts[rows][fits])
    X, y, counts, scatter, variances = merged
    return Data(X, y, counts, scatter, P, F, n_since_best, variances)


def _placed(coordinates: Coordinates, configs: Sequence[Mapping[str, Any]]) -> Array:
    points = coordinates.of_configs(configs)
    return points[np.isfinite(points).all(axis=1)]


def _worth_reading(
    coordinates: Coordinates, configs: Sequence[Mapping[str, Any]], y: Array
) -> np.ndarray[Any, Any]:
    """Rows of results to place in the space, ascending: of up to MAX_READ all.

    Of more, the better half are the best and the others are spread over the ranks, with whatever
    may repeat one of their configs, so that means are of all runs.
    """
    if len(y) <= MAX_READ:
        return np.arange(len(y))
    order = np.argsort(y, kind="stable")
    half = MAX_READ // 2
    chosen = np.zeros(len(y), dtype=bool)
    chosen[order[:half]] = True
    chosen[order[np.linspace(half, len(y) - 1, MAX_READ - half).astype(int)]] = True
    read = np.flatnonzero(chosen).tolist()
    alike = np.flatnonzero(~chosen).tolist()
    try:
        columns = _telling(coordinates, configs)
        for column in columns:  # each leaves fewer for the next
            seen = {column[i] for i in read}
            alike = [i for i in alike if column[i] in seen]
        rows = {tuple(column[i] for column in columns) for i in read}
        alike = [i for i in alike if tuple(column[i] for column in columns) in rows]
    except TypeError:  # a value is a list or an object
        return np.arange(len(y))
    chosen[alike] = True
    return np.flatnonzero(chosen)


def _telling(coordinates: Coordinates, configs: Sequence[Mapping[str, Any]]) -> list[Sequence[Any]]:
    """Values of as few parameters as tell most configs apart."""
    found: list[Sequence[Any]] = []
    n_places = 1.0
    for j in coordinates.telling:
        found += coordinates.space.raw_columns(j, configs)
        n_places *= coordinates.n_places(j)
        if n_places > ENOUGH_PLACES and _most_alike(found) <= ENOUGH_ALIKE:
            break
    return found


def _most_alike(columns: Sequence[Sequence[Any]]) -> int:
    """Configs of a thousand that agree in all the columns, at most: where a parameter is
    conditional, all that lack it do."""
    step = max(1, len(columns[0]) // 1000)
    return max(Counter(zip(*(column[::step] for column in columns), strict=True)).values())


def _result(o: Observation, metric: Metric, worst: float) -> float | str:
    """The signed objective a run counts as, or one of WAITS, FAILED and IGNORED."""
    sign = metric.goal.sign
    own = None if o.value is None else sign * o.value
    latest = own if o.latest is None or not math.isfinite(o.latest) else sign * o.latest
    if o.is_running:
        choices = {"false": None, "worst": worst, "best": own, "latest": latest}
        found = choices[metric.impute_while_running]
        return WAITS if found is None else found
    if o.state in ("finished", "stopped") and own is not None:
        return own
    if metric.impute == "model":
        return FAILED if o.state in ("finished", "failed", "crashed") else IGNORED
    if metric.impute == "ignore":
        return IGNORED
    fallback = {"worst": worst, "best": own, "latest": latest}[metric.impute]
    return worst if fallback is None else fallback


def _merge(X: Array, y: Array, doubt: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Average results at equal points; see `Data` for what comes back."""
    single = X, y, np.ones(len(y)), np.zeros(len(y)), doubt
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
    doubt = np.bincount(at, weights=doubt) / counts**2
    return points, means, counts.astype(float), scatter.astype(float), doubt


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
