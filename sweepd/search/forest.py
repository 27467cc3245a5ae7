"""A regression tree on binned columns, grown level by level: all nodes of a level at once.

Shapes: X is (n, d), bins are X as bin numbers, (n, d); a tree's arrays have one entry per node,
children of node i at left[i] and left[i] + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweepd.later import np
from sweepd.search.distribution import Array

if TYPE_CHECKING:
    Bins = np.ndarray[Any, np.dtype[np.intp]]
else:
    Bins = Any

N_BINS = 32
MAX_DEPTH = 8
MIN_LEAF = 3
SHARE = 0.5  # of the columns tried at a node, rounded up


@dataclass(frozen=True)
class Tree:
    """column is -1 at a leaf; rows whose bin is at most `place` go to left[i]."""

    column: Bins
    place: Bins
    left: Bins
    value: Array


def cut_columns(X: Array) -> list[Array]:
    """Thresholds between bins, ascending: between all distinct values, or N_BINS quantiles."""
    return [_cuts(x) for x in X.T]


def bin_columns(X: Array, cuts: Sequence[Array]) -> Bins:
    """Bin numbers, shape (n, d)."""
    columns = [np.searchsorted(cut, x, side="left") for cut, x in zip(cuts, X.T, strict=True)]
    return np.stack(columns, axis=1)


def grow(bins: Bins, y: Array, rng: np.random.Generator) -> Tree:
    """A tree that lowers squared error at each split; a random half of the columns per node."""
    n = len(y)
    columns, places, lefts = [], [], []
    values = [np.array([y.mean()])]
    node = np.zeros(n, dtype=np.intp)  # of the level, for the rows not yet in a leaf
    rows = np.arange(n)
    n_nodes, n_before = 1, 0
    for depth in range(MAX_DEPTH + 1):
        if depth < MAX_DEPTH:
            gain, column, place = _best_splits(bins[rows], y[rows], node, n_nodes, rng)
        else:
            gain, column = np.zeros(n_nodes), np.full(n_nodes, -1)
            place = column
        splits = gain > 1e-12
        rank = np.cumsum(splits) - 1  # which of the level's splits a node is
        columns.append(np.where(splits, column, -1))
        places.append(place)
        lefts.append(n_before + n_nodes + 2 * rank)
        goes_on = splits[node]
        if not goes_on.any():
            break
        rows, node = rows[goes_on], node[goes_on]
        goes_right = bins[rows, column[node]] > place[node]
        node = 2 * rank[node] + goes_right
        n_before += n_nodes
        n_nodes = 2 * int(splits.sum())
        counts = np.bincount(node, minlength=n_nodes)
        values.append(np.bincount(node, weights=y[rows], minlength=n_nodes) / counts)
    joined = (np.concatenate(part) for part in (columns, places, lefts, values))
    return Tree(*joined)


def tree_predict(tree: Tree, bins: Bins) -> Array:
    """Values at binned points, shape (m,)."""
    at = np.zeros(len(bins), dtype=np.intp)
    rows = np.arange(len(bins))
    for _ in range(MAX_DEPTH):
        column = tree.column[at]
        inner = column >= 0
        if not inner.any():
            break
        right = bins[rows, np.maximum(column, 0)] > tree.place[at]
        at = np.where(inner, tree.left[at] + right, at)
    found: Array = tree.value[at]
    return found


def _cuts(x: Array) -> Array:
    distinct = np.unique(x)
    if len(distinct) > N_BINS:
        distinct = np.unique(np.quantile(x, np.linspace(0, 1, N_BINS), method="nearest"))
    cuts: Array = (distinct[1:] + distinct[:-1]) / 2
    return cuts


def _best_splits(
    bins: Bins, y: Array, node: Bins, n_nodes: int, rng: np.random.Generator
) -> tuple[Array, Bins, Bins]:
    """Per node the best gain, its column, and the bin after which to cut; each (n_nodes,).

    One `bincount` over (node, tried column, bin) does the work of all nodes.
    """
    d = bins.shape[1]
    n_tried = int(np.ceil(SHARE * d))
    tried = np.argsort(rng.random((n_nodes, d)), axis=1)[:, :n_tried]
    shape = (n_nodes, n_tried, N_BINS)
    chosen = np.take_along_axis(bins, tried[node], axis=1)
    cells = ((node[:, None] * n_tried + np.arange(n_tried)) * N_BINS + chosen).ravel()
    size = n_nodes * n_tried * N_BINS
    count = np.bincount(cells, minlength=size).reshape(shape)
    summed = np.bincount(cells, weights=np.repeat(y, n_tried), minlength=size).reshape(shape)
    n_left, s_left = count.cumsum(axis=2)[..., :-1], summed.cumsum(axis=2)[..., :-1]
    total_n = np.bincount(node, minlength=n_nodes)[:, None, None]
    total = np.bincount(node, weights=y, minlength=n_nodes)[:, None, None]
    n_right = total_n - n_left
    fits = (n_left >= MIN_LEAF) & (n_right >= MIN_LEAF)
    gain = s_left**2 / np.maximum(n_left, 1) + (total - s_left) ** 2 / np.maximum(n_right, 1)
    gain = np.where(fits, gain - total**2 / total_n, -np.inf).reshape(n_nodes, -1)
    best = gain.argmax(axis=1)
    at = np.arange(n_nodes)
    return gain[at, best], tried[at, best // (N_BINS - 1)], best % (N_BINS - 1)
