"""Problems to search, in two halves: one to develop on, one held out; and those of other shapes.

Needs NumPy only, so that every engine's environment can run it. A problem is a sweep's
`parameters:`, a true objective to minimise, the noise a run sees on top, and two reference levels:
the optimum and the mean of random configs, between which regret is scaled.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.search.functions import (
    FINE,
    TRAIN,
    ackley,
    box,
    branin,
    finetuning,
    goldstein,
    hartmann,
    levy,
    michalewicz,
    rosenbrock,
    styblinski,
    training,
)
from bench.search.levels import minimum, typical
from bench.search.model_tables import GRIDS, best, objective
from bench.search.other_shapes import OTHER_SHAPES, Shaped, bbob
from bench.search.real_models import SPACES, levels
from bench.search.real_models import objective as trained

Config = Mapping[str, Any]
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Problem:
    """One objective to minimise.

    Attributes:
        half: "develop", "held out" or "shape: " and which.
        true: Noiseless objective of a config.
        best: Its minimum over the space.
        typical: Its mean over random configs; regret is (true - best) / (typical - best).
        noise: Standard deviation of what a run sees, objective units.
        fails: Whether a run of a config ends without a result, by a uniform number; None: never.
    """

    name: str
    half: str
    parameters: dict[str, Any]
    true: Callable[[Config], float]
    best: float
    typical: float
    noise: float = 0.0
    fails: Callable[[Config, float], bool] | None = None

    def regret(self, config: Config) -> float:
        """0 at the optimum, 1 where random configs are on average."""
        return max(0.0, (self.true(config) - self.best) / (self.typical - self.best))


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
        (i, s), (j, t) = [
            (min(int(p), len(g) - 2), p - min(int(p), len(g) - 2))
            for p, g in zip(places, grids, strict=True)
        ]
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
        name,
        half,
        {key: {"values": list(axis)} for key, axis in axes.items()},
        tabled(name, axes),
        float(table.min()),
        float(table.mean()),
    )


def _made(
    name: str,
    half: str,
    parameters: dict[str, Any],
    true: Callable[[Config], float],
    best: float | None = None,
    noise: float = 0.0,
    n_draws: int = 4000,
) -> Problem:
    level = typical(parameters, true, n_draws)
    found = minimum(parameters, true) if best is None else best
    return Problem(name, half, parameters, true, found, level, noise * (level - found))


def makers() -> dict[str, Callable[[], Problem]]:
    """What makes each problem, by name: the first sixteen, those of other shapes, real models
    from tables and trained live, and BBOB's where `ioh` is. Making one takes its levels, which
    cost."""
    found = first_problems()
    for name, one in {**OTHER_SHAPES, **bbob()}.items():
        found[name] = partial(_shaped, name, one)
    found |= {name: partial(_real_model, name) for name in GRIDS}
    return found | {name: partial(_trained, name) for name in SPACES}


def all_problems(names: Collection[str] | None = None) -> list[Problem]:
    """All, or those named."""
    return [make() for name, make in makers().items() if names is None or name in names]


def _shaped(name: str, one: Shaped) -> Problem:
    n_draws = 400 if one.shape == "models" else 4000  # real fits, of milliseconds each
    made = _made(
        name, f"shape: {one.shape}", one.parameters, one.true, one.best, one.noise, n_draws
    )
    return replace(made, fails=one.fails)


def _real_model(name: str) -> Problem:
    parameters = {key: knots.entry() for key, knots in GRIDS[name].items()}
    return _shaped(name, Shaped("models", parameters, objective(name), best(name)))


def _trained(name: str) -> Problem:
    level = levels()[name]
    ends = (level["best"], level["typical"])
    return Problem(name, "shape: models", SPACES[name], trained(name), *ends)


def first_problems() -> dict[str, Callable[[], Problem]]:
    """Seven to develop on, nine held out; two noisy ones in each half."""
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
    low = 0.39788735772973816  # of Branin
    made: dict[str, tuple[Any, ...]] = {
        "branin": (dev, branin_box, branin, low),
        "hartmann6": (dev, box(0.0, 1.0, 6), hartmann, -3.322368011415515),
        "ackley10": (dev, box(-5.0, 10.0, 10), ackley, 0.0),
        "rosenbrock4": (dev, box(-2.0, 2.0, 4), rosenbrock, 0.0),
        "boost": (dev, BOOST),
        "training": (dev, TRAIN, training, None, 0.02),
        "branin noisy": (dev, branin_box, branin, low, 0.1),
        "hartmann3": (out, box(0.0, 1.0, 3), hartmann, -3.862782147820755),
        "goldstein": (out, goldstein_box, goldstein, 3.0),
        "styblinski5": (out, box(-5.0, 5.0, 5), styblinski, -39.16616570377142 * 5),
        "levy8": (out, box(-10.0, 10.0, 8), levy, 0.0),
        "svm": (out, svm_space, interpolated("svm", svm)),
        "mlp": (out, MLP),
        "forest": (out, FOREST),
        "finetuning": (out, FINE, finetuning, None, 0.02),
        "michalewicz5 noisy": (out, box(0.0, math.pi, 5), michalewicz, None, 0.03),
    }
    return {
        name: partial(_finite if len(given) == 2 else _made, name, *given)
        for name, given in made.items()
    }


def mnist_problem() -> Problem:
    """The workload over the ranges of `sweep.yaml`, as trained by `make_mnist_table.py`.

    The objective is one minus the best validation accuracy of the epochs trained, without noise:
    a training's seed is fixed.
    """
    curves = np.load(_HERE / "mnist.npz")["val_accuracy"]  # (epochs, batch sizes, dropouts)
    error = 1 - np.maximum.accumulate(curves, axis=0)
    sizes = [64, 128, 256, 512, 1000]
    parameters = {
        "epochs": {"distribution": "int_uniform", "min": 1, "max": len(error)},
        "batch_size": {"values": sizes},
        "dropout": {"distribution": "q_uniform", "min": 0.1, "max": 0.6, "q": 0.05},
    }

    def true(config: Config) -> float:
        step = round((config["dropout"] - 0.1) / 0.05)
        return float(error[config["epochs"] - 1, sizes.index(config["batch_size"]), step])

    return Problem("mnist", "workload", parameters, true, float(error.min()), float(error.mean()))


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
