"""Bayesian optimisation: a Gaussian process and log expected improvement over fantasies.

A first design of scrambled Sobol points; then each ask fits the process to at most MAX_POINTS
chosen runs, draws joint fantasies for what is pending, and returns the feasible, unused config of
highest log-EI among spread and local candidates, the best of them refined by gradient. Nothing is
kept between calls: the same runs and seed give the same configs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import Bounds, minimize

from sweepd.search.bayes.acquisition import Fantasies, fantasise, log_ei, log_ei_gradient
from sweepd.search.bayes.candidates import around, neighbours, spread
from sweepd.search.bayes.gaussian_process import (
    Fit,
    Mask,
    Prior,
    condition,
    fit,
    scaled_distances,
    theta_of,
)
from sweepd.search.bayes.known import COARSE, RESOLUTION, Known
from sweepd.search.bayes.objective import Data, choose_subset, gather, warps
from sweepd.search.coordinates import Coordinates
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
    gap: float = 0.2  # between their starts, length scales
    warp: bool | None = None  # the bad tail drawn in always or never; None: by evidence
    max_warped_noise: float = 0.02  # share of the signal above which nothing is drawn in
    max_precise_noise: float = 1e-4  # share of the signal above which places are COARSE
    patience: int = 8  # results without a new best after which they are, too
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
    *,
    may_repeat: bool = False,
) -> list[Config]:
    """Up to `n` configs, each taken with the earlier ones pending; see `proposing.propose`."""
    coordinates = Coordinates(spec.space)
    metric = spec.metric or Metric("")
    data = gather(coordinates, metric, observations, pending)
    taken_before = np.vstack([data.X, data.pending])
    known = Known(coordinates, taken_before[:0] if may_repeat else taken_before)
    number = len(observations) + len(pending)
    n_design = design_size(coordinates.d) if settings.n_design is None else settings.n_design
    model: Fit | None = None
    found: list[Config] = []
    taken: list[Array] = []

    @cache
    def used() -> set[str]:
        """Keys of all runs: costly for many, and only the design asks for them."""
        return used_keys(spec, observations, pending, may_repeat)

    def designed(place: int) -> Config | None:
        return design_config(spec, place, seed, used() | {spec.space.key(c) for c in found})

    for i in range(n):
        is_flat = len(data.y) < settings.n_results or float(np.ptp(data.y)) == 0.0
        if coordinates.d == 0 or is_flat or number + i < n_design:
            config = designed(number + i)
        else:
            if model is None:
                model = model_of(data, coordinates.is_category, settings)
            rng = np.random.default_rng([seed, number + i])
            waiting = np.vstack([data.pending, *[point[None] for point in taken]])
            is_fine = model.noise <= settings.max_precise_noise * model.signal
            is_fine = is_fine and data.n_since_best < settings.patience
            known.resolution = RESOLUTION if is_fine else COARSE
            config = _best_config(spec, coordinates, model, waiting, known, rng, settings)
            if config is None:
                config = designed(number + i)
        if config is None:
            break
        found.append(config)
        taken.append(coordinates.of_configs([config])[0])
        known.add(taken[-1])
    return found


def model_of(data: Data, category: Mask, settings: Settings = DEFAULT) -> Fit:
    """The process on results as they are or with the bad tail drawn in: what explains more."""
    few = choose_subset(data.X, data.y, category, settings.max_fit_points)
    options = warps(data.y)
    if settings.warp is not None:
        options = options[-1:] if settings.warp else options[:1]
    fits: list[Fit] = []
    for option in options:
        start = theta_of(fits[0]) if fits else None  # nearly right for the other warp as well
        scatter = float(option.scatter(data.scatter)[few].sum())
        fits.append(
            fit(
                data.X[few],
                option.y[few],
                category,
                data.counts[few],
                settings.prior,
                start=start,
                scatter=scatter,
            )
        )
    at = len(fits) - 1
    if len(fits) > 1:
        evidence = [
            found.log_evidence + float(option.log_slope[few].sum())
            for found, option in zip(fits, options, strict=True)
        ]
        # Drawing in the bad tail magnifies noise at the good end, where it hurts most.
        is_noisy = fits[1].noise > settings.max_warped_noise * fits[1].signal
        at = 0 if is_noisy or evidence[0] > evidence[1] else 1
    model, y = fits[at], options[at].y
    if len(y) == len(few):
        return model
    many = choose_subset(data.X, y, category, settings.max_points)
    theta = theta_of(model)
    return condition(data.X[many], y[many], category, theta, data.counts[many])


def _best_config(
    spec: SweepSpec,
    coordinates: Coordinates,
    model: Fit,
    pending: Array,
    known: Known,
    rng: np.random.Generator,
    settings: Settings,
) -> Config | None:
    """The new, feasible config of highest log-EI; None if no candidate is one."""
    draws = rng.standard_normal((settings.n_fantasies, len(pending)))
    state = fantasise(model, pending, draws, not settings.is_drawn, settings.counts_pending)
    points = _candidates(coordinates, model, rng, settings)
    scores = log_ei(state, points)
    order = np.argsort(-scores)
    if coordinates.is_free.any() and settings.n_refined:
        starts = _apart(model, points, scores, settings.n_refined, settings.gap)
        refined = refine(state, starts, coordinates, settings.polish)
        points = np.vstack([refined, points])
        scores = np.concatenate([log_ei(state, refined), scores])
        order = np.argsort(-scores)
    for at in order:
        if known.has(points[at]):  # before decoding, which costs more
            continue
        config = coordinates.to_config(points[at])
        if known.has(coordinates.of_configs([config])[0]):
            continue
        if spec.space.is_feasible(config):
            return config
    return None


def _candidates(
    coordinates: Coordinates,
    model: Fit,
    rng: np.random.Generator,
    settings: Settings,
) -> Array:
    n_configs = coordinates.space.n_configs
    if n_configs is not None and n_configs <= settings.n_spread + settings.n_local:
        return coordinates.all_points()
    best = model.X[np.argsort(model.y, kind="stable")[: settings.n_centres]]
    widths = np.minimum(model.lengths * settings.width, settings.max_width)
    local = around(coordinates, coordinates.snap(best), widths, settings.n_local, rng)
    near = np.vstack([neighbours(coordinates, point) for point in coordinates.snap(best)])
    return np.vstack([spread(coordinates, settings.n_spread, rng), local, near])


def refine(state: Fantasies, starts: Array, coordinates: Coordinates, polish: float) -> Array:
    """Climb log-EI from all starts at once along the continuous dimensions, shape (k, d)."""
    free = np.tile(coordinates.is_free, (len(starts), 1))

    def downhill(part: Array) -> tuple[float, Array]:
        points = starts.copy()
        points[free] = part
        values, gradients = log_ei_gradient(state, points)
        return -float(values.sum()), -gradients[free]

    low = np.maximum(coordinates.low, starts - polish)[free]
    high = np.minimum(coordinates.high, starts + polish)[free]
    found = minimize(
        downhill,
        starts[free],
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(low, high),
        options={"maxiter": 20, "maxfun": 30},
    )
    points = starts.copy()
    points[free] = found.x
    return points


def _apart(model: Fit, points: Array, scores: Array, n: int, gap: float) -> Array:
    """At most `n` points of high score, each at least `gap` length scales from the others."""
    left = scores.copy()
    chosen: list[int] = []
    while len(chosen) < n:
        at = int(left.argmax())
        if not left[at] > -math.inf:
            break
        chosen.append(at)
        r2 = scaled_distances(points[at : at + 1], points, model.lengths, model.is_category)[0]
        left[r2 < gap**2] = -math.inf
        left[at] = -math.inf
    found: Array = points[chosen]
    return found
