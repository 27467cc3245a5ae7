"""Keras: metrics per epoch, models as artifacts, a table of predictions over pictures sent once."""

import keras
import numpy
import wandb
from wandb.integration.keras import WandbEvalCallback, WandbMetricsLogger, WandbModelCheckpoint


class Predictions(WandbEvalCallback):
    """What the model makes of ten pictures after each epoch."""

    def __init__(self, x: numpy.ndarray, y: numpy.ndarray) -> None:
        super().__init__(["row", "picture", "label"], ["epoch", "row", "picture", "label", "said"])
        self.x, self.y = x, y

    def add_ground_truth(self, logs: dict | None = None) -> None:
        for row, (picture, label) in enumerate(zip(self.x, self.y, strict=True)):
            self.data_table.add_data(row, wandb.Image(picture), int(label))

    def add_model_predictions(self, epoch: int, logs: dict | None = None) -> None:
        said = self.model.predict(self.x, verbose=0)[:, 0]
        sent = self.data_table_ref
        for row in sent.get_index():
            self.pred_table.add_data(epoch, *sent.data[row], float(said[row]))


rng = numpy.random.default_rng(0)
x = rng.random((200, 8, 8, 1))
y = (x.mean(axis=(1, 2, 3)) > 0.5).astype("float32")
with wandb.init(project="keras", config={"units": 8}) as run:
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
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
            WandbModelCheckpoint("model-{epoch:02d}.keras"),
            Predictions(x[:10], y[:10]),
        ],
    )
