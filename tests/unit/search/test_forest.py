"""One tree: how far it parts its rows, and between which numbers."""

from typing import cast

import numpy as np

from sweepd.search.forest import MAX_DEPTH, N_BINS, cut_columns, grow, tree_predict


def test_few_values_are_parted_half_way_between_them_and_many_by_rank() -> None:
    few, many = np.array([0.0, 1.0, 1.0, 5.0, 9.0]), np.arange(1000.0) ** 2
    [cuts] = cut_columns(few[:, None])
    assert cuts.tolist() == [0.5, 3.0, 7.0]
    [cuts] = cut_columns(np.repeat([0.0, 1.0, 2.0], [500, 1, 499])[:, None])
    assert cuts.tolist() == [0.5, 1.5], "also those of one row"
    [cuts] = cut_columns(many[:, None])
    assert len(cuts) == N_BINS - 1
    shares = np.searchsorted(many, cuts) / len(many)
    assert np.abs(shares - (np.arange(N_BINS - 1) + 0.5) / (N_BINS - 1)).max() < 0.01
    exact = np.arange(float(N_BINS))
    assert len(cut_columns(exact[:, None])[0]) == N_BINS - 1


def test_a_tree_parts_its_rows_so_many_times_and_no_more() -> None:
    """Each bit of a number is a column: only a tree of that many levels knows the number."""
    numbers = np.arange(3 << (MAX_DEPTH + 1)) % (1 << (MAX_DEPTH + 1))
    bits = (numbers[:, None] >> np.arange(MAX_DEPTH + 1)) & 1
    bins = np.hstack([bits, np.zeros_like(bits)])
    tree = grow(bins, numbers.astype(float), cast(np.random.Generator, FirstColumns()))
    errors = tree_predict(tree, bins) - numbers
    assert np.abs(errors).max() == 0.5, "the least bit is left, no other"


class FirstColumns:
    """Draws by which each node tries the first half of the columns."""

    def random(self, shape: tuple[int, int]) -> np.ndarray:
        return np.tile(np.arange(float(shape[1])), (shape[0], 1))
