"""Closed-form objectives to minimise, and made-up trainings with the ties real ones have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

Config = Mapping[str, Any]


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
