"""The engines side by side, each behind one call: what has finished and is pending → a config.

Imports are inside: W&B's package lives in an environment of its own (NumPy below 2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.search.levels import draw
from bench.search.problems import Problem

Ask = Callable[[list[Any], list[Any]], "dict[str, Any] | None"]


def random(problem: Problem, seed: int) -> Ask:
    """Independent samples."""
    rng = np.random.default_rng([1, seed])
    return lambda finished, pending: draw(problem.parameters, rng)


def sobol(problem: Problem, seed: int) -> Ask:
    """Our scrambled Sobol points."""
    return _ours(problem, seed, "sobol")


def ours(problem: Problem, seed: int) -> Ask:
    """Our `method: bayes`."""
    return _ours(problem, seed, None)


def _ours(problem: Problem, seed: int, sampler: str | None) -> Ask:
    from sweepd.search.grammar.sweep_file import parse
    from sweepd.search.observation import Observation
    from sweepd.search.proposing import propose

    spec = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": problem.parameters,
            "sweepd": {"sampler": sampler} if sampler else {},
        }
    )

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any] | None:
        observations = [
            Observation(config, value, "failed" if value is None else "finished")
            for config, value in finished
        ]
        found = propose(spec, observations, pending, 1, seed)
        return found[0] if found else None

    return ask


def tpe(problem: Problem, seed: int) -> Ask:
    """Optuna's default sampler, told results as they come, its study kept."""
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
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    trials: list[tuple[dict[str, Any], Any]] = []
    told = 0

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any]:
        nonlocal told
        for config, value in finished[told:]:
            trial = next(trial for known, trial in trials if known is config)
            state = optuna.trial.TrialState.FAIL if value is None else None
            study.tell(trial, value, state)
        told = len(finished)
        trial = study.ask(dists)
        config = dict(trial.params)
        trials.append((config, trial))
        return config

    return ask


def wandb_sweeps(problem: Problem, seed: int) -> Ask:
    """W&B's own `sweeps` package, method bayes."""
    import warnings

    import sweeps

    warnings.simplefilter("ignore")
    np.random.seed(seed)
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


ENGINES: dict[str, Callable[[Problem, int], Ask]] = {
    "ours": ours,
    "random": random,
    "sobol": sobol,
    "tpe": tpe,
    "wandb": wandb_sweeps,
}
