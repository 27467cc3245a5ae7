"""Engines of others, each behind the same call: what has finished and is pending → a config.

Imports are inside, for each lives in an environment of its own (`environments.py`). Each is used as
its documentation shows, with its own defaults.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.search.axes import Axis, axes
from bench.search.problems import Problem

Ask = Callable[[list[Any], list[Any]], "dict[str, Any] | None"]
N_SOBOL = 5  # BoTorch's first points: as many as Ax, the service made of it, begins with


class _Told:
    """What stands for a config in an engine that is told results by an object of its own."""

    def __init__(self) -> None:
        self._handed_out: list[tuple[dict[str, Any], Any]] = []
        self._n_told = 0

    def handed_out(self, config: dict[str, Any], own: Any) -> dict[str, Any]:
        """The config, whose object is kept."""
        self._handed_out.append((config, own))
        return config

    def news(self, finished: list[Any]) -> list[tuple[Any, Any]]:
        """The object and value, None for a failed run, of all results since the last call."""
        new = finished[self._n_told :]
        self._n_told = len(finished)
        own_of = {id(config): own for config, own in self._handed_out}
        return [(own_of[id(config)], value) for config, value in new]


def wandb_sweeps(problem: Problem, seed: int) -> Ask:
    """W&B's own `sweeps` package, method bayes."""
    import sweeps

    warnings.simplefilter("ignore")
    np.random.seed(seed)  # it draws from the global generator
    spec = sweeps.SweepConfig(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": problem.parameters,
        }
    )

    def run(config: dict[str, Any], state: str, value: float | None) -> Any:
        return sweeps.SweepRun(
            config={name: {"value": item} for name, item in config.items()},
            state=state,
            summary_metrics={} if value is None else {"loss": value},
            history=[] if value is None else [{"loss": value}],
        )

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any] | None:
        runs = [
            run(config, "failed" if value is None else "finished", value)
            for config, value in finished
        ]
        runs += [run(config, "running", None) for config in pending]
        found = sweeps.next_run(spec, runs, validate=False)
        if found is None:
            return None
        return {name: item["value"] for name, item in found.config.items()}

    return ask


def tpe(problem: Problem, seed: int) -> Ask:
    """Optuna's default sampler."""
    import optuna

    return _optuna(problem, optuna.samplers.TPESampler(seed=seed))


def gp(problem: Problem, seed: int) -> Ask:
    """Optuna's Gaussian process, which knows what is running."""
    import optuna

    warnings.simplefilter("ignore")
    return _optuna(problem, optuna.samplers.GPSampler(seed=seed))


def _optuna(problem: Problem, sampler: Any) -> Ask:
    """A sampler of Optuna's, told results as they come, its study kept."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    dists: dict[str, Any] = {}
    for name, entry in problem.parameters.items():
        if "values" in entry:
            dists[name] = optuna.distributions.CategoricalDistribution(entry["values"])
        elif entry["distribution"] == "int_uniform":
            dists[name] = optuna.distributions.IntDistribution(entry["min"], entry["max"])
        elif isinstance(entry.get("q"), float):
            dists[name] = optuna.distributions.FloatDistribution(
                entry["min"], entry["max"], step=entry["q"]
            )
        elif "q" in entry:
            dists[name] = optuna.distributions.IntDistribution(
                entry["min"], entry["max"], step=entry["q"]
            )
        else:
            is_log = "log" in entry["distribution"]
            dists[name] = optuna.distributions.FloatDistribution(
                entry["min"], entry["max"], log=is_log
            )
    study = optuna.create_study(sampler=sampler)
    told = _Told()

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any]:
        for trial, value in told.news(finished):
            state = optuna.trial.TrialState.FAIL if value is None else None
            study.tell(trial, value, state)
        trial = study.ask(dists)
        return told.handed_out(dict(trial.params), trial)

    return ask


def botorch(problem: Problem, seed: int) -> Ask:
    """BoTorch's own loop: its default process, noisy log-EI with what is pending, one point at a
    time; options by alternating between them and what is continuous."""
    import torch
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import MixedSingleTaskGP, SingleTaskGP
    from botorch.optim import optimize_acqf
    from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
    from gpytorch.mlls import ExactMarginalLogLikelihood

    warnings.simplefilter("ignore")
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    space = axes(problem.parameters)
    bounds = torch.tensor([[_first(a) for a in space], [_last(a) for a in space]]).double()
    discrete = {i: _codes(a) for i, a in enumerate(space) if a.options and a.is_ordered}
    categories = {i: _codes(a) for i, a in enumerate(space) if a.options and not a.is_ordered}
    sobol = torch.quasirandom.SobolEngine(len(space), scramble=True, seed=seed)

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any]:
        known = [(config, value) for config, value in finished if value is not None]
        if len(known) < N_SOBOL:
            cube = sobol.draw(1, dtype=torch.double)[0]
            return _decoded(space, (bounds[0] + cube * (bounds[1] - bounds[0])).tolist())
        x = torch.tensor([_encoded(space, config) for config, _ in known]).double()
        y = -torch.tensor([[value] for _, value in known]).double()
        if categories:
            model = MixedSingleTaskGP(x, y, cat_dims=list(categories))
        else:
            model = SingleTaskGP(x, y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        waiting = [_encoded(space, config) for config in pending]
        waits = torch.tensor(waiting).double() if waiting else None
        value_of = qLogNoisyExpectedImprovement(model, x, X_pending=waits, prune_baseline=True)
        if discrete or categories:
            found, _ = optimize_acqf_mixed_alternating(
                value_of, bounds, discrete, categories, q=1, raw_samples=256, num_restarts=4
            )
        else:
            found, _ = optimize_acqf(value_of, bounds, q=1, num_restarts=4, raw_samples=256)
        return _decoded(space, found[0].tolist())

    return ask


def _codes(axis: Axis) -> list[float]:
    """What stands for the options: in [0, 1] for numbers, so that steps have a length."""
    n = len(axis.options)
    return [i / max(1, n - 1) if axis.is_ordered else float(i) for i in range(n)]


def _first(axis: Axis) -> float:
    return 0.0


def _last(axis: Axis) -> float:
    return 1.0 if not axis.options or axis.is_ordered else len(axis.options) - 1.0


def _encoded(space: list[Axis], config: dict[str, Any]) -> list[float]:
    row = []
    for axis in space:
        value = config[axis.name]
        if axis.options:
            row.append(_codes(axis)[axis.options.index(value)])
        elif axis.is_log:
            low, high = np.log(axis.low), np.log(axis.high)
            row.append(float((np.log(value) - low) / (high - low)))
        else:
            row.append(float((value - axis.low) / (axis.high - axis.low)))
    return row


def _decoded(space: list[Axis], row: list[float]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for axis, code in zip(space, row, strict=True):
        if axis.options:
            config[axis.name] = axis.options[int(np.argmin(np.abs(np.array(_codes(axis)) - code)))]
            continue
        low, high = (np.log(axis.low), np.log(axis.high)) if axis.is_log else (axis.low, axis.high)
        value = float(low + np.clip(code, 0.0, 1.0) * (high - low))
        value = float(np.exp(value)) if axis.is_log else value
        config[axis.name] = min(max(value, axis.low), axis.high)
    return config


def smac(problem: Problem, seed: int) -> Ask:
    """SMAC3's facade for hyperparameters: random forest, its own first design."""
    import ConfigSpace
    from smac import HyperparameterOptimizationFacade, Scenario
    from smac.runhistory import StatusType, TrialValue

    warnings.simplefilter("ignore")
    space = axes(problem.parameters)
    configs = ConfigSpace.ConfigurationSpace(seed=seed)
    for axis in space:
        if axis.options and axis.is_ordered:
            configs.add(ConfigSpace.Integer(axis.name, (0, len(axis.options) - 1)))
        elif axis.options:
            configs.add(ConfigSpace.Categorical(axis.name, list(range(len(axis.options)))))
        else:
            bounds = (axis.low, axis.high)
            configs.add(ConfigSpace.Float(axis.name, bounds, log=axis.is_log))
    folder = tempfile.mkdtemp()
    scenario = Scenario(
        configs, output_directory=folder, deterministic=True, n_trials=60, seed=seed
    )
    facade = HyperparameterOptimizationFacade(
        scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=False
    )
    told = _Told()

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any] | None:
        for info, value in told.news(finished):
            if value is None:  # its own default, infinity, breaks its model
                worst = max((v for _, v in finished if v is not None), default=0.0)
                facade.tell(info, TrialValue(cost=worst, status=StatusType.CRASHED))
            else:
                facade.tell(info, TrialValue(cost=value))
        try:
            info = facade.ask()
        except StopIteration:  # nothing new is left
            return None
        raw = dict(info.config)
        config = {
            a.name: a.options[raw[a.name]] if a.options else float(raw[a.name]) for a in space
        }
        return told.handed_out(config, info)

    return ask


def hebo(problem: Problem, seed: int) -> Ask:
    """HEBO with its own defaults: a warped process, its point drawn from the front of three
    acquisitions. It has no place for what is pending, and leaves failed runs out."""
    import torch
    from hebo.design_space.design_space import DesignSpace
    from hebo.optimizers.hebo import HEBO

    warnings.simplefilter("ignore")
    np.random.seed(seed)  # it draws from the global generators
    torch.manual_seed(seed)
    space = axes(problem.parameters)
    rules: list[dict[str, Any]] = []
    for axis in space:
        if axis.options and axis.is_ordered:
            rules.append({"type": "int", "lb": 0, "ub": len(axis.options) - 1})
        elif axis.options:
            rules.append({"type": "cat", "categories": list(range(len(axis.options)))})
        else:
            rules.append({"type": "pow" if axis.is_log else "num", "lb": axis.low, "ub": axis.high})
        rules[-1]["name"] = axis.name
    optimizer = HEBO(DesignSpace().parse(rules), scramble_seed=seed)
    told = _Told()

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any]:
        for row, value in told.news(finished):
            optimizer.observe(row, np.array([[np.inf if value is None else value]]))
        row = optimizer.suggest(1)
        raw = row.iloc[0]
        config = {
            a.name: a.options[int(raw[a.name])]
            if a.options
            else min(max(float(raw[a.name]), a.low), a.high)
            for a in space
        }
        return told.handed_out(config, row)

    return ask
