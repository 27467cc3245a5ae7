"""Make `model_tables.npz`: errors of scikit-learn's models on its bundled data, over fine grids.

Run once, by hand: `python -m bench.search.make_model_tables [NAME …]` (two minutes of a core). The
file is kept in the repository, so every engine, in whatever environment, is judged on the same
numbers.
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVR

from bench.search.model_tables import FILE, GRIDS

CANCER = load_breast_cancer(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


def svr(**given: float) -> float:
    """Mean squared error, five folds."""
    model = make_pipeline(StandardScaler(), SVR(**given))
    folds = KFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(model, *DIABETES, cv=folds, scoring="neg_mean_squared_error")
    return float(-scores.mean())


def kernel_ridge(alpha: float, gamma: float, kernel: str) -> float:
    """Log of the mean squared error, five folds: polynomials miss by powers of ten."""
    x, y = DIABETES
    model = make_pipeline(StandardScaler(), KernelRidge(alpha=alpha, gamma=gamma, kernel=kernel))
    folds = KFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(model, x, y - y.mean(), cv=folds, scoring="neg_mean_squared_error")
    return float(np.log(-scores.mean()))


def logistic(C: float, l1_ratio: float, scaler: str) -> float:
    """Log loss, five folds."""
    scalers = {
        "max": MaxAbsScaler(),
        "quantile": QuantileTransformer(n_quantiles=100, random_state=0),
        "standard": StandardScaler(),
    }
    model = make_pipeline(
        scalers[scaler],
        LogisticRegression(C=C, l1_ratio=l1_ratio, solver="saga", max_iter=100, random_state=0),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return float(-cross_val_score(model, *CANCER, cv=folds, scoring="neg_log_loss").mean())


FITS: dict[str, Callable[..., float]] = {
    "svr diabetes": svr,
    "kernel ridge diabetes": kernel_ridge,
    "logistic cancer": logistic,
}


def table(name: str) -> np.ndarray:
    """Error at every knot of a grid, one array axis per parameter."""
    grid = GRIDS[name]
    cells = itertools.product(*(knots.at for knots in grid.values()))
    errors = [FITS[name](**dict(zip(grid, cell, strict=True))) for cell in cells]
    return np.array(errors, dtype=np.float32).reshape([len(knots.at) for knots in grid.values()])


def main() -> None:
    """Fit everything, or those named, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(FITS))
    names = parser.parse_args().names
    warnings.simplefilter("ignore")
    kept = dict(np.load(FILE)) if FILE.exists() else {}
    for name in names:
        kept[name] = table(name)
        np.savez_compressed(FILE, **kept)
        print(name, kept[name].shape, kept[name].min(), kept[name].mean(), flush=True)


if __name__ == "__main__":
    main()
