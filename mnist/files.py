"""Read digits from files: one mnist.npz, or a folder of the four IDX files.

Whatever these functions return has been checked: images (n, 28, 28) of uint8, as many labels
(n,) of uint8 from 0 to 9, n at least 1.
"""

import gzip
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # images (n, 28, 28), 0 black to 255 white; or labels (n,), 0 to 9
Arrays = tuple[Pixels, Pixels, Pixels, Pixels]  # x_train, y_train, x_test, y_test

IMAGE_SIDE = 28  # pixels
NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
IDX_UNSIGNED_BYTE = 0x08  # third byte of an IDX file: the type of its numbers


class DataError(Exception):
    """A data file is missing, broken, or not shaped like MNIST."""


def read_digits(path: Path) -> Arrays:
    """Read the training and the test set.

    Args:
        path: An .npz file with the arrays x_train, y_train, x_test, y_test, or a folder with
            the four IDX files, each gzipped (.gz) or not.

    Raises:
        DataError: Nothing there, unreadable, or of another shape; says what was expected.
    """
    if path.is_dir():
        train_images, train_labels, test_images, test_labels = (
            _read_idx(_find_idx(path, name)) for name in IDX_NAMES
        )
        arrays = (train_images, train_labels, test_images, test_labels)
    elif path.is_file():
        arrays = _read_npz(path)
    else:
        raise DataError(
            f"{path}: no such file or folder; expected mnist.npz or a folder with "
            f"{IDX_NAMES[0]}(.gz) and its three companions"
        )
    _check_set(f"{path}, training set", arrays[0], arrays[1])
    _check_set(f"{path}, test set", arrays[2], arrays[3])
    return arrays


def _find_idx(folder: Path, name: str) -> Path:
    # Some copies of MNIST write "-images.idx3-ubyte" with a dot.
    for spelling in (name, name.replace("-idx", ".idx")):
        for ending in ("", ".gz"):
            if (folder / f"{spelling}{ending}").is_file():
                return folder / f"{spelling}{ending}"
    raise DataError(
        f"{folder}: {name} or {name}.gz is missing; expected all of {', '.join(IDX_NAMES)}"
    )


def _read_idx(path: Path) -> Pixels:
    """Read one IDX file: two zero bytes, the type, the number of axes, their lengths, numbers.

    Lengths are big-endian 32-bit integers. Source: the format's description at the foot of
    the MNIST home page.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: unreadable ({error}); copy or download it again") from error
    n_axes = 3 if "images" in path.name else 1
    n_header_bytes = 4 + 4 * n_axes
    expected_magic = bytes((0, 0, IDX_UNSIGNED_BYTE, n_axes))
    if content[:4] != expected_magic or len(content) < n_header_bytes:
        raise DataError(
            f"{path}: not an IDX file of unsigned bytes with {n_axes} axes: expected it to begin "
            f"with {expected_magic.hex(' ')}, got {content[:4].hex(' ') or 'nothing'}; "
            "copy or download it again"
        )
    shape = struct.unpack(f">{n_axes}I", content[4:n_header_bytes])
    n_expected = int(np.prod(shape, dtype=np.uint64))
    n_found = len(content) - n_header_bytes
    if n_found != n_expected:
        raise DataError(
            f"{path}: its header says {' x '.join(map(str, shape))} = {n_expected} bytes, "
            f"{n_found} follow; copy or download it again"
        )
    return np.frombuffer(content, np.uint8, offset=n_header_bytes).reshape(shape)


def _read_npz(path: Path) -> Arrays:
    try:
        # Opened here, because np.load (NumPy 2.4) leaves a broken file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            missing = [name for name in NPZ_NAMES if name not in archive]
            if missing:
                raise DataError(
                    f"{path}: holds no {', '.join(missing)}; expected the arrays "
                    f"{', '.join(NPZ_NAMES)}, as in Keras' mnist.npz"
                )
            x_train, y_train, x_test, y_test = (archive[name] for name in NPZ_NAMES)
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        # NumPy reports a file that is neither .npz nor .npy as pickled data; TypeError is what
        # comes when a plain .npy array is opened like an archive.
        raise DataError(
            f"{path}: not a readable .npz file ({error}); copy or download it again"
        ) from error
    return x_train, y_train, x_test, y_test


def _check_set(name: str, images: Pixels, labels: Pixels) -> None:
    if images.ndim != 3 or images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE) or len(images) == 0:
        raise DataError(
            f"{name}: expected images of shape (n, {IMAGE_SIDE}, {IMAGE_SIDE}) with n of at "
            f"least 1, got {images.shape}"
        )
    if images.dtype != np.uint8:
        raise DataError(f"{name}: expected images of uint8 from 0 to 255, got {images.dtype}")
    if labels.shape != (len(images),):
        raise DataError(
            f"{name}: expected {len(images)} labels, one per image, got shape {labels.shape}"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() > 9:
        raise DataError(
            f"{name}: expected labels to be whole numbers from 0 to 9, got {labels.dtype} from "
            f"{labels.min()} to {labels.max()}"
        )
