"""Real models trained live on scikit-learn's data: their spaces, and how an engine gets a value.

Named before any was measured (`docs/decisions/0109`; eight more in `0112`). Needs NumPy
only: `trainer.py`, which needs scikit-learn, trains in a process of its own, by the interpreter
that $BENCH_PYTHON names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Config = Mapping[str, Any]
LEVELS = Path(__file__).with_suffix(".json")  # name → best, typical, evaluations
PYTHON = "BENCH_PYTHON"


def _log(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "log_uniform_values", "min": low, "max": high}


def _even(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "uniform", "min": low, "max": high}


def _int(low: int, high: int) -> dict[str, Any]:
    return {"distribution": "int_uniform", "min": low, "max": high}


def _of(*values: Any) -> dict[str, Any]:
    return {"values": list(values)}


TWELVE: dict[str, dict[str, Any]] = {
    "mlp digits": {
        "rate": _log(1e-4, 1.0),
        "momentum": _even(0.0, 0.99),
        "decay": _log(1e-7, 0.1),
        "batch": _of(16, 32, 64, 128, 256),
        "width": _int(8, 128),
        "layers": _int(1, 3),
        "activation": _of("relu", "tanh", "logistic"),
    },
    "mlp diabetes": {
        "rate": _log(1e-4, 0.1),
        "decay": _log(1e-6, 10.0),
        "batch": _of(16, 32, 64, 128),
        "width": _int(2, 64),
        "epochs": _int(1, 40),
        "activation": _of("relu", "tanh", "logistic"),
    },
    "boosting cancer": {
        "rate": _log(0.01, 1.0),
        "trees": _int(5, 100),
        "depth": _int(1, 6),
        "subsample": _even(0.3, 1.0),
        "features": _even(0.05, 1.0),
        "leaf": _int(1, 30),
    },
    "hist boosting diabetes": {
        "rate": _log(0.01, 1.0),
        "rounds": _int(5, 100),
        "leaves": _int(2, 32),
        "l2": _log(1e-3, 1e3),
        "leaf": _int(1, 60),
        "features": _even(0.1, 1.0),
    },
    "forest digits": {
        "trees": _int(5, 60),
        "depth": _int(2, 20),
        "leaf": _int(1, 20),
        "features": _even(0.02, 1.0),
        "criterion": _of("gini", "entropy"),
        "bootstrap": _of(True, False),
    },
    "extra trees wine": {
        "trees": _int(5, 40),
        "depth": _int(1, 15),
        "leaf": _int(1, 20),
        "split": _int(2, 40),
        "features": _even(0.05, 1.0),
        "criterion": _of("gini", "entropy"),
    },
    "svc digits": {
        "kernel": _of("linear", "poly", "rbf", "sigmoid"),
        "C": _log(1e-3, 1e3),
        "gamma": _log(1e-5, 1.0),
        "degree": _int(2, 5),
        "coef0": _even(0.0, 2.0),
    },
    "elastic net diabetes": {
        "degree": _int(1, 3),
        "interactions": _of(True, False),
        "scaling": _of("standard", "robust", "quantile"),
        "alpha": _log(1e-3, 10.0),
        "l1": _even(0.0, 1.0),
    },
    "nystroem diabetes": {
        "kernel": _of("rbf", "laplacian", "sigmoid", "polynomial"),
        "gamma": _log(1e-4, 10.0),
        "components": _int(5, 200),
        "alpha": _log(1e-4, 1e2),
        "scaling": _of("standard", "robust", "quantile"),
    },
    "neighbours digits": {
        "scaling": _of("none", "standard", "minmax"),
        "components": _int(2, 60),
        "neighbours": _int(1, 30),
        "weights": _of("uniform", "distance"),
        "metric": _of("euclidean", "manhattan", "chebyshev", "cosine"),
    },
    "logistic digits": {
        "scaling": _of("none", "standard", "minmax", "quantile"),
        "components": _int(2, 60),
        "whiten": _of(True, False),
        "C": _log(1e-4, 1e3),
        "iterations": _int(3, 100),
    },
    "sgd cancer": {
        "loss": _of("log_loss", "modified_huber"),
        "penalty": _of("l2", "l1", "elasticnet"),
        "l1": _even(0.0, 1.0),
        "alpha": _log(1e-6, 1.0),
        "schedule": _of("constant", "invscaling", "adaptive", "optimal"),
        "rate": _log(1e-4, 10.0),
        "epochs": _int(1, 50),
    },
}

EIGHT: dict[str, dict[str, Any]] = {  # each with a list that decides what else matters
    "svc cancer": {
        "scaling": _of("standard", "minmax", "quantile"),
        "kernel": _of("linear", "poly", "rbf", "sigmoid"),
        "C": _log(1e-3, 1e3),
        "gamma": _log(1e-5, 1.0),
        "degree": _int(2, 5),
        "coef0": _even(0.0, 2.0),
    },
    "kernels diabetes": {
        "kernel": _of("linear", "polynomial", "rbf", "laplacian", "sigmoid"),
        "alpha": _log(1e-4, 1e2),
        "gamma": _log(1e-4, 10.0),
        "degree": _int(1, 4),
        "coef0": _even(0.0, 2.0),
    },
    "adaboost diabetes": {
        "loss": _of("linear", "square", "exponential"),
        "rate": _log(0.01, 2.0),
        "trees": _int(3, 40),
        "depth": _int(1, 8),
    },
    "boosting losses diabetes": {
        "loss": _of("squared_error", "absolute_error", "huber", "quantile"),
        "quantile": _even(0.1, 0.9),
        "rate": _log(0.01, 1.0),
        "trees": _int(5, 60),
        "depth": _int(1, 6),
        "features": _of("all", "sqrt", "log2"),
    },
    "tree digits": {
        "criterion": _of("gini", "entropy"),
        "splitter": _of("best", "random"),
        "features": _of("all", "sqrt", "log2"),
        "depth": _int(2, 20),
        "leaf": _int(1, 20),
        "pruning": _log(1e-5, 0.1),
    },
    "logistic wine": {
        "scaling": _of("none", "standard", "minmax", "robust"),
        "solver": _of("lbfgs", "liblinear", "saga"),
        "penalty": _of("l2", "l1", "elasticnet"),
        "l1": _even(0.0, 1.0),
        "C": _log(1e-3, 1e3),
        "iterations": _int(5, 100),
    },
    "mlp iris": {
        "solver": _of("lbfgs", "sgd", "adam"),
        "activation": _of("relu", "tanh", "logistic", "identity"),
        "width": _int(2, 50),
        "decay": _log(1e-6, 1.0),
        "rate": _log(1e-4, 0.3),
        "epochs": _int(5, 60),
    },
    "reduced digits": {
        "reduction": _of("none", "pca", "best", "random"),
        "components": _int(2, 40),
        "classifier": _of("neighbours", "bayes", "discriminant", "tree"),
        "neighbours": _int(1, 20),
        "smoothing": _log(1e-9, 1.0),
        "shrinkage": _even(0.0, 1.0),
        "depth": _int(2, 20),
    },
}

SPACES = {**TWELVE, **EIGHT}


@cache
def _trainer() -> subprocess.Popen[str]:
    python = os.environ.get(PYTHON, sys.executable)
    root = Path(__file__).resolve().parents[2]
    command = [python, "-m", "bench.search.trainer"]
    return subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def objective(name: str) -> Callable[[Config], float]:
    """The value of a config, trained in a process that all objectives share."""

    def true(config: Config) -> float:
        trainer = _trainer()
        assert trainer.stdin is not None and trainer.stdout is not None
        trainer.stdin.write(json.dumps([name, config], default=plain) + "\n")
        trainer.stdin.flush()
        return float(json.loads(trainer.stdout.readline()))

    return true


def plain(value: Any) -> Any:
    """NumPy's numbers, which engines hand out."""
    return value.item()


@cache
def levels() -> dict[str, dict[str, float]]:
    """Of each model the best known value, the mean of random configs, and evaluations seen."""
    found: dict[str, dict[str, float]] = json.loads(LEVELS.read_text())
    return found
