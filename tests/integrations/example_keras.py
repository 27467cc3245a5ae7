"""Keras: metrics per epoch, the best model as an artifact."""

import keras
import numpy
import wandb
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint

rng = numpy.random.default_rng(0)
x = rng.random((200, 4))
y = (x.sum(axis=1) > 2).astype("float32")
with wandb.init(project="integrations", name="keras", config={"units": 8}) as run:
    model = keras.Sequential(
        [
            keras.layers.Input((4,)),
            keras.layers.Dense(run.config.units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(
        x,
        y,
        epochs=3,
        validation_split=0.2,
        verbose=0,
        callbacks=[
            WandbMetricsLogger(),
            WandbModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True),
        ],
    )
