"""The network: two convolutions, each followed by pooling, then one dense layer."""

import keras

from mnist.config import Config
from mnist.data import N_CLASSES

IMAGE_SHAPE = (28, 28, 1)  # height, width, one grey channel


def build_model(config: Config) -> keras.Model:
    """Build and compile the network for one config.

    Images (n, 28, 28, 1) from 0 to 1 go in, probabilities (n, 10) come out, each row summing
    to 1. It has 34,826 weights, whatever the config.
    """
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),  # (26, 26, 32)
            layers.MaxPooling2D(pool_size=(2, 2)),  # (13, 13, 32)
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),  # (11, 11, 64)
            layers.MaxPooling2D(pool_size=(2, 2)),  # (5, 5, 64)
            layers.Flatten(),  # (1600,)
            layers.Dropout(config.dropout),
            layers.Dense(N_CLASSES, activation="softmax"),
        ],
        name="mnist_cnn",
    )
    model.compile(
        optimizer=keras.optimizers.get(
            {"class_name": config.optimizer, "config": {"learning_rate": config.learning_rate}}
        ),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
