"""A regression tree on binned columns, grown level by level: all nodes of a level at once.

Shapes: X is (n, d); a tree's arrays have one entry per node, children of node i at left[i] and
left[i] + 1. Binning each column into at most N_BINS quantiles makes a level one `bincount`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sweepd.search.parameter import Array

N_BINS = 32
MAX_DEPTH = 8
MIN_LEAF = 3
SHARE = 0.5  # of the columns tried at a node


@dataclass(frozen=True)
class Tree:
    """column is -1 at a leaf; x ≤ threshold goes to left[i]."""

    column: np.ndarray[Any, np.dtype[np.int64]]
    threshold: Array
    left: np.ndarray[Any, np.dtype[np.int64]]
    value: Array


def grow(X: Array, y: Array, rng: np.random.Generator) -> Tree:
    """A tree that lowers squared error at each split; a random half of the columns per node."""
    n, d = X.shape
    cuts = [_cuts(X[:, j]) for j in range(d)]
    bins = np.stack([np.searchsorted(cuts[j], X[:, j], side="left") for j in range(d)], axis=1)
    column, threshold, left, value = [-1], [0.0], [0], [float(y.mean())]
    node = np.zeros(n, dtype=np.int64)  # which node of the level a row is in; -1 in a leaf
    level = [0]
    for _ in range(MAX_DEPTH):
        gains, places = _best_splits(bins, y, node, len(level), rng)
        following: list[int] = []
        moved = np.full(n, -1, dtype=np.int64)
        for k, at in enumerate(level):
            j = int(np.argmax(gains[k]))
            if not gains[k, j] > 1e-12:
                continue
            rows = np.flatnonzero(node == k)
            goes_right = bins[rows, j] > places[k, j]
            column[at], threshold[at] = j, float(cuts[j][places[k, j]])
            left[at] = len(column)
            for side in (False, True):
                part = rows[goes_right == side]
                moved[part] = len(following)
                following.append(len(column))
                column.append(-1)
                threshold.append(0.0)
                left.append(0)
                value.append(float(y[part].mean()))
        node, level = moved, following
        if not level:
            break
    return Tree(np.array(column), np.array(threshold), np.array(left), np.array(value))


def tree_predict(tree: Tree, X: Array) -> Array:
    """Values at points, shape (m,)."""
    at = np.zeros(len(X), dtype=np.int64)
    rows = np.arange(len(X))
    for _ in range(MAX_DEPTH + 1):
        column = tree.column[at]
        inner = column >= 0
        if not inner.any():
            break
        right = X[rows, np.maximum(column, 0)] > tree.threshold[at]
        at = np.where(inner, tree.left[at] + right, at)
    found: Array = tree.value[at]
    return found


def _cuts(x: Array) -> Array:
    """Thresholds between bins, ascending: between all distinct values, or N_BINS quantiles."""
    distinct = np.unique(x)
    if len(distinct) > N_BINS:
        distinct = np.unique(np.quantile(x, np.linspace(0, 1, N_BINS), method="nearest"))
    cuts: Array = (distinct[1:] + distinct[:-1]) / 2
    return cuts


def _best_splits(
    bins: np.ndarray, y: Array, node: np.ndarray, n_nodes: int, rng: np.random.Generator
) -> tuple[Array, np.ndarray]:
    """Best gain per node and column, and the bin after which to cut; both (n_nodes, d)."""
    d = bins.shape[1]
    active = node >= 0
    where, target = node[active], y[active]
    gains = np.full((n_nodes, d), -np.inf)
    places = np.zeros((n_nodes, d), dtype=np.int64)
    total_n = np.bincount(where, minlength=n_nodes).astype(float)
    total = np.bincount(where, weights=target, minlength=n_nodes)
    tried = rng.random((n_nodes, d)) < SHARE
    tried[np.arange(n_nodes), rng.integers(0, d, n_nodes)] = True
    for j in range(d):
        width = int(bins[:, j].max()) + 1
        if width < 2:
            continue
        cell = where * width + bins[active, j]
        count = np.bincount(cell, minlength=n_nodes * width).reshape(n_nodes, width)
        summed = np.bincount(cell, weights=target, minlength=n_nodes * width)
        n_left = count.cumsum(axis=1)[:, :-1].astype(float)
        s_left = summed.reshape(n_nodes, width).cumsum(axis=1)[:, :-1]
        n_right, s_right = total_n[:, None] - n_left, total[:, None] - s_left
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = s_left**2 / n_left + s_right**2 / n_right - (total**2 / total_n)[:, None]
        gain[(n_left < MIN_LEAF) | (n_right < MIN_LEAF)] = -np.inf
        places[:, j] = gain.argmax(axis=1)
        gains[:, j] = np.where(tried[:, j], gain.max(axis=1), -np.inf)
    return gains, places
