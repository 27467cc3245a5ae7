"""Shares of values below one: an array's are those of its values, one by one."""

import numpy as np
import pytest

from sweepd.search.distribution import Distribution

KINDS = [
    Distribution("int_uniform", low=1, high=9),
    Distribution("uniform", low=-1.0, high=3.0),
    Distribution("uniform", low=2.0, high=2.0),
    Distribution("q_uniform", low=2.0, high=2.0, q=0.5),
    Distribution("q_uniform", low=0.0, high=1.0, q=0.3),
    Distribution("q_uniform", low=0.0, high=2.5, q=1.0),  # 3.0 is at its edge, 3.1 is not
    Distribution("log_uniform_values", low=1e-3, high=10.0),
    Distribution("log_uniform_values", low=3.0, high=3.0),
    Distribution("q_log_uniform_values", low=0.1, high=10.0, q=0.5),
    Distribution("normal", mu=1.0, sigma=2.0),
    Distribution("log_normal", mu=0.0, sigma=1.0),
    Distribution("beta", low=0.0, high=1.0, a=2.0, b=3.0),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_an_arrays_shares_are_those_of_each_value(kind: Distribution) -> None:
    values = np.array([-2.0, -0.7, 0.0, 1e-4, 0.3, 0.9, 1.0, 2.0, 3.0, 3.1, 9.0, 12.0, 1e6])
    each = np.array([kind.cdf(x) for x in values.tolist()])
    assert kind.cdfs(values) == pytest.approx(each, nan_ok=True)
    assert np.isnan(kind.cdfs(np.array([np.nan, np.inf, -np.inf]))).all()


def test_one_value_alone_stands_in_the_middle() -> None:
    assert Distribution("uniform", low=2.0, high=2.0).cdfs(np.array([2.0, 5.0])).tolist() == [
        0.5,
        0.5,
    ]
