"""The process against scikit-learn and finite differences."""

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm

from sweepd.search.bayes.gaussian_process import (
    JITTER,
    Prior,
    condition,
    fit,
    joint,
    negative_log_posterior,
    pair_distances,
    predict,
)

FLAT = Prior(log_length_sd=1e9, log_length_common_sd=0.0, log_signal_sd=1e9, log_noise_sd=1e9)


def make_data(n=25, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    y = np.sin(5 * X[:, 0]) + X[:, 1] ** 2 + 0.05 * rng.standard_normal(n)
    return X, (y - y.mean()) / y.std()


def oracle(X, y, theta):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    d = X.shape[1]
    s2, noise = math.exp(theta[d]), math.exp(theta[d + 1])
    kernel = ConstantKernel(s2, "fixed") * Matern(np.exp(theta[:d]), "fixed", nu=2.5)
    return GaussianProcessRegressor(kernel, alpha=noise + JITTER * s2, optimizer=None).fit(X, y)


THETA = np.array([-0.5, 0.3, 1.0, 0.4, -3.0])


def test_posterior_agrees_with_scikit_learn():
    X, y = make_data()
    model = condition(X, y, np.zeros(3, bool), THETA, np.ones(len(y)))
    points = np.random.default_rng(1).random((40, 3))
    mean, sd = oracle(X, y - model.mean, THETA).predict(points, return_std=True)
    ours, variance = predict(model, points)
    assert ours - model.mean == pytest.approx(mean, abs=1e-8)
    assert np.sqrt(variance) == pytest.approx(sd, abs=1e-7)
    assert np.diag(joint(model, points)[1]) == pytest.approx(sd**2, abs=1e-8)


def test_likelihood_agrees_with_scikit_learn():
    X, y = make_data()
    model = condition(X, y, np.zeros(3, bool), THETA, np.ones(len(y)))
    D = pair_distances(X, np.zeros(3, bool))
    ours, _ = negative_log_posterior(THETA, D, y, np.ones(len(y)), FLAT)
    theirs = oracle(X, y - model.mean, THETA).log_marginal_likelihood_value_
    assert -ours - len(y) / 2 * math.log(2 * math.pi) == pytest.approx(theirs, rel=1e-9)


def test_a_category_is_one_apart_from_every_other():
    """As scikit-learn sees it one-hot encoded: two codes then lie √2 apart."""
    X, y = make_data()
    codes = np.random.default_rng(1).integers(0, 3, len(y))
    X[:, 2] = codes
    is_category = np.array([False, False, True])
    wide = np.column_stack([X[:, :2], np.eye(3)[codes] / math.sqrt(2)])
    lengths = [*THETA[:2], *[THETA[2]] * 3]
    model = condition(X, y, is_category, THETA, np.ones(len(y)))
    theirs = oracle(wide, y - model.mean, np.array([*lengths, *THETA[3:]]))
    mean, sd = theirs.predict(wide[:9] + np.eye(5)[0] * 0.1, return_std=True)
    ours, variance = predict(model, X[:9] + np.eye(3)[0] * 0.1)
    assert ours - model.mean == pytest.approx(mean, abs=1e-8)
    assert np.sqrt(variance) == pytest.approx(sd, abs=1e-7)
    D = pair_distances(X, is_category)
    value, _ = negative_log_posterior(THETA, D, y, np.ones(len(y)), FLAT)
    assert -value - len(y) / 2 * math.log(2 * math.pi) == pytest.approx(
        theirs.log_marginal_likelihood_value_, rel=1e-9
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("prior", "scatter", "doubt"),
    [
        (Prior(), 0.0, 0.0),
        (Prior(), 0.4, 0.0),
        (Prior(), 0.0, 0.5),
        (Prior(n_sources=1, log_source=0.5, log_source_sd=0.3), 0.4, 0.5),
    ],
    ids=["plain", "repeats scatter", "results in doubt", "all, and a source"],
)
def test_gradient_agrees_with_finite_differences(seed, prior, scatter, doubt):
    X, y = make_data(seed=seed)
    X[:, 2] = np.random.default_rng(seed).integers(0, 3, len(y))
    D = pair_distances(X, np.array([False, False, True]))
    counts = np.random.default_rng(seed).integers(1, 4, len(y)).astype(float)
    theta = THETA + 0.3 * np.random.default_rng(seed).standard_normal(5)
    doubts = doubt * np.linspace(0, 1, len(y))

    def posterior(t):
        return negative_log_posterior(t, D, y, counts, prior, scatter, doubts)

    differences = approx_fprime(theta, lambda t: posterior(t)[0], 1e-6)
    assert posterior(theta)[1] == pytest.approx(differences, rel=1e-3, abs=1e-3)


LOOSE = {"log_length_sd": 1e9, "log_signal_sd": 1e9, "log_noise_sd": 1e9}


@pytest.mark.parametrize(
    "prior",
    [
        Prior(**LOOSE | {"log_length_sd": 0.3, "log_length_common_sd": 0.0}),
        Prior(**LOOSE | {"log_length_sd": 0.3, "log_length_common_sd": 0.7}),
        Prior(**LOOSE | {"log_length_sd": 0.3, "log_length_common_sd": 0.7, "log_length": 2.0}),
        Prior(**LOOSE | {"log_length_common_sd": 0.0, "log_signal_sd": 0.3, "log_signal": 1.0}),
        Prior(**LOOSE | {"log_length_common_sd": 0.0, "log_noise_sd": 0.3}),
        Prior(**LOOSE | {"n_sources": 1, "log_source": 0.5, "log_source_sd": 0.4}),
    ],
    ids=["lengths", "lengths in common", "their centre", "signal", "noise", "a source"],
)
def test_each_term_of_the_prior_is_a_normal_density_with_its_gradient(prior):
    """Beside the same likelihood without a prior, up to a constant: value and gradient."""
    X, y = make_data()
    D, ones = pair_distances(X, np.zeros(3, bool)), np.ones(len(y))

    def term(theta):
        return (
            negative_log_posterior(theta, D, y, ones, prior)[0]
            - negative_log_posterior(theta, D, y, ones, FLAT)[0]
        )

    def expected(theta):
        own, common = prior.log_length_sd**2, prior.log_length_common_sd**2
        n_own = 3 - prior.n_sources
        centre = prior.log_length + 0.5 * math.log(n_own)
        shared = multivariate_normal(np.full(n_own, centre), own * np.eye(n_own) + common)
        return -(
            shared.logpdf(theta[:n_own])
            + norm(prior.log_source, prior.log_source_sd).logpdf(theta[n_own:3]).sum()
            + norm(prior.log_signal, prior.log_signal_sd).logpdf(theta[3])
            + norm(prior.log_noise, prior.log_noise_sd).logpdf(theta[4])
        )

    other = THETA + np.array([0.4, -0.7, 0.2, 0.9, 1.3])
    assert term(other) - term(THETA) == pytest.approx(expected(other) - expected(THETA), abs=1e-6)
    gradient = (
        negative_log_posterior(other, D, y, ones, prior)[1]
        - negative_log_posterior(other, D, y, ones, FLAT)[1]
    )
    differences = approx_fprime(other, expected, 1e-6)
    assert gradient == pytest.approx(differences, rel=1e-4, abs=1e-4)


def test_a_mean_of_repeats_is_the_same_as_the_repeats():
    """Two runs at one point, or their mean with count 2: one posterior."""
    X, y = make_data(10)
    twice = np.vstack([X, X[:1]]), np.append(y, y[0] + 0.6)
    merged = y.copy()
    merged[0] += 0.3
    counts = np.ones(10)
    counts[0] = 2
    apart = condition(*twice, np.zeros(3, bool), THETA, np.ones(11))
    joined = condition(X, merged, np.zeros(3, bool), THETA, counts)
    points = np.random.default_rng(1).random((5, 3))
    assert predict(apart, points)[0] == pytest.approx(predict(joined, points)[0], abs=1e-4)


def test_fitting_finds_what_matters():
    rng = np.random.default_rng(0)
    X = rng.random((60, 4))
    y = np.sin(6 * X[:, 1])
    model = fit(X, (y - y.mean()) / y.std(), np.zeros(4, bool))
    assert model.lengths.argmin() == 1
    assert model.lengths[1] < 0.5 * np.sort(model.lengths)[1]


def test_wrong_shapes_are_refused():
    X, y = make_data()
    model = fit(X, y, np.zeros(3, bool))
    with pytest.raises(ValueError, match=r"shape \(m, 3\)"):
        predict(model, np.zeros((2, 4)))
