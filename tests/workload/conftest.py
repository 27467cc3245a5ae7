"""Digits a network learns in a second, and runs of the real client without a server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import wandb

import agent
from tests.workload.wandb_file import OfflineRun, read_runs


@pytest.fixture(scope="session")
def digits_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 + 100 noisy images; digit k is a bright bar whose height in the image tells k."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10, dtype=np.uint8), 50)
    images = rng.integers(0, 120, (500, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
    path = tmp_path_factory.mktemp("digits") / "mnist.npz"
    np.savez(
        path, x_train=images[:400], y_train=labels[:400], x_test=images[400:], y_test=labels[400:]
    )
    return path


Train = Callable[..., tuple[int, OfflineRun]]


@pytest.fixture(scope="session")
def train(digits_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Train]:
    """Run agent.run_once with values as the command line gives them: exit code and record."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH", "WANDB_PROJECT"):
            patch.delenv(name, raising=False)
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("WANDB_SILENT", "true")
        patch.setenv("WANDB_ERROR_REPORTING", "false")
        for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name)))

        def run(**values: str) -> tuple[int, OfflineRun]:
            folder = tmp_path_factory.mktemp("run")
            patch.setenv("WANDB_DIR", str(folder))
            exit_code = agent.run_once({"data": str(digits_path), "batch_size": "32", **values})
            wandb.teardown()
            return exit_code, read_runs(folder)[-1]

        yield run
        agent.load_digits_once.cache_clear()


@pytest.fixture(scope="session")
def finished(train: Train) -> OfflineRun:
    """A run of three epochs that went well."""
    exit_code, run = train(epochs="3", dropout="0.2", validation_split="0.2")
    assert exit_code == 0
    return run
