"""Problems of shapes that the first sixteen lack; none was looked at while the engine was made.

Each is (shape, parameters, objective, its minimum or None to look for it). Needs NumPy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from bench.search.functions import box, branin, hartmann, rosenbrock, vector

Config = Mapping[str, Any]
HARTMANN3 = -3.862782147820755
BRANIN = 0.39788735772973816
RATE = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}


class Shaped(NamedTuple):
    """One problem, its levels still to be found."""

    shape: str
    parameters: dict[str, Any]
    true: Callable[[Config], float]
    best: float | None = None
    noise: float = 0.0  # share of the way from the best to random's mean
    fails: Callable[[Config, float], bool] | None = None  # (config, a uniform number)


def integers(low: int, high: int, d: int) -> dict[str, Any]:
    """d whole numbers x0, x1, …"""
    return {f"x{i}": {"distribution": "int_uniform", "min": low, "max": high} for i in range(d)}


def corner(config: Config) -> float:
    """Best where all parameters are at an end of their range."""
    x = vector(config)
    return float((x * [1.0, 0.5, 0.3, 0.2]).sum() + 0.5 * x[0] * x[1] + 0.3 * x[2] * x[3])


def cusp(config: Config) -> float:
    """Steeper the nearer the corner that is best."""
    return float(np.sqrt(vector(config)).sum())


def edge_and_bowl(config: Config) -> float:
    """Two parameters best at an end, two inside."""
    x = vector(config)
    return float(1 - x[0] + x[1] ** 2 + 3 * (x[2] - 0.37) ** 2 + 3 * (x[3] - x[0] * 0.6) ** 2)


@cache
def _turn(d: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(d).standard_normal((d, d)))[0]


def turned_ellipse(config: Config) -> float:
    """A valley a thousand times steeper across than along, along no axis."""
    z = _turn(5) @ (vector(config) - 0.4)
    return float((10 ** np.linspace(0, 3, 5) * z**2).sum())


def ridge(config: Config) -> float:
    """A sharp ridge along a line: BBOB's thirteenth, in four parameters."""
    z = _turn(4) @ (vector(config) - 0.6)
    return float(z[0] ** 2 + 10 * math.sqrt(float((z[1:] ** 2).sum())))


def few_of_twenty(config: Config) -> float:
    """Hartmann3 in three of twenty parameters."""
    x = vector(config)[[0, 7, 13]]
    return hartmann({f"x{i}": value for i, value in enumerate(x)})


def two_of_twelve(config: Config) -> float:
    """Branin in two of twelve parameters."""
    x = vector(config)[[3, 9]]
    return branin({"x0": 15 * x[0] - 5, "x1": 15 * x[1]})


def whole_bowl(config: Config) -> float:
    """A bowl over eight whole numbers, neighbours tied."""
    x = vector(config) - np.array([4, 17, 9, 12, 2, 19, 7, 14])
    return float((x**2).sum() + 0.7 * (x[1:] * x[:-1]).sum())


NETWORK = {
    "layers": {"distribution": "int_uniform", "min": 1, "max": 12},
    "heads": {"values": [1, 2, 4, 8, 16]},
    "width": {"distribution": "q_uniform", "min": 32, "max": 1024, "q": 32},
    "batch": {"values": [8, 16, 32, 64, 128, 256]},
    "warmup": {"distribution": "int_uniform", "min": 0, "max": 50},
    "patience": {"distribution": "int_uniform", "min": 1, "max": 20},
}


def network(config: Config) -> float:
    """Sizes of a made-up network: too small underfits, too large overfits, all whole numbers."""
    size = math.log2(config["width"]) + 0.7 * math.log2(config["layers"])
    loss = 0.06 * (size - 9.6) ** 2 + 0.02 * (math.log2(config["heads"]) - size / 4) ** 2
    loss += 0.03 * (math.log2(config["batch"]) - 5 + 0.3 * (size - 9)) ** 2
    loss += 0.02 * ((config["warmup"] - 3 * config["layers"]) / 10) ** 2
    return loss + 0.03 * math.exp(-config["patience"] / 3) + 0.0005 * config["patience"]


CHOICES = {
    "optimizer": {"values": ["sgd", "adam", "lion"]},
    "sgd_rate": RATE,
    "momentum": {"distribution": "uniform", "min": 0.0, "max": 1.0},
    "adam_rate": RATE,
    "decay": {"distribution": "log_uniform_values", "min": 1e-6, "max": 0.1},
    "lion_rate": RATE,
}


def optimisers(config: Config) -> float:
    """Each optimiser has parameters of its own; the others' do nothing."""
    sgd, adam = math.log10(config["sgd_rate"]), math.log10(config["adam_rate"])
    if config["optimizer"] == "sgd":
        return 0.1 + 0.05 * (sgd + 1.5 + config["momentum"]) ** 2 + (config["momentum"] - 0.8) ** 2
    if config["optimizer"] == "adam":
        decay = math.log10(config["decay"])
        return 0.06 + 0.08 * (adam + 3.1) ** 2 + 0.02 * (decay + 2.5 + 0.5 * (adam + 3)) ** 2
    return 0.08 + 0.06 * (math.log10(config["lion_rate"]) + 4) ** 2


LAYERS = {
    "layers": {"distribution": "int_uniform", "min": 1, "max": 4},
    **{f"units{i}": {"distribution": "int_uniform", "min": 4, "max": 128} for i in range(4)},
}


def layers(config: Config) -> float:
    """Widths of layers, of which only the first few are there."""
    n = config["layers"]
    widths = [math.log2(config[f"units{i}"]) for i in range(n)]
    falls = sum((a - b - 0.8) ** 2 for a, b in pairwise(widths))
    return 0.3 * (n - 3) ** 2 + 0.3 * falls + 0.2 * (widths[0] - 6.1) ** 2


def bowl(config: Config) -> float:
    """Round, away from the middle."""
    x = vector(config)
    return float(((x - np.linspace(0.31, 0.74, len(x))) ** 2).sum())


LISTS = {f"c{i}": {"values": list("abcde")} for i in range(6)}


@cache
def _listed() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return rng.random((6, 5)), 0.5 * rng.random((5, 5, 5))


def lists(config: Config) -> float:
    """Six lists of texts, each worth something alone and beside its neighbour."""
    alone, beside = _listed()
    at = ["abcde".index(config[f"c{i}"]) for i in range(6)]
    total = sum(alone[i, at[i]] for i in range(6))
    return float(total + sum(beside[i, at[i], at[i + 1]] for i in range(5)))


def steps(config: Config) -> float:
    """A bowl of terraces: gradients tell nothing."""
    x = np.round(vector(config) * 12) / 12
    return float(((x - 5 / 12) ** 2 * [1, 2, 4, 8]).sum())


@cache
def _samples(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Friedman's first regression problem; Friedman (1991)."""
    rng = np.random.default_rng(n)
    x = rng.random((n, 8))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3]
    y = y + 5 * x[:, 4] + rng.standard_normal(n)
    return x, (y - y.mean()) / y.std()


KERNEL = {
    "alpha": {"distribution": "log_uniform_values", "min": 1e-6, "max": 10.0},
    "gamma": {"distribution": "log_uniform_values", "min": 1e-4, "max": 100.0},
    "kernel": {"values": ["rbf", "laplacian", "cauchy"]},
    "power": {"distribution": "uniform", "min": 0.25, "max": 4.0},
}


def kernel_ridge(config: Config) -> float:
    """Five-fold error of a real kernel ridge regression on 60 samples."""
    x, y = _samples(60)
    x = x ** config["power"]
    square = ((x[:, None] - x) ** 2).sum(2) * config["gamma"]
    kinds = {"rbf": np.exp(-square), "cauchy": 1 / (1 + square)}
    kinds["laplacian"] = np.exp(-np.sqrt(square))
    k, error = kinds[config["kernel"]], 0.0
    for fold in range(5):
        out = np.arange(60) % 5 == fold
        weights = np.linalg.solve(k[~out][:, ~out] + config["alpha"] * np.eye(48), y[~out])
        error += float(((k[out][:, ~out] @ weights - y[out]) ** 2).sum())
    return error / 60


NEIGHBOURS = {
    "k": {"distribution": "int_uniform", "min": 1, "max": 30},
    "p": {"distribution": "uniform", "min": 0.5, "max": 4.0},
    **{
        f"weight{i}": {"distribution": "log_uniform_values", "min": 0.01, "max": 10.0}
        for i in range(6)
    },
}


def neighbours(config: Config) -> float:
    """Leave-one-out error of a real nearest-neighbour regression, its features weighted."""
    x, y = _samples(100)
    x = x[:, :6] * [config[f"weight{i}"] for i in range(6)]
    apart = (np.abs(x[:, None] - x) ** config["p"]).sum(2) + np.diag(np.full(100, np.inf))
    near = np.argsort(apart, axis=1)[:, : config["k"]]
    return float(((y[near].mean(axis=1) - y) ** 2).mean())


def near_limit(config: Config, u: float) -> bool:
    """Fails where two parameters together are too large, right beside the best."""
    return bool(config["x0"] + config["x1"] > 0.95)


OTHER_SHAPES: dict[str, Shaped] = {
    "corner": Shaped("edges", box(0.0, 1.0, 4), corner, 0.0),
    "cusp": Shaped("edges", box(0.0, 1.0, 3), cusp, 0.0),
    "edge and bowl": Shaped("edges", box(0.0, 1.0, 4), edge_and_bowl, 0.0),
    "turned ellipse": Shaped("valleys", box(0.0, 1.0, 5), turned_ellipse, 0.0),
    "sharp ridge": Shaped("valleys", box(0.0, 1.0, 4), ridge, 0.0),
    "rosenbrock2": Shaped("valleys", box(-2.0, 2.0, 2), rosenbrock, 0.0),
    "3 of 20": Shaped("sparse", box(0.0, 1.0, 20), few_of_twenty, HARTMANN3),
    "2 of 12": Shaped("sparse", box(0.0, 1.0, 12), two_of_twelve, BRANIN),
    "whole bowl8": Shaped("integers", integers(1, 20, 8), whole_bowl, 0.0),
    "network": Shaped("integers", NETWORK, network),
    "terraces": Shaped("integers", box(0.0, 1.0, 4), steps, 0.0),
    "optimisers": Shaped("conditional", CHOICES, optimisers, 0.06),
    "layers": Shaped("conditional", LAYERS, layers),
    "lists6": Shaped("lists", LISTS, lists, 1.8965634900414186),
    "bowl4 noisy": Shaped("noisy", box(0.0, 1.0, 4), bowl, 0.0, 0.3),
    "hartmann3 noisy": Shaped("noisy", box(0.0, 1.0, 3), hartmann, HARTMANN3, 0.1),
    "bowl3 limit": Shaped("failing", box(0.0, 1.0, 3), bowl, 0.0, 0.0, near_limit),
    "bowl3 crashes": Shaped("failing", box(0.0, 1.0, 3), bowl, 0.0, 0.0, lambda config, u: u < 0.1),
    "kernel ridge": Shaped("models", KERNEL, kernel_ridge, 0.24342870),
    "neighbours": Shaped("models", NEIGHBOURS, neighbours, 0.16752266),
}


def bbob(d: int = 4) -> dict[str, Shaped]:
    """The 24 functions of BBOB (Hansen et al. 2009) by `ioh`; none where that is not installed."""
    try:
        import ioh
    except ImportError:
        return {}
    found = {}
    for number in range(1, 25):
        problem = ioh.get_problem(number, instance=1, dimension=d)

        def true(config: Config, problem: Any = problem) -> float:
            return float(problem(vector(config).tolist()))

        name = f"bbob {number:02d}"
        found[name] = Shaped("BBOB", box(-5.0, 5.0, d), true, float(problem.optimum.y))
    return found
