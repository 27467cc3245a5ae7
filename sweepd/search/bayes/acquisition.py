"""Log expected improvement, averaged over what pending runs may turn out to be.

Lower is better throughout. For a fantasy s of the pending results, mean_s(x) and incumbent_s
differ while the variance is the same, so averaging costs one matrix product.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrs
from scipy.special import erfcx, log_ndtr, ndtr

from sweepd.search.bayes.gaussian_process import (
    SQRT5,
    Fit,
    correlation,
    cross,
    joint,
    scaled_distances,
)
from sweepd.search.distribution import Array

LOG_2PI = math.log(2 * math.pi)


def log_h(z: Array) -> Array:
    """log(φ(z) + z Φ(z)), accurate for z of any size; EI is sigma times this without the log.

    Source: Ament et al. (2023), Unexpected improvements to expected improvement, equation 9.
    """
    z = np.asarray(z, dtype=float)
    is_near = z > -1.0
    near = z[is_near]
    found = np.empty(z.shape)
    found[is_near] = np.log(np.exp(-0.5 * near**2 - LOG_2PI / 2) + near * ndtr(near))
    far = np.clip(z[~is_near], -1e7, -1.0)
    # φ + zΦ = φ (1 + z Φ/φ), and Φ/φ = √(π/2) erfcx(-z/√2); the bracket tends to 1/z².
    inner = 1 + far * math.sqrt(math.pi / 2) * erfcx(-far / math.sqrt(2))
    bracket = np.where(far < -1e3, far**-2.0, np.maximum(inner, 1e-300))
    found[~is_near] = -0.5 * far**2 - LOG_2PI / 2 + np.log(bracket)
    return found


@dataclass(frozen=True)
class Fantasies:
    """A fit extended by pending points, with S joint draws of their results.

    Attributes:
        X: (N, d), data then pending points.
        L: (N, N) Cholesky factor of their covariance.
        alpha: (N, S), one column per fantasy.
        apart: (N,), see `Fit`; 0 for pending points.
        incumbents: (S,), lowest posterior mean over all N points of this objective.
    """

    model: Fit
    X: Array
    L: Array
    alpha: Array
    apart: Array
    incumbents: Array


def fantasise(
    model: Fit,
    pending: Array,
    draws: Array,
    at_mean: bool = False,
    counts_pending: bool = True,
) -> Fantasies:
    """Condition on pending points, their results drawn from the joint posterior.

    Args:
        pending: Shape (p, d); p may be 0.
        draws: Standard normal numbers, shape (S, p).
        at_mean: Take the posterior mean for every result instead; S is then 1.
    """
    p = len(pending)
    if p == 0:
        means = model.y - model.noise_diagonal * model.alpha
        lowest = np.array([float(means[model.is_own].min())])
        apart = np.broadcast_to(model.apart, len(model.y))
        return Fantasies(model, model.X, model.L, model.alpha[:, None], apart, lowest)
    mean, covariance = joint(model, pending)
    noise = model.noise + 1e-8 * model.signal
    covariance = covariance + noise * np.eye(p)
    corner = cholesky(covariance + 1e-10 * model.signal * np.eye(p), lower=True)
    results = mean[None, :] if at_mean else mean + draws @ corner.T
    K = cross(model, pending)
    n = len(model.y)
    L = np.zeros((n + p, n + p))
    L[:n, :n] = model.L
    L[n:, :n] = solve_triangular(model.L, K.T, lower=True, check_finite=False).T
    L[n:, n:] = corner
    y = np.vstack([np.tile(model.y[:, None], (1, len(results))), results.T]) - model.mean
    alpha = cho_solve((L, True), y, check_finite=False)
    diagonal = np.concatenate([model.noise_diagonal, np.full(p, noise)])
    means = y + model.mean - diagonal[:, None] * alpha
    is_own = np.concatenate([model.is_own, np.full(p, counts_pending)])
    means = means[is_own]
    L = np.asfortranarray(L)  # as LAPACK wants it
    apart = np.concatenate([np.broadcast_to(model.apart, n), np.zeros(p)])
    return Fantasies(model, np.vstack([model.X, pending]), L, alpha, apart, means.min(axis=0))


def log_ei(state: Fantasies, X: Array) -> Array:
    """Log of the expected improvement averaged over the fantasies, shape (m,)."""
    mean, sigma = moments(state, X)
    logs = np.log(sigma)[:, None] + log_h((state.incumbents - mean) / sigma[:, None])
    top = logs.max(axis=1)
    found: Array = top + np.log(np.exp(logs - top[:, None]).mean(axis=1))
    return found


def moments(state: Fantasies, X: Array) -> tuple[Array, Array]:
    """Posterior mean per fantasy, shape (m, S), and standard deviation, shape (m,)."""
    model = state.model
    r2 = scaled_distances(X, state.X, model.lengths, model.is_category) + state.apart
    K = model.signal * correlation(r2)
    V = solve_triangular(state.L, K.T, lower=True, check_finite=False)
    variance = np.maximum(model.signal - (V**2).sum(axis=0), 1e-12 * model.signal)
    return model.mean + K @ state.alpha, np.sqrt(variance)


def log_ei_gradient(state: Fantasies, X: Array) -> tuple[Array, Array]:
    """`log_ei` at points (k, d) and its gradients (zero along categories), shapes (k,), (k, d)."""
    model = state.model
    difference = X[:, None, :] - state.X
    difference[..., model.is_category] = difference[..., model.is_category] != 0
    scaled = difference / model.lengths**2
    r2 = (difference * scaled).sum(axis=2) + state.apart
    r = SQRT5 * np.sqrt(r2)
    decay = model.signal * np.exp(-r)
    k = (1 + r + 5 / 3 * r2) * decay
    v, _ = dpotrs(state.L, k.T, lower=1)  # SciPy's wrapper costs as much as the work
    variance = np.maximum(model.signal - (k.T * v).sum(axis=0), 1e-12 * model.signal)
    sigma = np.sqrt(variance)
    z = (state.incumbents - model.mean - k @ state.alpha) / sigma[:, None]
    logs = log_h(z)
    top = logs.max(axis=1)
    weight = np.exp(logs - top[:, None])
    value = np.log(sigma) + top + np.log(weight.mean(axis=1))
    weight /= weight.sum(axis=1)[:, None]
    # d log h / dz = Φ / h; log EI = log sigma + log h((incumbent - mean) / sigma)
    pull = weight * np.exp(np.minimum(log_ndtr(z) - logs, 50.0))
    d_sigma = (1.0 - (pull * z).sum(axis=1)) / sigma
    # dk/dx = -5/3 (1 + √5 r) decay · scaled; dmean/dk = alpha, dsigma/dk = -v / sigma
    d_k = -(pull / sigma[:, None]) @ state.alpha.T - (d_sigma / sigma)[:, None] * v.T
    gradient = -np.matmul((5 / 3 * (1 + r) * decay * d_k)[:, None, :], scaled)[:, 0, :]
    gradient[:, model.is_category] = 0.0
    return value, gradient
