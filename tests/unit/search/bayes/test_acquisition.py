"""Log expected improvement against Monte Carlo, mpmath-free asymptotics and differences."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from sweepd.search.bayes.acquisition import fantasise, log_ei, log_ei_gradient, log_h, moments
from sweepd.search.bayes.gaussian_process import condition, fit


def make_model(category=False, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((25, 3))
    flags = np.array([False, False, category])
    if category:
        X[:, 2] = rng.integers(0, 3, 25)
    y = np.sin(5 * X[:, 0]) + X[:, 1] * X[:, 2]
    return fit(X, (y - y.mean()) / y.std(), flags)


def test_log_h_agrees_with_its_definition_where_that_is_exact():
    z = np.linspace(-5, 30, 200)
    assert log_h(z) == pytest.approx(np.log(norm.pdf(z) + z * norm.cdf(z)), rel=1e-9)


def test_log_h_follows_its_asymptote_far_out():
    """h(z) → φ(z) / z² as z → -∞."""
    for z in (-100.0, -999.0, -1001.0, -1e5):
        assert log_h(np.array([z]))[0] == pytest.approx(
            -(z**2) / 2 - math.log(math.sqrt(2 * math.pi)) - 2 * math.log(-z), rel=1e-6
        )
    assert np.isfinite(log_h(np.array([-1e30]))).all()


def test_expected_improvement_agrees_with_monte_carlo():
    model = make_model()
    state = fantasise(model, np.empty((0, 3)), np.empty((1, 0)))
    points = np.random.default_rng(1).random((20, 3))
    mean, sigma = moments(state, points)
    z = np.random.default_rng(2).standard_normal(400_000)
    for i in range(20):
        gains = np.maximum(state.incumbents[0] - mean[i, 0] - sigma[i] * z, 0)
        error = 5 * gains.std() / math.sqrt(len(z))
        assert math.exp(log_ei(state, points)[i]) == pytest.approx(gains.mean(), abs=error + 1e-9)


def test_fantasies_are_as_if_the_results_had_come():
    model = make_model()
    pending = np.random.default_rng(3).random((4, 3))
    draws = np.random.default_rng(4).standard_normal((5, 4))
    state = fantasise(model, pending, draws)
    theta = np.log([*model.lengths, model.signal, model.noise])
    n = len(model.y)
    results = (state.L @ state.L.T @ state.alpha)[n:, 0] + model.mean
    told = condition(
        np.vstack([model.X, pending]),
        np.append(model.y, results),
        model.is_category,
        theta,
        np.ones(n + 4),
    )
    points = np.random.default_rng(5).random((10, 3))
    again = fantasise(told, np.empty((0, 3)), np.empty((1, 0)))
    assert moments(state, points)[1] == pytest.approx(moments(again, points)[1], rel=1e-3)
    # The constant mean is estimated anew once results are in, hence the tolerance.
    assert moments(state, points)[0][:, 0] == pytest.approx(
        moments(again, points)[0][:, 0], abs=0.05
    )


def test_no_improvement_is_expected_at_a_pending_point():
    model = make_model()
    pending = np.array([[0.9, 0.1, 0.9]])
    before = fantasise(model, np.empty((0, 3)), np.empty((1, 0)))
    after = fantasise(model, pending, np.random.default_rng(0).standard_normal((16, 1)))
    assert moments(after, pending)[1][0] < 0.2 * moments(before, pending)[1][0]


@pytest.mark.parametrize("category", [False, True])
def test_gradient_agrees_with_finite_differences(category):
    model = make_model(category)
    pending = model.X[:3].copy()
    pending[:, 0] = [0.15, 0.5, 0.85]
    state = fantasise(model, pending, np.random.default_rng(4).standard_normal((8, 3)))
    points = np.random.default_rng(0).random((5, 3))
    points[:, 2] = 1.0 if category else points[:, 2]
    values, gradients = log_ei_gradient(state, points)
    assert values == pytest.approx(log_ei(state, points), rel=1e-6)
    free = slice(0, 2 if category else 3)
    for x, gradient in zip(points, gradients, strict=True):
        step = 1e-5 * np.eye(3)
        numeric = (log_ei(state, x + step) - log_ei(state, x - step)) / 2e-5
        assert gradient[free] == pytest.approx(numeric[free], rel=1e-3, abs=1e-4)
