"""The models of `real_models.py`, trained by scikit-learn: a config and what it comes to.

`trainer.py` keeps what was trained and answers the engines.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from sklearn import datasets, ensemble, linear_model, neural_network, svm
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

WORST = {"log": -float(np.log(1e-6)), "error": 1.0, "squares": 100.0}
Split = tuple[np.ndarray, np.ndarray]


@cache
def _data(name: str) -> Split:
    loaders = {
        "digits": datasets.load_digits,
        "cancer": datasets.load_breast_cancer,
        "wine": datasets.load_wine,
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
        return [tuple(train_test_split(rows, test_size=1 / 3, random_state=0, stratify=y))]
    kind = KFold if name == "diabetes" else StratifiedKFold
    return list(kind(folds, shuffle=True, random_state=0).split(x, y))


def _scaler(name: str) -> Any:
    return {
        "none": FunctionTransformer(),
        "standard": StandardScaler(),
        "minmax": MinMaxScaler(),
        "robust": RobustScaler(),
        "quantile": QuantileTransformer(n_quantiles=100, random_state=0),
    }[name]


def _judged(model: Any, data: str, folds: int, loss: str) -> float:
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
        except ValueError as error:  # weights that are no longer finite
            if "finite" not in str(error):
                raise
            return WORST[loss]
    found = float(np.concatenate(each).mean())
    return min(found, WORST[loss]) if np.isfinite(found) else WORST[loss]


def _mlp_digits(c: Mapping[str, Any]) -> float:
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=[c["width"]] * c["layers"],
        activation=c["activation"],
        solver="sgd",
        alpha=c["decay"],
        batch_size=c["batch"],
        learning_rate_init=c["rate"],
        momentum=c["momentum"],
        max_iter=15,
        random_state=0,
    )
    return _judged(make_pipeline(StandardScaler(), model), "digits", 1, "log")


def _mlp_diabetes(c: Mapping[str, Any]) -> float:
    model = neural_network.MLPRegressor(
        hidden_layer_sizes=[c["width"]],
        activation=c["activation"],
        alpha=c["decay"],
        batch_size=c["batch"],
        learning_rate_init=c["rate"],
        max_iter=c["epochs"],
        random_state=0,
    )
    return _judged(make_pipeline(StandardScaler(), model), "diabetes", 3, "squares")


def _boosting(c: Mapping[str, Any]) -> float:
    model = ensemble.GradientBoostingClassifier(
        learning_rate=c["rate"],
        n_estimators=c["trees"],
        max_depth=c["depth"],
        subsample=c["subsample"],
        max_features=c["features"],
        min_samples_leaf=c["leaf"],
        random_state=0,
    )
    return _judged(model, "cancer", 3, "log")


def _hist_boosting(c: Mapping[str, Any]) -> float:
    model = ensemble.HistGradientBoostingRegressor(
        learning_rate=c["rate"],
        max_iter=c["rounds"],
        max_leaf_nodes=c["leaves"],
        l2_regularization=c["l2"],
        min_samples_leaf=c["leaf"],
        max_features=c["features"],
        early_stopping=False,
        random_state=0,
    )
    return _judged(model, "diabetes", 3, "squares")


def _forest(c: Mapping[str, Any]) -> float:
    model = ensemble.RandomForestClassifier(
        c["trees"],
        criterion=c["criterion"],
        max_depth=c["depth"],
        min_samples_leaf=c["leaf"],
        max_features=c["features"],
        bootstrap=c["bootstrap"],
        random_state=0,
    )
    return _judged(model, "digits", 1, "log")


def _extra_trees(c: Mapping[str, Any]) -> float:
    model = ensemble.ExtraTreesClassifier(
        c["trees"],
        criterion=c["criterion"],
        max_depth=c["depth"],
        min_samples_leaf=c["leaf"],
        min_samples_split=c["split"],
        max_features=c["features"],
        random_state=0,
    )
    return _judged(model, "wine", 5, "log")


def _svc(c: Mapping[str, Any]) -> float:
    model = svm.SVC(**c, max_iter=20_000)
    return _judged(make_pipeline(StandardScaler(), model), "digits", 1, "error")


def _elastic_net(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        _scaler(c["scaling"]),
        PolynomialFeatures(c["degree"], interaction_only=c["interactions"], include_bias=False),
        StandardScaler(),
        linear_model.ElasticNet(alpha=c["alpha"], l1_ratio=c["l1"], max_iter=200, random_state=0),
    )
    return _judged(model, "diabetes", 5, "squares")


def _nystroem(c: Mapping[str, Any]) -> float:
    features = Nystroem(c["kernel"], gamma=c["gamma"], n_components=c["components"], random_state=0)
    model = make_pipeline(_scaler(c["scaling"]), features, linear_model.Ridge(alpha=c["alpha"]))
    return _judged(model, "diabetes", 5, "squares")


def _neighbours(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        _scaler(c["scaling"]),
        PCA(c["components"], random_state=0),
        KNeighborsClassifier(c["neighbours"], weights=c["weights"], metric=c["metric"]),
    )
    return _judged(model, "digits", 3, "error")


def _logistic(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        _scaler(c["scaling"]),
        PCA(c["components"], whiten=c["whiten"], random_state=0),
        linear_model.LogisticRegression(C=c["C"], max_iter=c["iterations"]),
    )
    return _judged(model, "digits", 1, "log")


def _sgd(c: Mapping[str, Any]) -> float:
    model = linear_model.SGDClassifier(
        loss=c["loss"],
        penalty=c["penalty"],
        l1_ratio=c["l1"],
        alpha=c["alpha"],
        learning_rate=c["schedule"],
        eta0=c["rate"],
        max_iter=c["epochs"],
        tol=None,
        random_state=0,
    )
    return _judged(make_pipeline(StandardScaler(), model), "cancer", 5, "log")


FITS: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "mlp digits": _mlp_digits,
    "mlp diabetes": _mlp_diabetes,
    "boosting cancer": _boosting,
    "hist boosting diabetes": _hist_boosting,
    "forest digits": _forest,
    "extra trees wine": _extra_trees,
    "svc digits": _svc,
    "elastic net diabetes": _elastic_net,
    "nystroem diabetes": _nystroem,
    "neighbours digits": _neighbours,
    "logistic digits": _logistic,
    "sgd cancer": _sgd,
}
