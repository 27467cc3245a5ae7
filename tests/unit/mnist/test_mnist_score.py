import math

import numpy as np
import pytest

from mnist.evaluate import main, score


def certain(predicted: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.eye(10)[predicted]


@pytest.mark.slow
def test_perfect_predictions_score_one() -> None:
    labels = np.arange(10)
    assert score(certain(list(range(10))), labels) == {
        "loss": 0.0,
        "accuracy": 1.0,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "auroc": 1.0,
    }


def test_loss_is_the_mean_negative_log_of_the_true_digit() -> None:
    probabilities = np.full((2, 10), 0.5 / 9)
    probabilities[[0, 1], [3, 4]] = 0.5
    assert score(probabilities, np.array([3, 4]))["loss"] == pytest.approx(math.log(2))


def test_certain_mistake_costs_a_finite_loss() -> None:
    assert score(certain([1, 0]), np.array([0, 1]))["loss"] == pytest.approx(-math.log(1e-7))


def test_precision_and_recall_count_each_digit_the_same() -> None:
    # Digit 0: found 2 of 2, 2 of 3 right. Digit 1: found 1 of 2, always right.
    metrics = score(certain([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    assert metrics["accuracy"] == 0.75
    assert metrics["precision"] == pytest.approx((2 / 3 + 1) / 2)
    assert metrics["recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert metrics["f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_rare_digits_count_as_much_as_frequent_ones() -> None:
    """Nine zeros and one each of 1 and 2: a mean over images would hide what is rare."""
    labels = np.array([0] * 9 + [1, 2])
    predicted = [0] * 8 + [1] + [1, 0]
    metrics = score(certain(predicted), labels)
    # Digit 0: 8 of 9 found, 8 of 9 right. Digit 1: found, 1 of 2 right. Digit 2: never predicted.
    assert metrics["accuracy"] == pytest.approx(9 / 11)
    assert metrics["precision"] == pytest.approx((8 / 9 + 1 / 2 + 0) / 3)
    assert metrics["recall"] == pytest.approx((8 / 9 + 1 + 0) / 3)
    assert metrics["f1"] == pytest.approx((8 / 9 + 2 / 3 + 0) / 3)
    # One digit against the rest, each by hand: mean of the two hit rates of certain predictions.
    areas = [(8 / 9 + 1 / 2) / 2, (1 + 9 / 10) / 2, 1 / 2]
    assert metrics["auroc"] == pytest.approx(sum(areas) / 3)


def test_guessing_has_auroc_of_one_half() -> None:
    labels = np.tile(np.arange(10), 3)
    assert score(np.full((30, 10), 0.1), labels)["auroc"] == 0.5


def test_auroc_of_a_single_digit_is_undefined_not_an_error() -> None:
    with np.errstate(all="raise"):
        assert math.isnan(score(certain([7, 7]), np.array([7, 7]))["auroc"])


def test_command_says_when_there_are_no_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model.keras", "--data", "/nowhere"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mnist.evaluate: /nowhere: no such file or folder")
