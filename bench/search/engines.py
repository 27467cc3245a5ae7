"""The engines side by side, each behind one call: what has finished and is pending → a config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.search import peers
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


ENGINES: dict[str, Callable[[Problem, int], Ask]] = {
    "ours": ours,
    "random": random,
    "sobol": sobol,
    "tpe": peers.tpe,
    "wandb": peers.wandb_sweeps,
    "gp": peers.gp,
    "botorch": peers.botorch,
    "smac": peers.smac,
    "hebo": peers.hebo,
}


def engine_of(name: str) -> Callable[[Problem, int], Ask]:
    """An engine, or a variant of ours by its name."""
    if name in ENGINES:
        return ENGINES[name]
    from bench.search import ablations

    return lambda problem, seed: ablations.engine(problem, seed, name)
