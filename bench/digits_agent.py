"""A real run in a second or two, for pictures of the pages: a small network, scikit-learn's digits.

python bench/digits_agent.py ENTITY/PROJECT/SWEEP      # an agent, until the sweep has no more
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np
import wandb
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SWEEP = """\
program: bench/digits_agent.py
name: digits, small network
method: bayes
metric: {name: epoch/val_accuracy, goal: maximize}
parameters:
  epochs: {min: 3, max: 24}
  batch_size: {values: [16, 64, 256]}
  learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.1}
  width: {values: [8, 32, 128]}
  l2: {distribution: log_uniform_values, min: 0.00001, max: 1.0}
  activation: {values: [relu, tanh]}
early_terminate: {type: hyperband, min_iter: 3, eta: 2}
run_cap: 30
"""


def train() -> None:
    """One run: a row for each epoch, then charts and the model."""
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16.0, y, test_size=0.3, random_state=0, stratify=y)
    X_train, X_test, y_train, y_test = split
    with wandb.init() as run:
        config = run.config
        model = MLPClassifier(
            hidden_layer_sizes=(config.width,),
            batch_size=config.batch_size,
            learning_rate_init=config.learning_rate,
            alpha=config.l2,
            activation=config.activation,
            random_state=0,
        )
        for epoch in range(config.epochs):
            model.partial_fit(X_train, y_train, classes=np.arange(10))
            chances = model.predict_proba(X_test)
            run.log(
                {
                    "epoch/epoch": epoch + 1,
                    "epoch/loss": float(model.loss_),
                    "epoch/val_loss": float(log_loss(y_test, chances)),
                    "epoch/val_accuracy": float((chances.argmax(axis=1) == y_test).mean()),
                }
            )
            print(f"epoch {epoch + 1}: loss {model.loss_:.4f}")
        names = [str(k) for k in range(10)]
        run.log(
            {
                "confusion": wandb.plot.confusion_matrix(
                    y_true=y_test.tolist(), preds=chances.argmax(axis=1).tolist(), class_names=names
                ),
                "pr": wandb.plot.pr_curve(y_test, chances, labels=names),
                "roc": wandb.plot.roc_curve(y_test, chances, labels=names),
                "first layer": wandb.Histogram(model.coefs_[0].ravel()),
                "taken wrongly": [
                    wandb.Image(image.reshape(8, 8), caption=f"{true}, taken for {guess}")
                    for image, true, guess in zip(
                        X_test, y_test, chances.argmax(axis=1), strict=True
                    )
                    if true != guess
                ][:8],
            }
        )
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.joblib"
            joblib.dump(model, path)
            artifact = wandb.Artifact("digits-mlp", type="model", metadata=dict(config))
            artifact.add_file(str(path))
            run.log_artifact(artifact).wait()


if __name__ == "__main__":
    wandb.agent(sys.argv[1], function=train)
