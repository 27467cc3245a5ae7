"""The network and the charts made from its predictions."""

import keras
import numpy as np
import pytest

from mnist import charts
from mnist.config import OPTIMIZERS, Config
from mnist.data import one_hot
from mnist.evaluate import predict, score
from mnist.model import build_model

pytestmark = pytest.mark.workload


def test_network_is_the_one_described() -> None:
    model = build_model(Config(dropout=0.3))
    assert [type(layer).__name__ for layer in model.layers] == [
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "MaxPooling2D",
        "Flatten",
        "Dropout",
        "Dense",
    ]
    assert model.count_params() == 34_826
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 10)
    assert model.layers[5].rate == 0.3
    assert model.loss == "categorical_crossentropy"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer_and_learning_rate_come_from_the_config(optimizer: str) -> None:
    model = build_model(Config(optimizer=optimizer, learning_rate=0.02))
    assert type(model.optimizer).__name__.lower() == optimizer
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)


def test_predictions_are_probabilities_and_the_loss_is_that_of_keras() -> None:
    keras.utils.set_random_seed(3)
    model = build_model(Config())
    images = np.random.default_rng(0).random((50, 28, 28, 1), dtype=np.float32)
    labels = np.arange(50) % 10
    probabilities = predict(model, images)
    assert probabilities.shape == (50, 10)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-6)
    expected = model.evaluate(images, one_hot(labels), verbose=0, return_dict=True)
    assert score(probabilities, labels)["loss"] == pytest.approx(expected["loss"], abs=1e-5)
    assert score(probabilities, labels)["accuracy"] == pytest.approx(expected["accuracy"])


def test_curves_keep_both_ends_and_few_points() -> None:
    points = charts.thin(np.linspace(0, 1, 10_000), np.linspace(1, 0, 10_000))
    assert len(points) == charts.MAX_CURVE_POINTS
    assert [points[0], points[-1]] == [(0, 1), (1, 0)]


def test_short_curve_is_kept_whole() -> None:
    assert charts.thin(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 1.0])) == [
        (0, 0),
        (0.5, 1),
        (1, 1),
    ]


def test_curves_belong_to_the_right_digit_when_one_is_missing() -> None:
    labels = np.array([0, 2, 2, 0])  # no 1
    probabilities = np.eye(10)[labels]
    roc = charts.roc_curve(probabilities, labels).table.data
    assert {digit for digit, _, _ in roc} == {"0", "2"}
    assert all(fpr == 0 or tpr == 1 for _, fpr, tpr in roc)  # perfect predictions hug the corner
    pr = charts.pr_curve(probabilities, labels).table.data
    assert {digit for digit, _, _ in pr} == {"0", "2"}
    assert all(precision == 1 or recall == 1 for _, precision, recall in pr)


def test_other_seed_starts_from_other_weights() -> None:
    weights = []
    for seed in (1, 2, 1):
        keras.utils.set_random_seed(seed)
        weights.append(build_model(Config()).get_weights()[0])
    assert np.array_equal(weights[0], weights[2])
    assert not np.array_equal(weights[0], weights[1])


def test_most_confident_mistakes_come_first() -> None:
    labels = np.zeros(40, dtype=np.int64)
    probabilities = np.zeros((40, 10))
    probabilities[:, 7] = np.linspace(0.6, 0.9, 40)
    probabilities[:, 0] = 1 - probabilities[:, 7]
    table = charts.misclassified(probabilities, np.zeros((40, 28, 28, 1), np.float32), labels)
    assert len(table.data) == charts.MAX_MISTAKES
    assert table.data[0][1:] == [0, 7, 0.9, 39]
