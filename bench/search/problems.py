"""Problems to search, in two halves: one to develop on, one held out.

Needs NumPy only, so that every engine's environment can run it. A problem is a sweep's
`parameters:`, a true objective to minimise, the noise a run sees on top, and two reference levels:
the optimum and the mean of random configs, between which regret is scaled.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Config = Mapping[str, Any]
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Problem:
    """One objective to minimise.

    Attributes:
        half: "develop" or "held out".
        true: Noiseless objective of a config.
        best: Its minimum over the space.
        typical: Its mean over random configs; regret is (true - best) / (typical - best).
        noise: Standard deviation of what a run sees, objective units.
    """

    name: str
    half: str
    parameters: dict[str, Any]
    true: Callable[[Config], float]
    best: float
    typical: float
    noise: float = 0.0

    def regret(self, config: Config) -> float:
        """0 at the optimum, 1 where random configs are on average."""
        return max(0.0, (self.true(config) - self.best) / (self.typical - self.best))


def box(low: float, high: float, d: int) -> dict[str, Any]:
    """d uniform parameters x0, x1, …"""
    return {f"x{i}": {"distribution": "uniform", "min": low, "max": high} for i in range(d)}


def vector(config: Config) -> np.ndarray:
    """The x0, x1, … of a config."""
    return np.array([config[f"x{i}"] for i in range(len(config))], dtype=float)


def branin(config: Config) -> float:
    """Three equal minima; Dixon & Szegö (1978)."""
    x, y = vector(config)
    a = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return float(a**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


_H_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_H6_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_H6_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_H3_A = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_H3_P = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)


def hartmann(config: Config) -> float:
    """Three- or six-dimensional Hartmann function; Dixon & Szegö (1978)."""
    x = vector(config)
    a, p = (_H6_A, _H6_P) if len(x) == 6 else (_H3_A, _H3_P)
    return float(-_H_ALPHA @ np.exp(-(a * (x - p) ** 2).sum(1)))


def ackley(config: Config) -> float:
    """Shifted off the centre, where engines that start there would be flattered."""
    x = vector(config) - 1.7
    waves = math.exp(float(np.cos(2 * math.pi * x).mean()))
    return -20 * math.exp(-0.2 * math.sqrt(float((x**2).mean()))) - waves + 20 + math.e


def levy(config: Config) -> float:
    """Ridges and one valley; Laguna & Martí (2005)."""
    w = 1 + (vector(config) - 1) / 4
    body = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + body + last)


def rosenbrock(config: Config) -> float:
    """A curved valley over five orders of magnitude."""
    x = vector(config)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def goldstein(config: Config) -> float:
    """Goldstein-Price: values from 3 to a million."""
    x, y = vector(config)
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return float((1 + (x + y + 1) ** 2 * a) * (30 + (2 * x - 3 * y) ** 2 * b))


def styblinski(config: Config) -> float:
    """Styblinski-Tang: 2^d valleys of unlike depth."""
    x = vector(config)
    return float((x**4 - 16 * x**2 + 5 * x).sum() / 2)


def michalewicz(config: Config) -> float:
    """Steep narrow valleys on flat ground, m = 4."""
    x = vector(config)
    i = np.arange(1, len(x) + 1)
    return float(-(np.sin(x) * np.sin(i * x**2 / math.pi) ** 8).sum())


TRAIN = {
    "learning_rate": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
    "batch_size": {"values": [16, 32, 64, 128, 256]},
    "layers": {"distribution": "int_uniform", "min": 1, "max": 8},
    "dropout": {"distribution": "uniform", "min": 0.0, "max": 0.8},
    "optimizer": {"values": ["sgd", "adam", "rmsprop"]},
}


def training(config: Config) -> float:
    """A made-up validation error with the usual ties: rate with optimiser and batch, depth with
    dropout; diverges to chance beyond a stable rate."""
    rate = math.log10(config["learning_rate"]) - 0.5 * math.log10(config["batch_size"] / 64)
    ideal = {"sgd": -1.2, "adam": -2.9, "rmsprop": -3.2}[config["optimizer"]]
    floor = {"sgd": 0.035, "adam": 0.02, "rmsprop": 0.03}[config["optimizer"]]
    depth, dropout = config["layers"], config["dropout"]
    off = rate - ideal + 0.08 * (depth - 3)
    error = floor + 0.05 * off**2 * (2.0 if off > 0 else 1.0)
    error += 0.004 * (depth - 4.5) ** 2 + 0.3 * (dropout - 0.05 * depth - 0.1) ** 2
    return min(0.9, error + 0.002 * abs(math.log2(config["batch_size"] / 64)))


FINE = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-2},
    "weight_decay": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0},
    "warmup": {"distribution": "q_uniform", "min": 0, "max": 1000, "q": 50},
    "rank": {"values": [4, 8, 16, 32, 64]},
    "schedule": {"values": ["linear", "cosine", "constant"]},
    "momentum": {"distribution": "uniform", "min": 0.5, "max": 0.999},
    "label_smoothing": {"distribution": "uniform", "min": 0.0, "max": 0.3},
    "seed_head": {"distribution": "int_uniform", "min": 0, "max": 9},
}


def finetuning(config: Config) -> float:
    """Eight parameters of which three matter and one (`seed_head`) does nothing."""
    rate = math.log10(config["lr"]) + 0.3 * math.log2(config["rank"] / 16)
    steep = 1 / (1 + math.exp(-6 * (rate + 3.1)))
    loss = 0.4 + 0.12 * (rate + 3.9) ** 2 + 1.5 * steep
    loss += 0.03 * (math.log10(config["weight_decay"]) + 2 + 0.4 * (rate + 4)) ** 2
    loss += {"linear": 0.0, "cosine": 0.01, "constant": 0.05}[config["schedule"]]
    loss += 0.05 * (config["warmup"] / 1000 - 0.3) ** 2 + 0.2 * (config["momentum"] - 0.9) ** 2
    return loss + 0.5 * (config["label_smoothing"] - 0.1) ** 2


def interpolated(name: str, axes: Mapping[str, np.ndarray]) -> Callable[[Config], float]:
    """A two-dimensional table as a continuous objective, bilinear in log of both axes."""
    table = np.load(_HERE / "tables.npz")[name]
    keys = list(axes)
    grids = [np.log10(axes[key]) for key in keys]

    def true(config: Config) -> float:
        places = [
            np.interp(math.log10(config[key]), grid, np.arange(len(grid)))
            for key, grid in zip(keys, grids, strict=True)
        ]
        (i, s), (j, t) = [(min(int(p), len(g) - 2), p - min(int(p), len(g) - 2))
                          for p, g in zip(places, grids, strict=True)]  # fmt: skip
        top = (1 - t) * table[i, j] + t * table[i, j + 1]
        low = (1 - t) * table[i + 1, j] + t * table[i + 1, j + 1]
        return float((1 - s) * top + s * low)

    return true


def tabled(name: str, axes: Mapping[str, list[Any]]) -> Callable[[Config], float]:
    """A table as a finite space."""
    table = np.load(_HERE / "tables.npz")[name]
    return lambda config: float(
        table[tuple(list(axis).index(config[key]) for key, axis in axes.items())]
    )


def _finite(name: str, half: str, axes: Mapping[str, list[Any]]) -> Problem:
    table = np.load(_HERE / "tables.npz")[name]
    return Problem(
        name, half, {key: {"values": list(axis)} for key, axis in axes.items()},
        tabled(name, axes), float(table.min()), float(table.mean()),
    )  # fmt: skip


def _typical(parameters: Mapping[str, Any], true: Callable[[Config], float]) -> float:
    rng = np.random.default_rng(0)
    return float(np.mean([true(draw(parameters, rng)) for _ in range(4000)]))


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


def _best(parameters: Mapping[str, Any], true: Callable[[Config], float]) -> float:
    """Minimum by random starts and coordinate steps; used where no closed form is known."""
    rng = np.random.default_rng(1)
    pool = sorted((draw(parameters, rng) for _ in range(3000)), key=true)[:6]
    lowest = math.inf
    for config in pool:
        value, scale = true(config), 0.3
        while scale > 1e-6:
            moved = False
            for name, entry in parameters.items():
                for option in _moves(config[name], entry, scale):
                    trial = {**config, name: option}
                    if true(trial) < value - 1e-12:
                        config, value, moved = trial, true(trial), True
            scale = scale if moved else scale / 2
        lowest = min(lowest, value)
    return lowest


def _moves(value: Any, entry: Mapping[str, Any], scale: float) -> list[Any]:
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


def _made(
    name: str,
    half: str,
    parameters: dict[str, Any],
    true: Callable[[Config], float],
    best: float | None = None,
    noise: float = 0.0,
) -> Problem:
    typical = _typical(parameters, true)
    found = _best(parameters, true) if best is None else best
    return Problem(name, half, parameters, true, found, typical, noise * (typical - found))


def all_problems() -> list[Problem]:
    """Seven to develop on, seven held out; two noisy ones in each half."""
    loguniform = {"distribution": "log_uniform_values"}
    svm = {"C": np.logspace(-2, 4, 19), "gamma": np.logspace(-5, 1, 19)}
    svm_space = {
        "C": {**loguniform, "min": 1e-2, "max": 1e4},
        "gamma": {**loguniform, "min": 1e-5, "max": 1e1},
    }
    goldstein_box = box(-2, 2, 2)
    branin_box = {
        "x0": {"distribution": "uniform", "min": -5.0, "max": 10.0},
        "x1": {"distribution": "uniform", "min": 0.0, "max": 15.0},
    }
    dev, out = "develop", "held out"
    return [
        _made("branin", dev, branin_box, branin, 0.39788735772973816),
        _made("hartmann6", dev, box(0.0, 1.0, 6), hartmann, -3.322368011415515),
        _made("ackley10", dev, box(-5.0, 10.0, 10), ackley, 0.0),
        _made("rosenbrock4", dev, box(-2.0, 2.0, 4), rosenbrock, 0.0),
        _finite("boost", dev, BOOST),
        _made("training", dev, TRAIN, training, noise=0.02),
        _made("branin noisy", dev, branin_box, branin, 0.39788735772973816, noise=0.1),
        _made("hartmann3", out, box(0.0, 1.0, 3), hartmann, -3.862782147820755),
        _made("goldstein", out, goldstein_box, goldstein, 3.0),
        _made("styblinski5", out, box(-5.0, 5.0, 5), styblinski, -39.16616570377142 * 5),
        _made("levy8", out, box(-10.0, 10.0, 8), levy, 0.0),
        _made("svm", out, svm_space, interpolated("svm", svm)),
        _finite("mlp", out, MLP),
        _finite("forest", out, FOREST),
        _made("finetuning", out, FINE, finetuning, noise=0.02),
        _made("michalewicz5 noisy", out, box(0.0, math.pi, 5), michalewicz, noise=0.03),
    ]


# As in make_tables.py, which this file must not import: it needs scikit-learn.
MLP: dict[str, list[Any]] = {
    "learning_rate": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    "width": [4, 8, 16, 32, 64],
    "depth": [1, 2],
    "batch_size": [16, 64, 256],
    "activation": ["relu", "tanh", "logistic"],
}
FOREST: dict[str, list[Any]] = {
    "max_depth": [2, 3, 4, 6, 8, 12],
    "min_samples_leaf": [1, 2, 4, 8, 16, 32],
    "max_features": [0.2, 0.4, 0.6, 0.8, 1.0],
    "n_estimators": [10, 30, 100],
}
BOOST: dict[str, list[Any]] = {
    "learning_rate": [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    "n_estimators": [10, 30, 100, 200],
    "max_depth": [1, 2, 3, 4, 6],
    "subsample": [0.4, 0.7, 1.0],
}
assert all(len(list(itertools.product(*axes.values()))) > 400 for axes in (MLP, FOREST, BOOST))
