"""Samplers of Optuna behind `sweepd: {sampler: tpe | cmaes | nsga2}`; the extra `samplers`.

Every ask builds a study from the runs known, so nothing is kept between calls; at most MAX_TRIALS
runs are told, the best and the latest of them. With `metrics:` the study has several objectives.
"""

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.errors import SamplerMissing
from sweepd.search.observation import Observation
from sweepd.search.proposing import used_keys
from sweepd.search.random_draws import sample_new
from sweepd.search.space import Config
from sweepd.search.spec import Metric, SweepSpec

MAX_TRIALS = 500
MAX_REPEATS = 20  # asks that may yield a used or infeasible config before a random one is taken


def propose(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
    *,
    may_repeat: bool = False,
) -> list[Config]:
    """See `proposing.propose`.

    Raises:
        SamplerMissing: Optuna (or, for cmaes, its package `cmaes`) is not installed.
    """
    optuna = _optuna(spec.method)
    coordinates = Coordinates(spec.space)
    metrics = spec.metrics or ((spec.metric,) if spec.metric else (Metric(""),))
    used = used_keys(spec, observations, pending, may_repeat)
    number = len(observations) + len(pending)
    sampler = _sampler(optuna, spec.method, (seed + number) % 2**32)
    directions = [str(metric.goal) for metric in metrics]
    study = optuna.create_study(sampler=sampler, directions=directions)
    distributions = _distributions(optuna, coordinates)
    _tell(optuna, study, distributions, coordinates, metrics, observations)
    rng = np.random.default_rng([seed, number])
    waiting = [*(o.config for o in observations if o.is_running), *pending]
    for point in coordinates.of_configs(waiting):
        if np.isfinite(point).all():  # asked and never told: tpe then counts them as bad
            study.enqueue_trial(_parameters(coordinates, point))
            study.ask(distributions)
    found: list[Config] = []
    for _ in range(n):
        config = None
        for _ in range(MAX_REPEATS):
            trial = study.ask(distributions)
            drawn = coordinates.to_config(_point(coordinates, trial.params))
            is_new = spec.space.n_configs is None or spec.space.key(drawn) not in used
            if is_new and spec.space.is_feasible(drawn):
                config = drawn
                break
        if config is None:
            config = sample_new(spec.space, rng, used)
        if config is None:
            break
        used.add(spec.space.key(config))
        found.append(config)
    return found


def _optuna(method: str) -> Any:
    try:
        import optuna

        if method == "cmaes":
            import_module("cmaes")
    except ImportError as error:
        raise SamplerMissing(
            f"sweepd.sampler: {method} needs the package {error.name}; "
            f"pip install optuna cmaes, or remove the key"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _sampler(optuna: Any, method: str, seed: int) -> Any:
    if method == "tpe":
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    if method == "cmaes":
        return optuna.samplers.CmaEsSampler(seed=seed)
    return optuna.samplers.NSGAIISampler(seed=seed)


def _distributions(optuna: Any, coordinates: Coordinates) -> dict[str, Any]:
    """One distribution per dimension, on model coordinates: places of a lattice, or [0, 1]."""
    made: dict[str, Any] = {}
    for j, dimension in enumerate(coordinates.space.dimensions):
        lattice = coordinates.lattices[j]
        if coordinates.is_category[j]:
            assert lattice is not None
            choices = list(range(len(lattice)))
            made[dimension.name] = optuna.distributions.CategoricalDistribution(choices)
        elif lattice is not None:
            made[dimension.name] = optuna.distributions.IntDistribution(0, len(lattice) - 1)
        else:
            low, high = float(coordinates.low[j]), float(coordinates.high[j])
            made[dimension.name] = optuna.distributions.FloatDistribution(low, high)
    return made


def _parameters(coordinates: Coordinates, point: Array) -> dict[str, Any]:
    inside = coordinates.snap(point[None])[0]
    found: dict[str, Any] = {}
    for j, dimension in enumerate(coordinates.space.dimensions):
        lattice = coordinates.lattices[j]
        value = float(inside[j])
        found[dimension.name] = (
            value if lattice is None else int(np.argmin(np.abs(lattice - value)))
        )
    return found


def _point(coordinates: Coordinates, parameters: Mapping[str, Any]) -> Array:
    values = []
    for j, dimension in enumerate(coordinates.space.dimensions):
        lattice = coordinates.lattices[j]
        value = parameters[dimension.name]
        values.append(float(value) if lattice is None else float(lattice[int(value)]))
    return np.array(values)


def _tell(
    optuna: Any,
    study: Any,
    distributions: Mapping[str, Any],
    coordinates: Coordinates,
    metrics: Sequence[Metric],
    observations: Sequence[Observation],
) -> None:
    """Tell the ended runs in their order; those without finite values, or of another space, are
    left out.

    tpe reads whatever trials there are. cmaes and nsga2 read those alone that they were asked for,
    which are numbered by generation: so they are asked for each result, its config enqueued.
    """
    ended = [o for o in observations if not o.is_running and _values(o, metrics) is not None]
    if len(ended) > MAX_TRIALS:
        sign = metrics[0].goal.sign
        early = range(len(ended) - 100)
        best = sorted(early, key=lambda i: sign * (_values(ended[i], metrics) or [0.0])[0])
        ended = [ended[i] for i in sorted(best[: MAX_TRIALS - 100])] + ended[-100:]
    points = coordinates.of_configs([o.config for o in ended])
    for o, point in zip(ended, points, strict=True):
        if not np.isfinite(point).all():
            continue
        parameters, values = _parameters(coordinates, point), _values(o, metrics)
        if isinstance(study.sampler, optuna.samplers.TPESampler):
            study.add_trial(
                optuna.trial.create_trial(
                    params=parameters, distributions=dict(distributions), values=values
                )
            )
        else:
            study.enqueue_trial(parameters)
            trial = study.ask(dict(distributions))
            _ = trial.relative_params  # asking for these numbers its generation
            study.tell(trial, values)


def _values(o: Observation, metrics: Sequence[Metric]) -> list[float] | None:
    values = list(o.objectives) if len(metrics) > 1 else [o.value]
    if len(values) != len(metrics) or any(v is None or not math.isfinite(v) for v in values):
        return None
    return [float(v) for v in values if v is not None]
