"""The integrations that are tried: what is started, read back and looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.integrations import reading
from tests.integrations.reading import Found


@dataclass(frozen=True)
class Case:
    """An integration.

    `example_NAME.py` is run as it is; where `example_NAME/` is a folder, each sweep file in it is
    given to `wandb sweep` and what that answers to `wandb agent`. Both write to the project NAME.
    """

    name: str
    title: str  # as its users call it
    packages: tuple[str, ...]  # whose versions are told
    read: Callable[[str, Path], Found]  # given the project and the folder that it ran in
    seen: tuple[str, ...]  # texts on its page
    shown: str = ""  # the text that stands at the head of the picture; the page's own head without


CASES = (
    Case(
        "transformers_search",
        'Hugging Face `Trainer.hyperparameter_search(backend="wandb")`',
        ("transformers", "accelerate", "torch"),
        reading.transformers_search,
        ("learning_rate", "per_device_train_batch_size", "eval/loss"),
    ),
    Case(
        "transformers",
        'Hugging Face `Trainer`, `report_to="wandb"`, `WANDB_LOG_MODEL`',
        ("transformers", "accelerate", "torch"),
        reading.transformers,
        ("train/loss", "eval/loss"),
    ),
    Case(
        "optuna",
        "Optuna `WeightsAndBiasesCallback`, also `as_multirun` and `track_in_wandb`",
        ("optuna", "optuna-integration"),
        reading.optuna,
        ("loss", "x"),
    ),
    Case("ray", "Ray Tune `WandbLoggerCallback`", ("ray",), reading.ray, ("loss",)),
    Case(
        "keras",
        "Keras `WandbMetricsLogger`, `WandbModelCheckpoint`, `WandbEvalCallback`",
        ("keras", "tensorflow-cpu"),
        reading.keras,
        ("epoch/loss", "epoch/val_accuracy"),
    ),
    Case(
        "lightning",
        'Lightning `WandbLogger(log_model="all")`',
        ("lightning", "torch"),
        reading.lightning,
        ("loss", "val_loss"),
    ),
    Case(
        "sklearn",
        "scikit-learn `wandb.sklearn`: `plot_classifier`, `plot_regressor`, `plot_clusterer`",
        ("scikit-learn",),
        reading.sklearn,
        ("Precision-Recall Curve", "ROC Curve", "confusion_matrix"),
        shown="Precision-Recall Curve",
    ),
    Case(
        "xgboost",
        "XGBoost `WandbCallback(log_model=True)`",
        ("xgboost-cpu",),
        reading.xgboost,
        ("validation_0-logloss",),
    ),
    Case(
        "lightgbm",
        "LightGBM `wandb_callback`, `log_summary`",
        ("lightgbm",),
        reading.lightgbm,
        ("validation_auc",),
    ),
    Case(
        "hydra",
        "Hydra through `command` macros: `${args_no_hyphens}`, `${args_append_hydra}`, "
        "`${args_override_hydra}`, `${envvar:…}`",
        ("hydra-core", "omegaconf"),
        reading.hydra,
        ("optimizer.rate", "optimizer.name"),
    ),
    Case(
        "torch",
        'PyTorch `wandb.watch(log="all")`, `log_model`',
        ("torch",),
        reading.torch,
        ("loss", "gradients/0.weight", "parameters/0.weight"),
        shown="gradients/0.weight",
    ),
    Case(
        "torchrun",
        "`torchrun`: two processes, rank 0 takes the config",
        ("torch",),
        reading.torchrun,
        ("lr", "loss"),
    ),
    Case(
        "tensorboard",
        "TensorBoard `sync_tensorboard=True`",
        ("tensorboard", "torch"),
        reading.tensorboard,
        ("loss", "weights"),
    ),
)
