"""One run from its config to its artifact, with the real client and real training."""

import gc
import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from mnist import train as training
from mnist.evaluate import evaluate_file
from tests.workload.conftest import Train
from tests.workload.wandb_file import OfflineRun

pytestmark = pytest.mark.workload


def epoch_rows(run: OfflineRun) -> list[dict[str, Any]]:
    return [row for row in run.rows if "epoch/epoch" in row]


def model_artifact(run: OfflineRun) -> Any:
    (artifact,) = [a for a in run.artifacts if a.type == "model"]
    return artifact


def test_every_epoch_is_one_row_with_curves_and_the_best_so_far(finished: OfflineRun) -> None:
    rows = epoch_rows(finished)
    assert [row["epoch/epoch"] for row in rows] == [0, 1, 2]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        assert all(f"epoch/{name}" in row for row in rows)
    best = np.maximum.accumulate([row["epoch/val_accuracy"] for row in rows])
    assert [row["best_val_accuracy"] for row in rows] == best.tolist()
    assert sum("best_val_accuracy" in row for row in finished.rows) == 3


def test_every_batch_is_a_row(finished: OfflineRun) -> None:
    rows = [row for row in finished.rows if "batch/batch_step" in row]
    assert len(rows) == 3 * 10  # 320 images in batches of 32
    assert "batch/loss" in rows[0]
    assert "batch/accuracy" in rows[0]


def test_config_has_typed_values_defaults_and_the_data(
    finished: OfflineRun, digits_path: Path
) -> None:
    config = {k: v for k, v in finished.config.items() if not k.startswith("_wandb")}
    assert config == {
        "epochs": 3,
        "batch_size": 32,
        "dropout": 0.2,
        "validation_split": 0.2,
        "seed": 1,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "data": str(digits_path),
        "data_source": str(digits_path),
        "n_train": 320,
        "n_validation": 80,
        "n_test": 100,
    }


def test_summary_has_the_best_epoch_and_the_test(finished: OfflineRun) -> None:
    best = max(epoch_rows(finished), key=lambda row: row["epoch/val_accuracy"])
    assert finished.summary["best_val_accuracy"] == best["epoch/val_accuracy"]
    assert finished.summary["best_epoch"] == best["epoch/epoch"]
    for name in ("accuracy", "precision", "recall", "f1", "auroc"):
        assert 0.5 < finished.summary[f"test/{name}"] <= 1
    assert finished.summary["test/loss"] > 0


def test_charts_and_mistakes_are_small_tables(finished: OfflineRun) -> None:
    for name, most_rows in (
        ("confusion_matrix_table", 100),
        ("pr_curve_table", 2000),
        ("roc_curve_table", 2000),
        ("misclassified", 25),
    ):
        n_rows = finished.summary[f"test/{name}/nrows"]
        assert n_rows <= most_rows
        assert n_rows > 0 or name == "misclassified"
    assert "_wandb/visualize/test/roc_curve" in finished.config


def test_artifact_holds_the_best_epochs_model_with_its_metrics(finished: OfflineRun) -> None:
    artifact = model_artifact(finished)
    metadata = json.loads(artifact.metadata)
    assert artifact.name.startswith("mnist-cnn-")
    assert sorted(artifact.aliases) == ["best", "latest"]
    assert [entry.path for entry in artifact.manifest.contents] == ["model.keras"]
    assert metadata["best_val_accuracy"] == finished.summary["best_val_accuracy"]
    assert metadata["metrics"]["test_accuracy"] == finished.summary["test/accuracy"]
    assert metadata["config"]["dropout"] == 0.2
    assert metadata["data_source"] == finished.config["data_source"]


def test_model_from_the_artifact_scores_as_logged(finished: OfflineRun, tmp_path: Path) -> None:
    artifact = model_artifact(finished)
    metadata = json.loads(artifact.metadata)
    (entry,) = artifact.manifest.contents
    model = shutil.copy(entry.local_path, tmp_path / entry.path)  # staged without its ending
    again = evaluate_file(str(model), metadata["data_source"])
    assert again["accuracy"] == finished.summary["test/accuracy"]
    assert again["loss"] == finished.summary["test/loss"]
    assert again["test_digest"] == metadata["test_digest"]


def test_model_is_among_the_files_of_the_run(finished: OfflineRun) -> None:
    assert "model.keras" in finished.files


def test_same_seed_gives_the_same_numbers_also_in_a_warm_process(train: Train) -> None:
    one, other = (epoch_rows(train(epochs="1", seed="5")[1])[0] for _ in range(2))
    for name in ("epoch/loss", "epoch/val_loss"):
        assert one[name] == other[name]


def test_models_of_earlier_runs_are_freed(finished: OfflineRun) -> None:
    training.forget_earlier_models()
    assert sum(isinstance(thing, keras.Model) for thing in gc.get_objects()) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"dropout": "1.5"}, "dropout must be a number from 0 up to but not 1, got 1.5"),
        ({"data": "/nowhere"}, "/nowhere: no such file or folder"),
    ],
)
def test_bad_config_or_data_fails_the_run_and_not_the_process(
    train: Train, values: dict[str, str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, run = train(**values)
    assert (exit_code, run.exit_code) == (1, 1)
    error = capsys.readouterr().err
    assert expected in error
    assert "Traceback" not in error


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Exception()])
def test_stopped_run_ends_cleanly_and_keeps_its_best_epoch(
    train: Train, stop: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_epoch_end = training.BestEpoch.on_epoch_end

    def stopped_in_the_second_epoch(self: Any, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            raise stop
        on_epoch_end(self, epoch, logs)

    monkeypatch.setattr(training.BestEpoch, "on_epoch_end", stopped_in_the_second_epoch)
    exit_code, run = train(epochs="9")
    assert (exit_code, run.exit_code) == (255, 255)
    metadata = json.loads(model_artifact(run).metadata)
    assert metadata["best_epoch"] == 0
    assert "test_accuracy" not in metadata["metrics"]


def test_unforeseen_error_is_raised_and_fails_the_run(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(config: Any) -> Any:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(training, "build_model", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        train()
