"""Bayesian optimisation: a Gaussian process and log expected improvement over fantasies.

A first design of scrambled Sobol points; then each ask fits the process to at most MAX_POINTS
chosen runs, draws joint fantasies for what is pending, and returns the feasible, unused config of
highest log-EI among spread and local candidates, the best of them refined by gradient. Nothing is
kept between calls: the same runs and seed give the same configs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize

from sweepd.search.acquisition import Fantasies, fantasise, log_ei, log_ei_gradient
from sweepd.search.candidates import around, neighbours, spread
from sweepd.search.coordinates import Coordinates
from sweepd.search.gaussian_process import Fit, Prior, condition, fit
from sweepd.search.objective import Data, choose_subset, compress, gather
from sweepd.search.observation import Observation
from sweepd.search.parameter import Array
from sweepd.search.proposing import used_keys
from sweepd.search.sobol import design_config
from sweepd.search.space import Config
from sweepd.search.spec import Metric, SweepSpec


@dataclass(frozen=True)
class Settings:
    """What the ablations of bench/search vary; the defaults are what they left standing."""

    n_design: int | None = None  # None: see `design_size`
    max_points: int = 200  # the model's data
    max_fit_points: int = 75  # data for the hyperparameters
    n_fantasies: int = 16
    n_spread: int = 256
    n_local: int = 512
    n_refined: int = 4
    is_compressed: bool = True
    prior: Prior = field(default_factory=Prior)
    n_results: int = 3  # results before the model is asked
    is_drawn: bool = True  # fantasies drawn from the posterior, else its mean
    counts_pending: bool = True  # fantasies may lower the incumbent
    width: float = 0.5  # of local moves, in length scales
    max_width: float = 0.3
    n_centres: int = 5
    polish: float = 0.05  # gradient steps stay this close to where they start


DEFAULT = Settings()


def design_size(d: int) -> int:
    """Points of the first design."""
    return min(2 + d, 8)


def propose(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
    settings: Settings = DEFAULT,
) -> list[Config]:
    """Up to `n` configs, each taken with the earlier ones pending; see `proposing.propose`."""
    coordinates = Coordinates(spec.space)
    metric = spec.metric or Metric("")
    data = gather(coordinates, metric, observations, pending)
    used = used_keys(spec, observations, pending)
    number = len(observations) + len(pending)
    n_design = design_size(coordinates.d) if settings.n_design is None else settings.n_design
    model: Fit | None = None
    found: list[Config] = []
    taken: list[Array] = []
    for i in range(n):
        is_flat = len(data.y) < settings.n_results or float(np.ptp(data.y)) == 0.0
        if coordinates.d == 0 or is_flat or number + i < n_design:
            config = design_config(spec, number + i, seed, used)
        else:
            if model is None:
                model = _model(data, coordinates, settings)
            rng = np.random.default_rng([seed, number + i])
            waiting = np.vstack([data.pending, *[point[None] for point in taken]])
            config = _best_config(spec, coordinates, model, waiting, used, rng, settings)
            if config is None:
                config = design_config(spec, number + i, seed, used)
        if config is None:
            break
        used.add(spec.space.key(config))
        found.append(config)
        taken.append(coordinates.of_configs([config])[0])
    return found


def _model(data: Data, coordinates: Coordinates, settings: Settings) -> Fit:
    y = compress(data.y) if settings.is_compressed else _standardise(data.y)
    category = coordinates.is_category
    few = choose_subset(data.X, y, category, settings.max_fit_points)
    model = fit(data.X[few], y[few], category, data.counts[few], settings.prior)
    if len(y) == len(few):
        return model
    many = choose_subset(data.X, y, category, settings.max_points)
    theta = np.concatenate([np.log(model.lengths), [math.log(model.signal), math.log(model.noise)]])
    return condition(data.X[many], y[many], category, theta, data.counts[many])


def _standardise(y: Array) -> Array:
    standard: Array = (y - y.mean()) / y.std()
    return standard


def _best_config(
    spec: SweepSpec,
    coordinates: Coordinates,
    model: Fit,
    pending: Array,
    used: set[str],
    rng: np.random.Generator,
    settings: Settings,
) -> Config | None:
    """The unused, feasible config of highest log-EI; None if no candidate is one."""
    draws = rng.standard_normal((settings.n_fantasies, len(pending)))
    state = fantasise(model, pending, draws, not settings.is_drawn, settings.counts_pending)
    points = _candidates(coordinates, model, rng, settings)
    scores = log_ei(state, points)
    order = np.argsort(-scores)
    if coordinates.is_free.any() and settings.n_refined:
        starts = points[order[: settings.n_refined * 4 : 4]]
        refined = np.array(
            [_refine(state, start, coordinates, settings.polish) for start in starts]
        )
        points = np.vstack([refined, points])
        scores = np.concatenate([log_ei(state, refined), scores])
        order = np.argsort(-scores)
    for at in order:
        config = coordinates.to_config(points[at])
        is_new = spec.space.n_configs is None or spec.space.key(config) not in used
        if is_new and spec.space.is_feasible(config):
            return config
    return None


def _candidates(
    coordinates: Coordinates, model: Fit, rng: np.random.Generator, settings: Settings
) -> Array:
    n_configs = coordinates.space.n_configs
    if n_configs is not None and n_configs <= settings.n_spread + settings.n_local:
        return coordinates.all_points()
    best = model.X[np.argsort(model.y, kind="stable")[: settings.n_centres]]
    widths = np.minimum(model.lengths * settings.width, settings.max_width)
    local = around(coordinates, coordinates.snap(best), widths, settings.n_local, rng)
    near = np.vstack([neighbours(coordinates, point) for point in coordinates.snap(best)])
    return np.vstack([spread(coordinates, settings.n_spread, rng), local, near])


def _refine(state: Fantasies, start: Array, coordinates: Coordinates, polish: float) -> Array:
    """Climb log-EI along the continuous dimensions, shape (d,)."""
    free = coordinates.is_free

    def downhill(part: Array) -> tuple[float, Array]:
        point = start.copy()
        point[free] = part
        value, gradient = log_ei_gradient(state, point)
        return -value, -gradient[free]

    low = np.maximum(coordinates.low[free], start[free] - polish)
    high = np.minimum(coordinates.high[free], start[free] + polish)
    bounds = list(zip(low, high, strict=True))
    found = minimize(downhill, start[free], jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"maxiter": 20, "maxfun": 30})  # fmt: skip
    point = start.copy()
    point[free] = found.x
    return point
