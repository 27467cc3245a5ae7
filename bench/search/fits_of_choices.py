"""The eight models of `docs/decisions/0112`: a list in each decides what else matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn import ensemble, linear_model, neural_network, svm
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.kernel_ridge import KernelRidge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.random_projection import GaussianRandomProjection
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from bench.search.judging import judged, scaler

Config = Mapping[str, Any]


def _features(name: str) -> str | None:
    return None if name == "all" else name


def _svc_cancer(c: Config) -> float:
    model = svm.SVC(
        C=c["C"],
        kernel=c["kernel"],
        gamma=c["gamma"],
        degree=c["degree"],
        coef0=c["coef0"],
        max_iter=20_000,
        random_state=0,
    )
    return judged(make_pipeline(scaler(c["scaling"]), model), "cancer", 5, "error")


def _kernels(c: Config) -> float:
    model = KernelRidge(
        alpha=c["alpha"],
        kernel=c["kernel"],
        gamma=c["gamma"],
        degree=c["degree"],
        coef0=c["coef0"],
    )
    return judged(make_pipeline(StandardScaler(), model), "diabetes", 5, "squares")


def _adaboost(c: Config) -> float:
    model = ensemble.AdaBoostRegressor(
        DecisionTreeRegressor(max_depth=c["depth"]),
        n_estimators=c["trees"],
        learning_rate=c["rate"],
        loss=c["loss"],
        random_state=0,
    )
    return judged(model, "diabetes", 1, "squares")


def _boosting_losses(c: Config) -> float:
    model = ensemble.GradientBoostingRegressor(
        loss=c["loss"],
        alpha=c["quantile"],
        learning_rate=c["rate"],
        n_estimators=c["trees"],
        max_depth=c["depth"],
        max_features=_features(c["features"]),
        random_state=0,
    )
    return judged(model, "diabetes", 1, "squares")


def _tree(c: Config) -> float:
    model = DecisionTreeClassifier(
        criterion=c["criterion"],
        splitter=c["splitter"],
        max_features=_features(c["features"]),
        max_depth=c["depth"],
        min_samples_leaf=c["leaf"],
        ccp_alpha=c["pruning"],
        random_state=0,
    )
    return judged(model, "digits", 3, "error")


def _logistic_wine(c: Config) -> float:
    model: Any = linear_model.LogisticRegression(
        solver=c["solver"],
        penalty=c["penalty"],
        l1_ratio={"l2": 0.0, "l1": 1.0, "elasticnet": c["l1"]}[c["penalty"]],
        C=c["C"],
        max_iter=c["iterations"],
        random_state=0,
    )
    if c["solver"] == "liblinear":  # knows two classes only
        model = OneVsRestClassifier(model)
    return judged(make_pipeline(scaler(c["scaling"]), model), "wine", 5, "log")


def _mlp_iris(c: Config) -> float:
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=[c["width"]],
        solver=c["solver"],
        activation=c["activation"],
        alpha=c["decay"],
        learning_rate_init=c["rate"],
        max_iter=c["epochs"],
        random_state=0,
    )
    return judged(make_pipeline(StandardScaler(), model), "iris", 3, "log")


def _reduced(c: Config) -> float:
    reduction = {
        "none": FunctionTransformer(),
        "pca": PCA(c["components"], random_state=0),
        "best": SelectKBest(k=c["components"]),
        "random": GaussianRandomProjection(c["components"], random_state=0),
    }[c["reduction"]]
    classifier = {
        "neighbours": KNeighborsClassifier(c["neighbours"]),
        "bayes": GaussianNB(var_smoothing=c["smoothing"]),
        "discriminant": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=c["shrinkage"]),
        "tree": DecisionTreeClassifier(max_depth=c["depth"], random_state=0),
    }[c["classifier"]]
    return judged(make_pipeline(reduction, classifier), "digits", 1, "error")


CHOICES: dict[str, Callable[[Config], float]] = {
    "svc cancer": _svc_cancer,
    "kernels diabetes": _kernels,
    "adaboost diabetes": _adaboost,
    "boosting losses diabetes": _boosting_losses,
    "tree digits": _tree,
    "logistic wine": _logistic_wine,
    "mlp iris": _mlp_iris,
    "reduced digits": _reduced,
}
