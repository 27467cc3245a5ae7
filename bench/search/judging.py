"""How a model of `fits.py` is judged: data, fixed splits, and what a failed fit counts.

Log losses and error rates are means over the rows judged, squared errors in variances.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

WORST = {"log": -float(np.log(1e-6)), "error": 1.0, "squares": 100.0}
FAILS = ("finite", "supports")  # in the messages of fits that count as the worst
Split = tuple[np.ndarray, np.ndarray]


@cache
def _data(name: str) -> Split:
    loaders = {
        "digits": datasets.load_digits,
        "cancer": datasets.load_breast_cancer,
        "wine": datasets.load_wine,
        "iris": datasets.load_iris,
        "diabetes": datasets.load_diabetes,
    }
    x, y = loaders[name](return_X_y=True)
    return x, (y - y.mean()) / y.std() if name == "diabetes" else y


@cache
def _splits(name: str, folds: int) -> list[Split]:
    """Rows to train on and to judge by; one fold: a third is held out."""
    x, y = _data(name)
    if folds == 1:
        rows = np.arange(len(y))
        classes = None if name == "diabetes" else y
        return [tuple(train_test_split(rows, test_size=1 / 3, random_state=0, stratify=classes))]
    kind = KFold if name == "diabetes" else StratifiedKFold
    return list(kind(folds, shuffle=True, random_state=0).split(x, y))


def scaler(name: str) -> Any:
    """A scaler by its name in the spaces."""
    return {
        "none": FunctionTransformer(),
        "standard": StandardScaler(),
        "minmax": MinMaxScaler(),
        "robust": RobustScaler(),
        "quantile": QuantileTransformer(n_quantiles=100, random_state=0),
    }[name]


def judged(model: Any, data: str, folds: int, loss: str) -> float:
    """Mean over all rows that were judged; WORST where training diverged."""
    x, y = _data(data)
    each: list[np.ndarray] = []
    for train, rest in _splits(data, folds):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # not converged: such are among the configs
                model.fit(x[train], y[train])
            if loss == "log":
                own = model.predict_proba(x[rest])[np.arange(len(rest)), y[rest]]
                each.append(-np.log(np.clip(own, 1e-6, 1.0)))
            elif loss == "error":
                each.append((model.predict(x[rest]) != y[rest]).astype(float))
            else:
                each.append((model.predict(x[rest]) - y[rest]) ** 2)
        except ValueError as error:  # weights no longer finite, options that do not go together
            if not any(word in str(error) for word in FAILS):
                raise
            return WORST[loss]
    found = float(np.concatenate(each).mean())
    return min(found, WORST[loss]) if np.isfinite(found) else WORST[loss]
