"""scikit-learn: every plot the client makes of a classifier, a regressor and a clusterer."""

import wandb
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = load_breast_cancer()
x, x_test, y, y_test = train_test_split(data.data, data.target, random_state=0)
forest = RandomForestClassifier(20, random_state=0).fit(x, y)
with wandb.init(project="sklearn", name="classifier") as run:
    run.log({"accuracy": forest.score(x_test, y_test)})
    wandb.sklearn.plot_classifier(
        forest,
        x,
        x_test,
        y,
        y_test,
        forest.predict(x_test),
        forest.predict_proba(x_test),
        labels=["malignant", "benign"],
        is_binary=True,
        model_name="forest",
        feature_names=list(data.feature_names),
        log_learning_curve=True,
    )

x, x_test, y, y_test = train_test_split(*load_diabetes(return_X_y=True), random_state=0)
with wandb.init(project="sklearn", name="regressor"):
    wandb.sklearn.plot_regressor(Ridge().fit(x, y), x, x_test, y, y_test, "ridge")

data = load_iris()
means = KMeans(3, random_state=0)
with wandb.init(project="sklearn", name="clusterer"):
    names = [data.target_names[label] for label in means.fit_predict(data.data)]
    wandb.sklearn.plot_clusterer(means, data.data, means.labels_, names, "k-means")
