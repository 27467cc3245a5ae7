"""Sobol points against SciPy's, and the evenness that scrambling must keep."""

import warnings

import numpy as np
import pytest
from scipy.stats import qmc

from sweepd.search.sobol import MAX_DIMENSIONS, direction_numbers, sobol_points


def test_unscrambled_points_are_scipys():
    numbers = np.arange(64)
    digits = np.zeros((64, MAX_DIMENSIONS), dtype=np.int64)
    for bit in range(6):
        digits ^= ((numbers[:, None] >> bit) & 1) * direction_numbers(MAX_DIMENSIONS)[:, bit]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = qmc.Sobol(MAX_DIMENSIONS, scramble=False).random(64)
    assert {tuple(row) for row in digits / 2**30} == {tuple(row) for row in theirs}


@pytest.mark.parametrize("d", [1, 4, 20])
@pytest.mark.parametrize("seed", [0, 7])
def test_each_dimension_has_one_point_in_each_of_n_intervals(d, seed):
    """A symptom once: scrambling in eight-bit numbers put all points in one place."""
    points = sobol_points(0, 256, d, seed)
    for j in range(d):
        assert sorted((points[:, j] * 256).astype(int)) == list(range(256))


def test_points_are_more_even_than_random_ones():
    ours = qmc.discrepancy(sobol_points(0, 256, 5, 3))
    theirs = np.median(
        [qmc.discrepancy(np.random.default_rng(s).random((256, 5))) for s in range(9)]
    )
    assert ours < 0.5 * theirs


def test_a_point_does_not_depend_on_its_batch():
    whole = sobol_points(0, 50, 45, 9)
    assert np.array_equal(whole[17:30], sobol_points(17, 13, 45, 9))
    assert not np.array_equal(whole, sobol_points(0, 50, 45, 10))
