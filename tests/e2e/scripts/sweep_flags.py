"""What a client can do with sweeps, told as JSON: each attempt's result, or the error it shows."""

import json
from collections.abc import Callable
from typing import Any

import wandb

SWEEP = {
    "method": "custom",
    "scheduler": {"engine": "optuna"},
    "program": "train.py",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
}


def attempt(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    paused, running = (wandb.sweep(SWEEP, project="flags") for _ in range(2))
    api = wandb.Api()
    path = f"{api.default_entity}/flags"

    def names(**filters: Any) -> list[str]:
        return [sweep.id for sweep in api.project("flags").sweeps(**filters)]

    sweep = api.sweep(f"{path}/{running}")
    said = {
        "path": f"{path}/{running}",
        "all": sorted(names()) == sorted([paused, running]),
        "filtered": attempt(lambda: names(filters={"name": running}) == [running]),
        "enqueued": attempt(lambda: isinstance(sweep.enqueue_run({"lr": 0.5}, "mine"), str)),
    }
    said["runs"] = [run.name for run in api.sweep(f"{path}/{running}").runs]
    print(json.dumps(said))


main()
