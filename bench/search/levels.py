"""Reference levels of an objective: what random configs reach on average, and its minimum."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Config = Mapping[str, Any]


def typical(
    parameters: Mapping[str, Any], true: Callable[[Config], float], n_draws: int = 4000
) -> float:
    """Mean over random configs."""
    rng = np.random.default_rng(0)
    return float(np.mean([true(draw(parameters, rng)) for _ in range(n_draws)]))


def draw(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A random config; its own few lines, so that no engine's sampler sets the scale."""
    config: dict[str, Any] = {}
    for name, entry in parameters.items():
        if "values" in entry:
            config[name] = entry["values"][rng.integers(len(entry["values"]))]
        elif entry["distribution"] == "int_uniform":
            config[name] = int(rng.integers(entry["min"], entry["max"] + 1))
        elif entry["distribution"] == "log_uniform_values":
            config[name] = float(np.exp(rng.uniform(np.log(entry["min"]), np.log(entry["max"]))))
        else:
            config[name] = float(rng.uniform(entry["min"], entry["max"]))
            if "q" in entry:
                config[name] = round(config[name] / entry["q"]) * entry["q"]
    return config


def minimum(parameters: Mapping[str, Any], true: Callable[[Config], float]) -> float:
    """Minimum by random starts and coordinate steps; used where no closed form is known."""
    rng = np.random.default_rng(1)
    pool = sorted((draw(parameters, rng) for _ in range(3000)), key=true)[:6]
    lowest = math.inf
    for config in pool:
        value, scale = true(config), 0.3
        while scale > 1e-6:
            moved = False
            for name, entry in parameters.items():
                for option in moves(config[name], entry, scale):
                    trial = {**config, name: option}
                    if true(trial) < value - 1e-12:
                        config, value, moved = trial, true(trial), True
            scale = scale if moved else scale / 2
        lowest = min(lowest, value)
    return lowest


def moves(value: Any, entry: Mapping[str, Any], scale: float) -> list[Any]:
    """Values a step away: all of a list, neighbours of a whole number, a share of the range."""
    if "values" in entry:
        return list(entry["values"])
    if entry["distribution"] == "int_uniform":
        return [v for v in (value - 1, value + 1) if entry["min"] <= v <= entry["max"]]
    if "q" in entry:
        moved = (value - entry["q"], value + entry["q"])
        return [v for v in moved if entry["min"] <= v <= entry["max"]]
    if entry["distribution"] == "log_uniform_values":
        span = math.log(entry["max"] / entry["min"]) * scale
        moved = (value * math.exp(-span), value * math.exp(span))
    else:
        span = (entry["max"] - entry["min"]) * scale
        moved = (value - span, value + span)
    return [min(max(v, entry["min"]), entry["max"]) for v in moved]
