"""Results under the power transform that draws in the bad tail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sweepd.search.bayes.warp import warps, yeo_johnson


@pytest.mark.parametrize("power", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_yeo_johnson_agrees_with_scipy(power):
    z = np.linspace(-5, 50, 30)
    assert yeo_johnson(z, power) == pytest.approx(stats.yeojohnson(z, power), rel=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_a_warp_keeps_the_order(values):
    y = np.array(values)
    assert 1 <= len(warps(y)) <= 2
    for found in warps(y):
        assert np.isfinite(found.y).all() and np.isfinite(found.log_slope).all()
        assert (np.diff(found.y[np.argsort(y, kind="stable")]) >= -1e-9).all()


def test_a_warp_draws_in_a_long_bad_tail_only():
    rng = np.random.default_rng(0)
    y = np.exp(3 * rng.standard_normal(200))
    plain, drawn = warps(y)
    assert plain.y == pytest.approx((y - y.mean()) / y.std())
    assert abs(stats.skew(drawn.y)) < 1 < 4 < stats.skew(y)


def test_the_slope_of_a_warp_agrees_with_differences():
    """Between sorted neighbours close together; the constant is that of the first warp."""
    y = np.sort(np.random.default_rng(1).exponential(size=4000) ** 2)
    plain, drawn = warps(y)
    step = np.diff(y)
    close = (step > 1e-9) & (step < 1e-3)
    offsets = [
        np.log(np.diff(found.y)[close] / step[close])
        - (found.log_slope[1:] + found.log_slope[:-1])[close] / 2
        for found in (plain, drawn)
    ]
    assert close.sum() > 100
    for offset in offsets:
        assert offset == pytest.approx(np.full(len(offset), offsets[0][0]), abs=1e-2)
