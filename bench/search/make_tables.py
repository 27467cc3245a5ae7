"""Make `tables.npz`: validation errors of scikit-learn models over grids of hyperparameters.

Run once, by hand: `python -m bench.search.make_tables` (about three minutes). The file is small and
kept in the repository, so every engine, in whatever environment, is judged on the same numbers.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

SVM_AXES = {
    "C": np.logspace(-2, 4, 19),
    "gamma": np.logspace(-5, 1, 19),
}
MLP_AXES = {
    "learning_rate": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    "width": [4, 8, 16, 32, 64],
    "depth": [1, 2],
    "batch_size": [16, 64, 256],
    "activation": ["relu", "tanh", "logistic"],
}
FOREST_AXES = {
    "max_depth": [2, 3, 4, 6, 8, 12],
    "min_samples_leaf": [1, 2, 4, 8, 16, 32],
    "max_features": [0.2, 0.4, 0.6, 0.8, 1.0],
    "n_estimators": [10, 30, 100],
}
BOOST_AXES = {
    "learning_rate": [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    "n_estimators": [10, 30, 100, 200],
    "max_depth": [1, 2, 3, 4, 6],
    "subsample": [0.4, 0.7, 1.0],
}


def table(axes: dict[str, Any], error: Callable[..., float]) -> np.ndarray:
    """Error at every cell of a grid, one array axis per hyperparameter."""
    names = list(axes)
    cells = itertools.product(*axes.values())
    errors = [error(**dict(zip(names, cell, strict=True))) for cell in cells]
    return np.array(errors).reshape([len(axis) for axis in axes.values()])


def main() -> None:
    """Fit everything and write the file beside this one."""
    warnings.simplefilter("ignore")
    digits_x, digits_y = load_digits(return_X_y=True)
    cancer_x, cancer_y = load_breast_cancer(return_X_y=True)
    diabetes_x, diabetes_y = load_diabetes(return_X_y=True)

    def svm(C: float, gamma: float) -> float:
        model = make_pipeline(StandardScaler(), SVC(C=C, gamma=gamma))
        return float(1 - cross_val_score(model, cancer_x, cancer_y, cv=5).mean())

    def mlp(
        learning_rate: float, width: int, depth: int, batch_size: int, activation: str
    ) -> float:
        model = MLPClassifier(
            (width,) * depth,
            learning_rate_init=learning_rate,
            batch_size=batch_size,
            activation=activation,
            max_iter=8,
            random_state=0,
        )
        model.fit(digits_x[:900] / 16, digits_y[:900])
        return float(1 - model.score(digits_x[900:] / 16, digits_y[900:]))

    def forest(**parameters: Any) -> float:
        model = RandomForestRegressor(random_state=0, **parameters)
        return float(1 - cross_val_score(model, diabetes_x, diabetes_y, cv=3).mean())

    def boost(**parameters: Any) -> float:
        model = GradientBoostingRegressor(random_state=0, **parameters)
        return float(1 - cross_val_score(model, diabetes_x, diabetes_y, cv=3).mean())

    np.savez_compressed(
        Path(__file__).with_name("tables.npz"),
        svm=table(SVM_AXES, svm),
        mlp=table(MLP_AXES, mlp),
        forest=table(FOREST_AXES, forest),
        boost=table(BOOST_AXES, boost),
    )


if __name__ == "__main__":
    main()
