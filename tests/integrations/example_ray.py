"""Ray Tune's callback: a run for every trial, its checkpoints as artifacts."""

import json
import tempfile
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.air.integrations.wandb import WandbLoggerCallback


def train(config: dict[str, Any]) -> None:
    """A bowl, come down step by step."""
    x = config["x"]
    for step in range(4):
        x *= config["optimizer"]["rate"]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "x.json").write_text(json.dumps(x))
            tune.report({"loss": x**2, "at": step}, checkpoint=tune.Checkpoint(folder))


ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1")
tuner = tune.Tuner(
    train,
    param_space={
        "x": tune.grid_search([1.0, 2.0, 3.0]),
        "optimizer": {"rate": tune.uniform(0.3, 0.9)},
    },
    tune_config=tune.TuneConfig(metric="loss", mode="min", max_concurrent_trials=2),
    run_config=tune.RunConfig(
        storage_path=str(Path("results").resolve()),
        callbacks=[
            WandbLoggerCallback(
                project="ray", group="bowl", log_config=True, upload_checkpoints=True
            )
        ],
    ),
)
best = tuner.fit().get_best_result()
Path("best.json").write_text(json.dumps(best.metrics["loss"]))
