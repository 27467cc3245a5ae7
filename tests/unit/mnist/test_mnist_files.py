import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist.files import IDX_NAMES, Arrays, DataError, read_digits


def idx(array: np.ndarray[Any, Any]) -> bytes:
    """The content of an IDX file, written independently of the reader."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, arrays: Arrays, zipped: bool = True) -> Path:
    for name, array in zip(IDX_NAMES, arrays, strict=True):
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (folder / name).write_bytes(idx(array))
    return folder


def write_npz(path: Path, arrays: Arrays) -> Path:
    x_train, y_train, x_test, y_test = arrays
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


def assert_same(found: Arrays, expected: Arrays) -> None:
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)


def message(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_digits(path)
    return str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
def test_idx_folder_is_read_gzipped_or_not(tmp_path: Path, tiny: Arrays, zipped: bool) -> None:
    assert_same(read_digits(write_idx(tmp_path, tiny, zipped)), tiny)


def test_idx_files_may_be_spelt_with_a_dot(tmp_path: Path, tiny: Arrays) -> None:
    write_idx(tmp_path, tiny, zipped=False)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert_same(read_digits(tmp_path), tiny)


def test_npz_is_read(tmp_path: Path, tiny: Arrays) -> None:
    assert_same(read_digits(write_npz(tmp_path / "mnist.npz", tiny)), tiny)


def test_missing_path_says_what_was_expected(tmp_path: Path) -> None:
    assert "nowhere: no such file or folder; expected mnist.npz or a folder with" in message(
        tmp_path / "nowhere"
    )


def test_missing_idx_file_is_named(tmp_path: Path, tiny: Arrays) -> None:
    write_idx(tmp_path, tiny)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz is missing" in message(tmp_path)


def test_cut_off_idx_file_tells_both_lengths(tmp_path: Path, tiny: Arrays) -> None:
    write_idx(tmp_path, tiny, zipped=False)
    images = tmp_path / IDX_NAMES[0]
    images.write_bytes(images.read_bytes()[:-84])
    assert "its header says 40 x 28 x 28 = 31360 bytes, 31276 follow" in message(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0\0\x08", b"<html>not found</html>"])
def test_file_that_is_no_idx_shows_its_first_bytes(
    tmp_path: Path, tiny: Arrays, content: bytes
) -> None:
    write_idx(tmp_path, tiny, zipped=False)
    (tmp_path / IDX_NAMES[0]).write_bytes(content)
    text = message(tmp_path)
    assert "expected it to begin with 00 00 08 03, got " in text
    assert content[:4].hex(" ") in text


def test_broken_gzip_is_a_clear_error(tmp_path: Path, tiny: Arrays) -> None:
    write_idx(tmp_path, tiny)
    path = tmp_path / f"{IDX_NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:200])
    assert "t10k-images-idx3-ubyte.gz: unreadable" in message(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"something else"])
def test_broken_npz_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    assert "mnist.npz: not a readable .npz file" in message(path)


def test_plain_npy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    np.save(path, np.zeros(3))
    assert "not a readable .npz file" in message(path)


def test_pickled_arrays_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    pickled = np.array([{}])
    np.savez(path, x_train=pickled, y_train=pickled, x_test=pickled, y_test=pickled)
    assert "not a readable .npz file" in message(path)


def test_npz_without_labels_names_them(tmp_path: Path, tiny: Arrays) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=tiny[0], x_test=tiny[2])
    assert "holds no y_train, y_test" in message(path)


@pytest.mark.parametrize(
    ("which", "replacement", "expected"),
    [
        (0, np.zeros((40, 32, 32), np.uint8), "training set: expected images of shape (n, 28, 28)"),
        (0, np.zeros((0, 28, 28), np.uint8), "with n of at least 1, got (0, 28, 28)"),
        (2, np.zeros((20, 28, 28), np.float64), "test set: expected images of uint8 from 0 to 255"),
        (1, np.zeros(39, np.uint8), "expected 40 labels, one per image, got shape (39,)"),
        (3, np.full(20, 10, np.uint8), "whole numbers from 0 to 9, got uint8 from 10 to 10"),
        (3, np.full(20, 0.5), "whole numbers from 0 to 9, got float64 from 0.5 to 0.5"),
    ],
)
def test_arrays_of_another_shape_are_refused(
    tmp_path: Path, tiny: Arrays, which: int, replacement: Any, expected: str
) -> None:
    arrays: Any = [*tiny]
    arrays[which] = replacement
    path = write_npz(tmp_path / "mnist.npz", arrays)
    assert expected in message(path)
