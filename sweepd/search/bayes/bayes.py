"""Bayesian optimisation: a Gaussian process and log expected improvement over fantasies.

A first design of scrambled Sobol points; then each ask fits the process to at most MAX_POINTS
chosen runs, draws joint fantasies for what is pending, and returns the feasible, unused config of
highest log-EI among spread and local candidates, the best of them refined by gradient. Nothing is
kept between calls: the same runs and seed give the same configs.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import Bounds, minimize

from sweepd.search.bayes.acquisition import Fantasies, fantasise, log_ei, log_ei_gradient
from sweepd.search.bayes.candidates import around, neighbours, spread
from sweepd.search.bayes.costs import Costs
from sweepd.search.bayes.failures import Failures
from sweepd.search.bayes.gaussian_process import Fit, scaled_distances
from sweepd.search.bayes.known import COARSE, RESOLUTION, Known
from sweepd.search.bayes.model import model_of
from sweepd.search.bayes.objective import gather
from sweepd.search.bayes.outliers import is_borne_out
from sweepd.search.bayes.prior_runs import weighed
from sweepd.search.bayes.settings import DEFAULT, Settings
from sweepd.search.bayes.several import joined
from sweepd.search.bayes.sources import beside, read_sources
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.errors import NoFeasibleConfig, TooMuchWork
from sweepd.search.feasible import Feasible
from sweepd.search.observation import Observation
from sweepd.search.proposing import used_keys
from sweepd.search.sobol import design_config
from sweepd.search.space import Config
from sweepd.search.spec import Metric, SweepSpec


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
    """Up to `n` configs, each taken with the earlier ones pending; see `proposing.propose`.

    With several metrics each is for other weights of them (`several.py`).
    """
    if spec.metrics:
        chosen: list[Config] = []
        one = replace(spec, metric=Metric(""), metrics=())
        for i in range(n):
            rng = np.random.default_rng([seed, len(observations) + len(pending) + i])
            runs = joined(observations, spec.metrics, rng)
            more = propose(one, runs, [*pending, *chosen], 1, seed, settings, may_repeat=may_repeat)
            if not more:
                break
            chosen += more
        return chosen
    coordinates = Coordinates(spec.space)
    metric = spec.metric or Metric("")
    here = [o for o in observations if not o.source]  # their configs count as done
    told = weighed(coordinates, metric, observations, settings)
    own = [o for o in told if not o.source]
    sources = read_sources(coordinates, metric.goal.sign, told, settings)
    data = gather(coordinates, metric, own, pending)
    known = Known(coordinates, [] if may_repeat else [*(o.config for o in here), *pending])
    number = len(here) + len(pending)
    n_prior = sum(o.is_prior for o in here)
    n_design = design_size(coordinates.d) if settings.n_design is None else settings.n_design
    is_flat = len(data.y) < settings.n_results or float(np.ptp(data.y)) == 0.0
    found: list[Config] = []
    taken: list[Array] = []

    @cache
    def used() -> set[str]:
        """Keys of all runs: costly for many, and only the design asks for them."""
        return used_keys(spec, here, pending, may_repeat)

    def designed(place: int) -> Config | None:
        return design_config(spec, place, seed, used() | {spec.space.key(c) for c in found})

    @cache
    def modelled() -> tuple[Fit, Callable[[Array], Array]]:
        """Of the results there are, and of earlier sweeps as far as they tell; and what else
        speaks for a place, or against it, in units of log-EI."""
        is_good = is_borne_out(data.X, data.y, coordinates.is_category)
        believed = data if is_good else data.without(int(data.y.argmin()))
        model = model_of(believed, coordinates.is_category, settings)
        model = beside(model, sources, settings.prior) if sources else model
        failures = Failures(data.X, data.failed, model)
        if spec.extras.budget is None:  # runs are what is limited
            return model, lambda X: settings.caution * failures.log_chance(X)
        costs = Costs(coordinates, own, settings.prior)
        return (
            model,
            lambda X: (
                settings.caution * failures.log_chance(X) - settings.thrift * costs.log_seconds(X)
            ),
        )

    for i in range(n):
        place = (
            number - n_prior + i
        )  # of the design, which a source that is believed makes needless
        is_checked = n_prior > 0 and place % 2 == 0  # the others of the design hold against it
        by_model = not is_flat and (
            place >= n_design or is_checked or (bool(sources) and not modelled()[0].is_own.all())
        )
        if coordinates.d == 0 or not by_model:
            config = designed(place)
        else:
            model, beside_ei = modelled()
            rng = np.random.default_rng([seed, number + i])
            waiting = np.vstack([data.pending, *[point[None] for point in taken]])
            is_fine = model.noise <= settings.max_precise_noise * model.signal
            is_fine = is_fine and data.n_since_best < settings.patience
            known.resolution = RESOLUTION if is_fine else COARSE
            config = _best_config(
                spec, coordinates, model, beside_ei, waiting, known, rng, settings
            )
            if config is None:
                config = designed(place)
        if config is None:
            break
        found.append(config)
        taken.append(coordinates.of_configs([config])[0])
        known.add(config)
    return found


def _best_config(
    spec: SweepSpec,
    coordinates: Coordinates,
    model: Fit,
    beside_ei: Callable[[Array], Array],
    pending: Array,
    known: Known,
    rng: np.random.Generator,
    settings: Settings,
) -> Config | None:
    """The new, feasible config of highest log-EI and what speaks for its place beside that; None
    if no candidate is one."""
    draws = rng.standard_normal((settings.n_fantasies, len(pending)))
    state = fantasise(model, pending, draws, not settings.is_drawn, settings.counts_pending)
    points = _candidates(coordinates, model, rng, settings)

    def score(X: Array) -> Array:
        return log_ei(state, X) + beside_ei(X)

    scores = score(points)
    order = np.argsort(-scores)
    if coordinates.is_free.any() and settings.n_refined:
        starts = _apart(model, points, scores, settings.n_refined, settings.gap)
        refined = refine(state, starts, coordinates, settings.polish)
        refined = coordinates.without_idle(refined)
        points = np.vstack([refined, points])
        scores = np.concatenate([score(refined), scores])
        order = np.argsort(-scores)
    found, n_refused = None, 0
    for at in order:
        if known.has(points[at]):  # before decoding, which costs more
            continue
        config = coordinates.to_config(points[at])
        if not spec.space.is_feasible(config):
            n_refused += 1
            if n_refused > settings.n_refused and coordinates.space.n_configs is None:
                break
            continue
        if not known.has(coordinates.of_configs([config])[0]):
            found = config
            break
    if n_refused <= settings.n_refused:
        return found
    starts = _apart(model, points, scores, settings.n_mended, settings.gap)
    mended = _mended(spec, coordinates, starts, known, rng)
    if found is not None:
        mended.append(found)
    if not mended:
        return None
    return mended[int(score(coordinates.of_configs(mended)).argmax())]


def _mended(
    spec: SweepSpec,
    coordinates: Coordinates,
    points: Array,
    known: Known,
    rng: np.random.Generator,
) -> list[Config]:
    """New configs that meet the constraints, found from these points on."""
    feasible = Feasible(spec.space)
    found: list[Config] = []
    for point in points:
        unit = spec.space.encode(coordinates.to_config(point))
        try:
            config = feasible.near(unit, rng, starts=1)
        except (NoFeasibleConfig, TooMuchWork):
            break
        if config is not None and not known.has(coordinates.of_configs([config])[0]):
            found.append(config)
    return found


def _candidates(
    coordinates: Coordinates,
    model: Fit,
    rng: np.random.Generator,
    settings: Settings,
) -> Array:
    n_configs = coordinates.space.n_configs
    if n_configs is not None and n_configs <= settings.n_spread + settings.n_local:
        return coordinates.without_idle(coordinates.all_points())
    best = model.X[np.argsort(model.y, kind="stable")[: settings.n_centres]]
    widths = np.minimum(model.lengths * settings.width, settings.max_width)
    local = around(coordinates, coordinates.snap(best), widths, settings.n_local, rng)
    near = np.vstack([neighbours(coordinates, point, rng) for point in coordinates.snap(best)])
    points = np.vstack([spread(coordinates, settings.n_spread, rng), local, near])
    return coordinates.without_idle(points)


def refine(state: Fantasies, starts: Array, coordinates: Coordinates, polish: float) -> Array:
    """Climb log-EI from all starts at once along the continuous dimensions, shape (k, d)."""
    free = np.tile(coordinates.is_free, (len(starts), 1))
    if coordinates.space.when:
        free &= starts != coordinates.left_out  # what is not there has no slope

    def downhill(part: Array) -> tuple[float, Array]:
        points = starts.copy()
        points[free] = part
        values, gradients = log_ei_gradient(state, points)
        return -float(values.sum()), -gradients[free]

    if not free.any():
        return starts.copy()
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
