"""Tiny sets of digits, and caches of one's own."""

from pathlib import Path

import numpy as np
import pytest

from mnist.files import Arrays


@pytest.fixture
def tiny() -> Arrays:
    """40 random training and 20 test images; each digit occurs equally often in both."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = np.tile(np.arange(10, dtype=np.uint8), 6)
    return images[:40], labels[:40], images[40:], labels[40:]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, so no test sees or changes what the user has cached."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("MNIST_DATA", "KERAS_HOME", "XDG_CACHE_HOME", "WANDB_SWEEP_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
