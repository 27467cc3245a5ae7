"""Runs by the thousand for pictures of the pages: each trains softmax regression on real digits.

A run takes some milliseconds: scikit-learn's digits, plain gradient steps in NumPy. Its config
comes from a sweep, its rows go where the client's would, without the client in between, whose
process would take longer than all the training.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from tests.conftest import awaited

SWEEP = """\
program: softmax.py
name: digits, softmax regression
method: random
metric: {{name: val/accuracy, goal: maximize}}
parameters:
  learning_rate: {{distribution: log_uniform_values, min: 0.003, max: 3}}
  batch_size: {{values: [32, 128, 512]}}
  l2: {{distribution: log_uniform_values, min: 0.00001, max: 0.3}}
  momentum: {{min: 0.0, max: 0.95}}
  epochs: {{min: 2, max: 12}}
  shuffle: {{values: [true, false]}}
  scale: {{values: [range, variance, none]}}
run_cap: {n}
"""
Floats = npt.NDArray[np.float64]


class Digits:
    """Images and classes, split once; the images in the scale a run asks for."""

    def __init__(self) -> None:
        X, y = load_digits(return_X_y=True)
        self._X, self._X_test, self.y, self.y_test = train_test_split(
            X, y, test_size=0.3, random_state=0, stratify=y
        )

    def scaled(self, how: str) -> tuple[Floats, Floats]:
        """Images to train on, shape (n, 64), and to test on."""
        if how == "range":
            return self._X / 16, self._X_test / 16
        if how == "variance":
            mean, spread = self._X.mean(axis=0), self._X.std(axis=0) + 1e-9
            return (self._X - mean) / spread, (self._X_test - mean) / spread
        return self._X, self._X_test


def rows_of(config: Mapping[str, Any], digits: Digits, seed: int) -> Iterator[dict[str, float]]:
    """Train; a row for each epoch. Loss is the mean negative log-likelihood."""
    X, X_test = digits.scaled(config["scale"])
    rng = np.random.default_rng(seed)
    W = rng.normal(0, 0.01, (X.shape[1], 10))
    speed = np.zeros_like(W)
    classes = np.eye(10)[digits.y]
    size = int(config["batch_size"])
    for epoch in range(int(config["epochs"])):
        order = rng.permutation(len(X)) if config["shuffle"] else np.arange(len(X))
        for first in range(0, len(X), size):
            rows = order[first : first + size]
            gradient = X[rows].T @ (_chances(X[rows] @ W) - classes[rows]) / len(rows)
            speed = config["momentum"] * speed - config["learning_rate"] * (
                gradient + config["l2"] * W
            )
            W = np.clip(W + speed, -1e6, 1e6)
        chances, known = _chances(X_test @ W), _chances(X @ W)
        yield {
            "epoch": epoch + 1,
            "train/loss": _loss(known, digits.y),
            "val/loss": _loss(chances, digits.y_test),
            "val/accuracy": float((chances.argmax(axis=1) == digits.y_test).mean()),
        }


def _chances(Z: Floats) -> Floats:
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def _loss(chances: Floats, y: npt.NDArray[np.int64]) -> float:
    return float(-np.log(chances[np.arange(len(y)), y] + 1e-12).mean())


def train_all(site: Any, project: str, n: int) -> str:
    """A sweep of n such runs on a server of `tests/browser/real_site.py`; returns its id."""
    digits, sweep_id = Digits(), site.new_sweep(project, SWEEP.format(n=n))
    agents = [site.new_agent(project, sweep_id, f"node-{k}") for k in range(4)]
    for k in range(n):
        beat = site.services.scheduling.heartbeat(site.caller, agents[k % 4], frozenset())
        command = next(c for c in awaited(beat)[1] if c.kind == "run")
        config = dict(command.config)
        change = RunChange(
            host=f"node-{k % 4}",
            program="softmax.py",
            sweep_id=sweep_id,
            config=json.dumps({name: {"value": value} for name, value in config.items()}),
        )
        run, _ = site.services.runs.upsert(site.caller, "ann", project, command.run_id, change)
        rows = list(rows_of(config, digits, k))
        lines = [
            json.dumps({"_step": s, "_timestamp": 1.79e9 + s, **row}) for s, row in enumerate(rows)
        ]
        post = StreamPost(
            history=Lines(0, lines), summary=json.dumps(rows[-1]), is_complete=True, exitcode=0
        )
        site.services.history.append(site.caller, "ann", project, run.run_id, post)
    return str(sweep_id)
