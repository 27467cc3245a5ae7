"""XGBoost: a metric per round, the best round, importances, the model as an artifact."""

import wandb
import xgboost
from sklearn.datasets import load_breast_cancer
from wandb.integration.xgboost import WandbCallback

x, y = load_breast_cancer(return_X_y=True)
with wandb.init(project="xgboost"):
    model = xgboost.XGBClassifier(
        n_estimators=40,
        max_depth=3,
        eval_metric=["auc", "logloss"],
        early_stopping_rounds=5,
        callbacks=[WandbCallback(log_model=True)],
    )
    model.fit(x[:400], y[:400], eval_set=[(x[400:], y[400:])], verbose=False)
