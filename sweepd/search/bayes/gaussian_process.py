"""A Gaussian process on mixed inputs, fitted by maximum a posteriori.

Notation (Rasmussen & Williams 2006, "GPML"); arrays are float64:
    X: (n, d) points, see `coordinates.py`; columns flagged in `is_category` compare for equality
    y: (n,) objective, standardised, lower is better; m: its constant mean
    l: (d,) length scales; s2: signal variance; noise: variance of one observation's noise
    counts: (n,) runs averaged in each y, so its noise variance is noise / count
    doubt: (n,) variance of each y beside the noise: known, not fitted
    scatter: sum of squared deviations of all runs from the means they are in
    K = s2 · M(r) + diag(noise / counts + doubt), M the Matérn-5/2 correlation,
    r² = Σ_j D_j / l_j², D_j = (x_j - x'_j)², or 1 where categories differ
    L: lower Cholesky factor of K; alpha = K⁻¹ (y - m)
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize

from sweepd.search.distribution import Array

Mask = np.ndarray[Any, np.dtype[np.bool_]]
SQRT5 = math.sqrt(5.0)
JITTER = 1e-8  # relative to s2; keeps K positive definite when points coincide


@dataclass(frozen=True)
class Prior:
    """Log-normal priors on the hyperparameters, for inputs in [0, 1] and unit-variance y.

    Length scales grow with √d, so that in many dimensions a function is expected to be as
    learnable as in few (Hvarfner et al. 2024, Vanilla Bayesian optimisation …).
    """

    log_length: float = -0.5  # plus log(d) / 2
    log_length_sd: float = 0.5  # of each dimension about what all share
    log_length_common_sd: float = 1.0  # of what all share
    log_signal: float = 0.0
    log_signal_sd: float = 1.0
    log_noise: float = -8.0
    log_noise_sd: float = 2.5
    n_sources: int = 0  # last columns that tell sources apart, see `sources.py`
    log_source: float = 0.0  # their length scales have no part in what the others share
    log_source_sd: float = 1.0


@dataclass(frozen=True)
class Fit:
    """A fitted process, ready to predict; see the notation at the head of the file."""

    X: Array
    y: Array
    is_category: Mask
    lengths: Array
    signal: float
    noise: float
    noise_diagonal: Array  # (n,) noise variance of each y
    mean: float
    L: Array
    alpha: Array
    counts: Array  # (n,) runs averaged in each y
    doubt: Array | float  # (n,) known variance of each y beside the noise
    log_evidence: float = math.nan  # of `fit`: likelihood times prior, up to a constant
    apart: Array | float = 0.0  # (n,) part of r² between any new point and y's, see `sources.py`

    @property
    def is_own(self) -> Mask:
        """Shape (n,): which results are of the objective that new points have."""
        found: Mask = np.broadcast_to(self.apart, len(self.y)) == 0
        return found


def pair_distances(X: Array, is_category: Mask) -> Array:
    """D_j of every pair i > i', column by column of the lower triangle, shape (d, n(n-1)/2)."""
    column, row = np.triu_indices(len(X), 1)
    D: Array = (X[row] - X[column]).T ** 2
    D[is_category] = D[is_category] > 0
    return D


@lru_cache(maxsize=256)
def _pairs(n: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Where the pairs of `pair_distances` lie in K stored column by column."""
    column, row = np.triu_indices(n, 1)
    return column * n + row


def correlation(r2: Array) -> Array:
    """Matérn-5/2 of squared scaled distances; GPML equation 4.17."""
    r = np.sqrt(r2)
    found: Array = (1 + SQRT5 * r + 5 / 3 * r2) * np.exp(-SQRT5 * r)
    return found


def negative_log_posterior(
    theta: Array,
    D: Array,
    y: Array,
    counts: Array,
    prior: Prior,
    scatter: float = 0.0,
    doubt: Array | float = 0.0,
) -> tuple[float, Array]:
    """Minus the log of likelihood times prior, and its gradient.

    Args:
        theta: (log l_1 … log l_d, log s2, log noise).
        D: Shape (d, n(n-1)/2), from `pair_distances`; only half of K is ever worked out.
        scatter: Of the repeats. With their means it holds all that they say: the likelihood of
            N runs in n means is that of the means, times a factor in noise and scatter alone.
        doubt: Known variance of each y beside the noise, shape (n,).

    Returns:
        The value, the mean m profiled out (GPML equation 2.43), and its gradient in theta.
    """
    d, n = len(theta) - 2, len(y)
    inverse_l2 = np.exp(-2 * theta[:d])
    s2, noise = math.exp(theta[d]), math.exp(theta[d + 1])
    r2 = inverse_l2 @ D
    r = SQRT5 * np.sqrt(r2)
    decay = s2 * np.exp(-r)
    slope = (1 + r) * decay  # dK/dr² is -5/6 of it
    k = slope + (5 / 3) * r2 * decay
    diagonal = s2 + noise / counts + JITTER * s2
    whole = diagonal + doubt
    at = _pairs(n)
    K = np.zeros(n * n)
    K[at] = k
    K[:: n + 1] = whole
    # LAPACK by name: SciPy's wrappers cost as much as the work at this size.
    L, failed = dpotrf(K.reshape(n, n).T, lower=1, overwrite_a=1)
    if failed:
        return math.inf, np.zeros(d + 2)
    half_log_determinant = float(np.log(np.diagonal(L)).sum())
    solved, _ = dpotrs(L, np.array([y, np.ones(n)]).T, lower=1)
    m = float(solved[:, 0].sum() / solved[:, 1].sum())
    alpha = solved[:, 0] - m * solved[:, 1]
    value = 0.5 * float((y - m) @ alpha) + half_log_determinant

    K_inverse, _ = dpotri(L, lower=1, overwrite_c=1)
    W = (K_inverse - np.outer(alpha, alpha)).T.ravel()  # 2 dNLL/dK, its lower triangle
    W_pairs, W_diagonal = W[at], W[:: n + 1]
    gradient = np.empty(d + 2)
    gradient[:d] = (5 / 3) * (D @ (W_pairs * slope)) * inverse_l2
    trace_noise = float((W_diagonal / counts).sum()) * noise
    trace = 2 * float(W_pairs @ k) + float(W_diagonal @ diagonal)
    gradient[d + 1] = 0.5 * trace_noise
    gradient[d] = 0.5 * (trace - trace_noise)
    n_repeats = float(counts.sum()) - n
    if n_repeats > 0:
        value += 0.5 * (n_repeats * theta[d + 1] + scatter / noise)
        gradient[d + 1] += 0.5 * (n_repeats - scatter / noise)

    centre, sd = _prior_vectors(d, prior)
    off = theta - centre
    pull = off / sd**2
    # The shared part correlates the length scales: precision by Sherman and Morrison.
    own, common = prior.log_length_sd**2, prior.log_length_common_sd**2
    n_own = d - prior.n_sources
    pull[:n_own] -= common / (own * (own + n_own * common)) * off[:n_own].sum()
    return value + 0.5 * float(off @ pull), gradient + pull


def fit(
    X: Array,
    y: Array,
    is_category: Mask,
    counts: Array | None = None,
    prior: Prior | None = None,
    max_iterations: int = 40,
    start: Array | None = None,
    scatter: float = 0.0,
    doubt: Array | float = 0.0,
) -> Fit:
    """Fit the hyperparameters from the prior's centre (or `start`, a theta) and condition on y."""
    prior = prior or Prior()
    n, d = X.shape
    counts = np.ones(n) if counts is None else counts
    centre, sd = _prior_vectors(d, prior)
    theta = centre if start is None else start
    reach = 4 * sd
    reach[:d] = 4 * math.hypot(prior.log_length_sd, prior.log_length_common_sd)
    bounds = list(zip(centre - reach, centre + reach, strict=True))
    D = pair_distances(X, is_category)
    found = minimize(
        negative_log_posterior,
        theta,
        args=(D, y, counts, prior, scatter, doubt),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": max_iterations, "maxfun": max_iterations + 10, "ftol": 1e-5},
    )
    fitted = condition(X, y, is_category, found.x, counts, doubt)
    return replace(fitted, log_evidence=-float(found.fun))


def theta_of(model: Fit) -> Array:
    """The hyperparameters as `negative_log_posterior` takes them, shape (d + 2,)."""
    found: Array = np.log([*model.lengths, model.signal, model.noise])
    return found


def condition(
    X: Array,
    y: Array,
    is_category: Mask,
    theta: Array,
    counts: Array,
    doubt: Array | float = 0.0,
) -> Fit:
    """The process with given hyperparameters, conditioned on y; GPML algorithm 2.1."""
    d = X.shape[1]
    lengths, s2, noise = np.exp(theta[:d]), math.exp(theta[d]), math.exp(theta[d + 1])
    K = s2 * correlation(scaled_distances(X, X, lengths, is_category))
    diagonal = noise / counts + JITTER * s2 + doubt
    K[np.diag_indices(len(y))] += diagonal
    L = cholesky(K, lower=True, check_finite=False)
    solved = cho_solve((L, True), np.column_stack([y, np.ones(len(y))]), check_finite=False)
    m = float(solved[:, 0].sum() / solved[:, 1].sum())
    alpha = solved[:, 0] - m * solved[:, 1]
    return Fit(X, y, is_category, lengths, s2, noise, diagonal, m, L, alpha, counts, doubt)


def scaled_distances(A: Array, B: Array, lengths: Array, is_category: Mask) -> Array:
    """r² of every pair, shape (len(A), len(B))."""
    number = ~is_category
    P, Q = A[:, number] / lengths[number], B[:, number] / lengths[number]
    r2: Array = (P**2).sum(1)[:, None] + (Q**2).sum(1)[None, :] - 2 * P @ Q.T
    np.maximum(r2, 0.0, out=r2)
    for j in np.flatnonzero(is_category):
        r2 += (A[:, j][:, None] != B[:, j][None, :]) / lengths[j] ** 2
    return r2


def cross(model: Fit, X: Array) -> Array:
    """Prior covariance between points and the data, shape (len(X), n)."""
    r2 = scaled_distances(X, model.X, model.lengths, model.is_category) + model.apart
    return model.signal * correlation(r2)


def predict(model: Fit, X: Array) -> tuple[Array, Array]:
    """Posterior mean and variance of the objective.

    Args:
        X: Points to judge, shape (m, d).

    Returns:
        mean: Shape (m,), units of y; lower is better.
        variance: Shape (m,), at least a tiny positive number; without observation noise.

    Raises:
        ValueError: X is not two-dimensional, or d differs from the fit.

    Source: GPML, algorithm 2.1.
    """
    if X.ndim != 2 or X.shape[1] != model.X.shape[1]:
        raise ValueError(f"expected points of shape (m, {model.X.shape[1]}), got {X.shape}")
    K = cross(model, X)
    V = solve_triangular(model.L, K.T, lower=True, check_finite=False)
    variance = np.maximum(model.signal - (V**2).sum(axis=0), 1e-12 * model.signal)
    return model.mean + K @ model.alpha, variance


def joint(model: Fit, X: Array) -> tuple[Array, Array]:
    """Posterior mean (m,) and covariance (m, m) of the objective at several points."""
    K = cross(model, X)
    V = solve_triangular(model.L, K.T, lower=True, check_finite=False)
    prior = model.signal * correlation(scaled_distances(X, X, model.lengths, model.is_category))
    return model.mean + K @ model.alpha, prior - V.T @ V


def left_out(model: Fit, n: int) -> float:
    """Log density of the first n results, each predicted from all others; GPML equation 5.10."""
    inverse, _ = dpotri(model.L, lower=1)
    precision = np.diagonal(inverse)[:n]
    return float(0.5 * (np.log(precision) - model.alpha[:n] ** 2 / precision).sum())


def _prior_vectors(d: int, prior: Prior) -> tuple[Array, Array]:
    """Centre and standard deviation of theta, each shape (d + 2,)."""
    n_own = d - prior.n_sources
    length = prior.log_length + 0.5 * math.log(n_own)
    centre = [length] * n_own + [prior.log_source] * prior.n_sources
    sd = [prior.log_length_sd] * n_own + [prior.log_source_sd] * prior.n_sources
    centre += [prior.log_signal, prior.log_noise]
    sd += [prior.log_signal_sd, prior.log_noise_sd]
    return np.array(centre), np.array(sd)
