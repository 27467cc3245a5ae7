"""Train one config: data, model, fit, evaluate, log, in that order."""

import gc
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import wandb
from wandb.integration.keras import WandbMetricsLogger

from mnist.charts import test_charts
from mnist.config import Config
from mnist.data import Digits, one_hot
from mnist.evaluate import predict, score
from mnist.model import build_model

MODEL_FILE = "model.keras"  # its name in the artifact and among the run's files


def train(config: Config, digits: Digits, run: wandb.Run) -> dict[str, float]:
    """Train one config, judge its best epoch on the test set, log everything to the run.

    The same config, digits and machine give the same numbers, also for the second run in one
    process. The run's files get the best epoch's model, and so does the artifact
    `mnist-cnn-<run id>`; a run stopped midway still leaves the best epoch it reached.

    Returns:
        Metrics of the best epoch's model on the test set, by the names in `score`.
    """
    print(digits, flush=True)
    recorded: Any = run.config  # the client leaves its methods untyped
    recorded.update(digits.describe(), allow_val_change=True)
    forget_earlier_models()
    keras.utils.set_random_seed(config.seed)
    model = build_model(config)

    # Charts over epochs have the epoch as their x-axis, not the count of logged rows.
    run.define_metric("epoch/*", step_metric="epoch/epoch")
    run.define_metric("best_*", step_metric="epoch/epoch")
    best = BestEpoch(run, Path(run.dir) / MODEL_FILE)
    try:
        model.fit(
            digits.x_train,
            one_hot(digits.y_train),
            batch_size=config.batch_size,
            epochs=config.epochs,
            validation_data=(digits.x_validation, one_hot(digits.y_validation)),
            callbacks=[best, WandbMetricsLogger(log_freq="batch")],
            verbose=2,  # a line per epoch: a moving bar is noise in a stored console
        )
    except BaseException:  # stopped or failed: what was reached is kept
        if best.metrics:
            log_model(run, config, digits, best, {})
        raise

    # The file is what others will download, so the file is what gets tested.
    probabilities = predict(keras.saving.load_model(best.path), digits.x_test)
    metrics = score(probabilities, digits.y_test)
    run.log(
        {f"test/{name}": value for name, value in metrics.items()}
        | test_charts(probabilities, digits.x_test, digits.y_test)
    )
    log_model(run, config, digits, best, metrics)
    print(
        f"Best epoch: {best.epoch + 1} of {config.epochs}, validation accuracy "
        f"{best.val_accuracy:.4f}; test accuracy {metrics['accuracy']:.4f}",
        flush=True,
    )
    return metrics


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]  # keras comes without types
    """Save the model whenever an epoch's validation accuracy beats all earlier ones.

    Logs `best_val_accuracy`, the best so far, and `best_epoch`, counted from 0 like the
    client's `epoch/epoch`. Both join the row that WandbMetricsLogger writes for the epoch, so
    this callback must stand before it: one row, one value of the swept metric per epoch. Their
    last values are the best ones, hence so is the run's summary.

    Attributes:
        val_accuracy: Highest validation accuracy so far, 0 to 1.
        epoch: The first epoch that reached it.
        metrics: That epoch's loss, accuracy, val_loss, val_accuracy; empty before the first.
    """

    def __init__(self, run: wandb.Run, path: Path) -> None:
        super().__init__()
        self.run = run
        self.path = path
        self.val_accuracy = float("-inf")
        self.epoch = 0
        self.metrics: dict[str, float] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        if metrics["val_accuracy"] > self.val_accuracy:
            # Renamed into place, so being stopped while saving spoils no earlier epoch.
            unfinished = self.path.with_name(f"unfinished-{self.path.name}")
            self.model.save(unfinished)
            os.replace(unfinished, self.path)
            self.val_accuracy = metrics["val_accuracy"]
            self.epoch = epoch
            self.metrics = metrics
        self.run.log(
            {"best_val_accuracy": self.val_accuracy, "best_epoch": self.epoch}, commit=False
        )


def log_model(
    run: wandb.Run,
    config: Config,
    digits: Digits,
    best: BestEpoch,
    test_metrics: dict[str, float],
) -> None:
    """Log the best epoch's model as an artifact and among the run's files.

    Each run has a collection of its own: in a shared one the alias `best` would simply move to
    whichever run logged last.

    Args:
        test_metrics: Metrics on the test set; empty when the run was stopped before it.
    """
    metadata: dict[str, Any] = {
        "config": asdict(config),
        "best_epoch": best.epoch,
        "best_val_accuracy": best.val_accuracy,
        "metrics": best.metrics | {f"test_{name}": value for name, value in test_metrics.items()},
        "test_digest": digits.test_digest,
        "keras_version": keras.__version__,
        **digits.describe(),
    }
    artifact = wandb.Artifact(
        f"mnist-cnn-{run.id}",
        type="model",
        description="Keras model of the epoch with the highest validation accuracy",
        metadata=metadata,
    )
    artifact.add_file(str(best.path), name=MODEL_FILE)
    run.log_artifact(artifact, aliases=["latest", "best"])
    run.save(str(best.path), base_path=run.dir, policy="now", glob=False)


def forget_earlier_models() -> None:
    """Free what earlier runs in this process left behind: models, graphs, layer names."""
    keras.backend.clear_session()
    gc.collect()
