"""Make `mnist.npz`: validation accuracies of the workload over the space of `sweep.yaml`.

    nice python -m bench.search.make_mnist_table

Trains `mnist/`'s network on the bundled digits with its default seed for every batch size of
`sweep.yaml` and eleven dropouts; one training of five epochs answers for every number of epochs,
since no schedule depends on their number. A quarter of an hour of one core; a table half made is
gone on with. The file is small and kept in the repository.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

EPOCHS = 5
BATCH_SIZES = [64, 128, 256, 512, 1000]
DROPOUTS = [round(0.1 + 0.05 * i, 2) for i in range(11)]
OUT = Path(__file__).with_name("mnist.npz")


def curve(batch_size: int, dropout: float) -> np.ndarray:
    """Validation accuracy after each epoch, shape (EPOCHS,)."""
    import keras

    from mnist.config import Config
    from mnist.data import BUNDLED_SOURCE, load_digits, one_hot
    from mnist.model import build_model
    from mnist.train import forget_earlier_models

    config = Config(epochs=EPOCHS, batch_size=batch_size, dropout=dropout)
    digits = load_digits(BUNDLED_SOURCE, config.validation_split)
    forget_earlier_models()
    keras.utils.set_random_seed(config.seed)
    fitted = build_model(config).fit(
        digits.x_train,
        one_hot(digits.y_train),
        batch_size=batch_size,
        epochs=EPOCHS,
        validation_data=(digits.x_validation, one_hot(digits.y_validation)),
        verbose=0,
    )
    return np.array(fitted.history["val_accuracy"])


def main() -> None:
    """Fill the cells that are missing, saving after each."""
    table = np.full((EPOCHS, len(BATCH_SIZES), len(DROPOUTS)), np.nan)
    if OUT.exists():
        table = np.load(OUT)["val_accuracy"]
    for i, batch_size in enumerate(BATCH_SIZES):
        for j, dropout in enumerate(DROPOUTS):
            if np.isnan(table[:, i, j]).any():
                table[:, i, j] = curve(batch_size, dropout)
                np.savez_compressed(OUT, val_accuracy=table)
                print(batch_size, dropout, table[:, i, j].round(4), flush=True)


if __name__ == "__main__":
    main()
