"""Ingredients of `bayes` taken out or changed, one at a time: `python -m bench.search --ablations`.

A variant is a set of `bayes.Settings`; each is compared with the engine as it is on the same
problems and seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.search.problems import Problem
from sweepd.search.bayes.bayes import propose
from sweepd.search.bayes.gaussian_process import Prior
from sweepd.search.bayes.settings import Settings
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation

VARIANTS: dict[str, dict[str, Any]] = {
    "power transform never": {"warp": False},
    "power transform always": {"warp": True},
    "power transform by evidence alone": {"max_warped_noise": 1e9},
    "pending at the mean": {"is_drawn": False},
    "incumbent from data only": {"counts_pending": False},
    "no gradient": {"n_refined": 0},
    "no local candidates": {"n_spread": 760, "n_local": 8},
    "one length scale for all": {"prior": Prior(log_length_sd=0.01)},
    "independent length scales": {"prior": Prior(log_length_sd=1.0, log_length_common_sd=0.01)},
    "failures not modelled": {"caution": 0.0},
    "model of 30 runs": {"max_fit_points": 30, "max_points": 30},
    "one resolution": {"max_precise_noise": 1e9, "patience": 1000},
}


def engine(problem: Problem, seed: int, variant: str) -> Callable[[list[Any], list[Any]], Any]:
    """`bayes` with some settings changed."""
    settings = Settings(**VARIANTS[variant])
    spec = parse({"method": "bayes", "metric": {"name": "loss"}, "parameters": problem.parameters})

    def ask(finished: list[Any], pending: list[Any]) -> dict[str, Any] | None:
        runs = [
            Observation(config, value, "failed" if value is None else "finished")
            for config, value in finished
        ]
        found = propose(spec, runs, pending, 1, seed, settings)
        return found[0] if found else None

    return ask
