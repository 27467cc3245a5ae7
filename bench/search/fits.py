"""The models of `real_models.py`, trained by scikit-learn: a config and what it comes to.

`trainer.py` keeps what was trained and answers the engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn import ensemble, linear_model, neural_network, svm
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from bench.search.fits_of_choices import CHOICES
from bench.search.judging import judged, scaler


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
    return judged(make_pipeline(StandardScaler(), model), "digits", 1, "log")


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
    return judged(make_pipeline(StandardScaler(), model), "diabetes", 3, "squares")


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
    return judged(model, "cancer", 3, "log")


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
    return judged(model, "diabetes", 3, "squares")


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
    return judged(model, "digits", 1, "log")


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
    return judged(model, "wine", 5, "log")


def _svc(c: Mapping[str, Any]) -> float:
    model = svm.SVC(**c, max_iter=20_000)
    return judged(make_pipeline(StandardScaler(), model), "digits", 1, "error")


def _elastic_net(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        scaler(c["scaling"]),
        PolynomialFeatures(c["degree"], interaction_only=c["interactions"], include_bias=False),
        StandardScaler(),
        linear_model.ElasticNet(alpha=c["alpha"], l1_ratio=c["l1"], max_iter=200, random_state=0),
    )
    return judged(model, "diabetes", 5, "squares")


def _nystroem(c: Mapping[str, Any]) -> float:
    features = Nystroem(c["kernel"], gamma=c["gamma"], n_components=c["components"], random_state=0)
    model = make_pipeline(scaler(c["scaling"]), features, linear_model.Ridge(alpha=c["alpha"]))
    return judged(model, "diabetes", 5, "squares")


def _neighbours(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        scaler(c["scaling"]),
        PCA(c["components"], random_state=0),
        KNeighborsClassifier(c["neighbours"], weights=c["weights"], metric=c["metric"]),
    )
    return judged(model, "digits", 3, "error")


def _logistic(c: Mapping[str, Any]) -> float:
    model = make_pipeline(
        scaler(c["scaling"]),
        PCA(c["components"], whiten=c["whiten"], random_state=0),
        linear_model.LogisticRegression(C=c["C"], max_iter=c["iterations"]),
    )
    return judged(model, "digits", 1, "log")


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
    return judged(make_pipeline(StandardScaler(), model), "cancer", 5, "log")


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
    **CHOICES,
}
