"""XGBoost: a metric per round, importances, the model as an artifact."""

import wandb
import xgboost
from sklearn.datasets import load_breast_cancer
from wandb.integration.xgboost import WandbCallback

x, y = load_breast_cancer(return_X_y=True)
with wandb.init(project="integrations", name="xgboost"):
    model = xgboost.XGBClassifier(
        n_estimators=6, max_depth=3, callbacks=[WandbCallback(log_model=True)]
    )
    model.fit(x[:400], y[:400], eval_set=[(x[400:], y[400:])], verbose=False)
