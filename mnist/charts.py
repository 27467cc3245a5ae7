"""Charts and tables of the test set, as the client's own chart types."""

from typing import Any

import numpy as np
import wandb
from numpy.typing import NDArray
from wandb.plot.custom_chart import CustomChart

from mnist.data import N_CLASSES, Images, Labels
from mnist.evaluate import Probabilities

MAX_CURVE_POINTS = 200  # per digit; all ten thousand would look the same and weigh more
MAX_MISTAKES = 25  # images in the table of misclassified digits


def test_charts(probabilities: Probabilities, images: Images, labels: Labels) -> dict[str, Any]:
    """What to log about the test set beside plain numbers.

    Args:
        probabilities: Predictions, shape (n, 10).
        images: Shape (n, 28, 28, 1), 0 to 1.
        labels: Shape (n,), 0 to 9.

    Returns:
        Charts and a table by the names they are logged under.
    """
    return {
        "test/confusion_matrix": wandb.plot.confusion_matrix(
            y_true=labels.tolist(),
            preds=probabilities.argmax(axis=1).tolist(),
            class_names=[str(digit) for digit in range(N_CLASSES)],
            title="Confusion matrix, test set",
        ),
        "test/pr_curve": pr_curve(probabilities, labels),
        "test/roc_curve": roc_curve(probabilities, labels),
        "test/misclassified": misclassified(probabilities, images, labels),
    }


def pr_curve(probabilities: Probabilities, labels: Labels) -> CustomChart:
    """Precision over recall, a line for each digit against the rest."""
    from sklearn.metrics import precision_recall_curve

    rows = []
    for digit in np.unique(labels):
        precision, recall, _ = precision_recall_curve(labels == digit, probabilities[:, digit])
        rows += [[str(digit), p, r] for p, r in thin(precision, recall)]
    return _area_chart(
        wandb.Table(["class", "precision", "recall"], rows),
        fields={"x": "recall", "y": "precision", "class": "class"},
        titles=("Precision-recall curve, test set", "Recall", "Precision"),
    )


def roc_curve(probabilities: Probabilities, labels: Labels) -> CustomChart:
    """True over false positive rate, a line for each digit against the rest."""
    from sklearn.metrics import roc_curve as sklearn_roc_curve

    rows = []
    for digit in np.unique(labels):
        fpr, tpr, _ = sklearn_roc_curve(labels == digit, probabilities[:, digit])
        rows += [[str(digit), f, t] for f, t in thin(fpr, tpr)]
    return _area_chart(
        wandb.Table(["class", "fpr", "tpr"], rows),
        fields={"x": "fpr", "y": "tpr", "class": "class"},
        titles=("ROC curve, test set", "False positive rate", "True positive rate"),
    )


def thin(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[float, float]]:
    """At most MAX_CURVE_POINTS of a curve's points, evenly chosen, both ends among them.

    Args:
        x, y: The points in order, each of shape (n,).
    """
    kept = np.unique(np.linspace(0, len(x) - 1, MAX_CURVE_POINTS).round().astype(int))
    return [(round(float(x[i]), 4), round(float(y[i]), 4)) for i in kept]


def misclassified(probabilities: Probabilities, images: Images, labels: Labels) -> wandb.Table:
    """The images the model got wrong, most confident mistakes first, at most MAX_MISTAKES."""
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_MISTAKES]
    return wandb.Table(
        ["image", "label", "predicted", "confidence", "test_index"],
        [
            [
                wandb.Image((images[i, :, :, 0] * 255).round().astype(np.uint8)),
                int(labels[i]),
                int(predicted[i]),
                float(confidence[i]),
                int(i),
            ]
            for i in wrong
        ],
    )


def _area_chart(
    table: wandb.Table, fields: dict[str, str], titles: tuple[str, str, str]
) -> CustomChart:
    """The chart wandb.plot.roc_curve and pr_curve draw, from a table thinned beforehand.

    Those two (wandb 0.31.0) send every point of a curve, or 21, and mix up the digits when the
    labels lack one.
    """
    title, x_title, y_title = titles
    return wandb.plot.plot_table(
        vega_spec_name="wandb/area-under-curve/v0",
        data_table=table,
        fields=fields,
        string_fields={"title": title, "x-axis-title": x_title, "y-axis-title": y_title},
    )
