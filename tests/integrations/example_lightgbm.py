"""LightGBM: a metric per round, its parameters as the config, importances, the model."""

import lightgbm
import wandb
from sklearn.datasets import load_breast_cancer
from wandb.integration.lightgbm import log_summary, wandb_callback

x, y = load_breast_cancer(return_X_y=True)
train = lightgbm.Dataset(x[:400], y[:400])
parameters = {
    "objective": "binary",
    "metric": ["auc", "binary_logloss"],
    "num_leaves": 7,
    "num_threads": 1,
    "verbosity": -1,
}
with wandb.init(project="lightgbm"):
    model = lightgbm.train(
        parameters,
        train,
        num_boost_round=12,
        valid_sets=[lightgbm.Dataset(x[400:], y[400:], reference=train)],
        valid_names=["validation"],
        callbacks=[wandb_callback()],
    )
    log_summary(model, save_model_checkpoint=True)
