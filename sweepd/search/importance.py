"""How much each parameter matters, and in which direction, with honest uncertainty.

Importance is permutation importance on a random forest of the ranked metric: the forest's
out-of-bag loss of accuracy when one parameter's values are shuffled, as a share of all. Its
interval is over the trees. Correlation is Spearman's, its interval by Fisher's z. Own small forest
on NumPy: scikit-learn would add 50 MB and a second of import to the server for this one panel.

Sources: Breiman (2001), Random forests; Bonett & Wright (2000) for the interval of Spearman's rho.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.later import np
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.forest import Tree, bin_columns, cut_columns, grow, tree_predict
from sweepd.search.space import Space

MIN_RUNS = 10  # below this no importance is shown: any ranking would be noise
MAX_ROWS = 1500
N_TREES = 50


@dataclass(frozen=True)
class Importance:
    """One parameter's line of the panel.

    Attributes:
        name: Dotted name; tied parameters are joined by `+`.
        importance: Share in [0, 1]; all shares sum to 1 unless nothing matters, then 0.
        low, high: 95 % interval of the share.
        correlation: Spearman's rho with the metric, user's sign; None for categories.
        correlation_low, correlation_high: Its 95 % interval; None where rho is.
        n_runs: Runs it rests on.
    """

    name: str
    importance: float
    low: float
    high: float
    correlation: float | None
    correlation_low: float | None
    correlation_high: float | None
    n_runs: int


def importance(
    space: Space,
    configs: Sequence[Mapping[str, Any]],
    objectives: Sequence[float | None],
    seed: int = 0,
) -> list[Importance]:
    """Importance of every searched parameter, greatest first.

    Args:
        objectives: Metric of each run, user's sign; None or not finite is left out, as is a run
            whose config has no place in the space.

    Returns:
        Empty with fewer than MIN_RUNS usable runs, or when all objectives are equal.
    """
    coordinates = Coordinates(space)
    y = np.array([math.nan if value is None else float(value) for value in objectives])
    X = coordinates.of_configs(configs).reshape(len(y), coordinates.d)
    usable = np.isfinite(y) & np.isfinite(X).all(axis=1)
    X, y = X[usable], y[usable]
    if len(y) < MIN_RUNS or coordinates.d == 0 or float(np.ptp(y)) == 0.0:
        return []
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(y))[:MAX_ROWS]
    losses = _losses(
        _by_effect(X[rows], _ranks(y)[rows], coordinates.is_category), _ranks(y[rows]), rng
    )
    mean = losses.mean(axis=0)
    spread = 1.96 * losses.std(axis=0, ddof=1) / math.sqrt(len(losses))
    total = float(np.maximum(mean, 0.0).sum())
    scale = 1.0 / total if total > 0 else 0.0
    found = []
    for j, dimension in enumerate(space.dimensions):
        rho = low = high = None
        if not coordinates.is_category[j]:
            rho, low, high = spearman(X[:, j], y)
        edges = np.array([mean[j], mean[j] - spread[j], mean[j] + spread[j]])
        share, least, most = np.clip(edges * scale, 0.0, 1.0).tolist()
        found.append(Importance(dimension.name, share, least, most, rho, low, high, len(y)))
    return sorted(found, key=lambda line: -line.importance)


def spearman(x: Array, y: Array) -> tuple[float | None, float | None, float | None]:
    """Rank correlation with its 95 % interval; None when one of the two is constant."""
    if float(np.ptp(x)) == 0.0 or float(np.ptp(y)) == 0.0:
        return None, None, None
    rho = float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])
    rho = min(max(rho, -1.0), 1.0)
    if len(x) < 5:
        return rho, -1.0, 1.0
    z = math.atanh(min(max(rho, -1 + 1e-12), 1 - 1e-12))
    half = 1.96 * math.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    return rho, math.tanh(z - half), math.tanh(z + half)


def _ranks(values: Array) -> Array:
    """Ranks from 0, ties at their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = (ends - (counts + 1) / 2)[place]
    return ranks


def _by_effect(X: Array, y: Array, is_category: Any) -> Array:
    """Categories coded by the mean metric of their runs, so that one split can part them."""
    coded = X.copy()
    for j in np.flatnonzero(is_category):
        for value in np.unique(X[:, j]):
            at = X[:, j] == value
            coded[at, j] = y[at].mean()
    return coded


def _losses(X: Array, y: Array, rng: np.random.Generator) -> Array:
    """Rise of squared out-of-bag error when a column is shuffled, shape (N_TREES, d)."""
    n, d = X.shape
    bins = bin_columns(X, cut_columns(X))
    losses = np.zeros((N_TREES, d))
    for t in range(N_TREES):
        drawn = rng.integers(0, n, n)
        out = np.flatnonzero(np.bincount(drawn, minlength=n) == 0)
        if len(out) < 2:
            continue
        tree: Tree = grow(bins[drawn], y[drawn], rng)
        used = np.unique(tree.column[tree.column >= 0])  # other columns cost nothing
        blocks = np.repeat(bins[out][None], len(used) + 1, axis=0)
        for k, j in enumerate(used.tolist()):
            blocks[k, :, j] = bins[out[rng.permutation(len(out))], j]
        guesses = tree_predict(tree, blocks.reshape(-1, d)).reshape(len(blocks), -1)
        errors = ((guesses - y[out]) ** 2).mean(axis=1)
        losses[t, used] = errors[:-1] - errors[-1]
    return losses
