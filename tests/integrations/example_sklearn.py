"""scikit-learn: the client's plots of a classifier."""

import wandb
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

x, y = load_iris(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0, stratify=y)
model = LogisticRegression(max_iter=500).fit(x_train, y_train)
with wandb.init(project="integrations", name="sklearn") as run:
    run.log({"accuracy": model.score(x_test, y_test)})
    wandb.sklearn.plot_confusion_matrix(y_test, model.predict(x_test), ["a", "b", "c"])
    wandb.sklearn.plot_roc(y_test, model.predict_proba(x_test), ["a", "b", "c"])
    wandb.sklearn.plot_precision_recall(y_test, model.predict_proba(x_test), ["a", "b", "c"])
