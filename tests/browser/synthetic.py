"""Made-up sweeps for the pages' tests and benchmarks: the JSON the sweep page loads.

Everything is drawn from one seed, so the same arguments give the same runs.
"""

import math
import random
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WORDS = ("dazzling", "quiet", "amber", "rapid", "solar", "mossy", "brave", "silver", "gentle")

PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "epochs",
        "kind": "int_uniform",
        "scale": "linear",
        "values": None,
        "min": 1,
        "max": 10,
    },
    {
        "name": "batch_size",
        "kind": "categorical",
        "scale": "categorical",
        "values": [32, 64, 128, 256],
        "min": None,
        "max": None,
    },
    {
        "name": "dropout",
        "kind": "uniform",
        "scale": "linear",
        "values": None,
        "min": 0.1,
        "max": 0.6,
    },
    {
        "name": "learning_rate",
        "kind": "log_uniform_values",
        "scale": "log",
        "values": None,
        "min": 1e-5,
        "max": 0.1,
    },
    {
        "name": "optimizer",
        "kind": "categorical",
        "scale": "categorical",
        "values": ["adam", "sgd", "rmsprop"],
        "min": None,
        "max": None,
    },
    {
        "name": "augment",
        "kind": "categorical",
        "scale": "categorical",
        "values": [True, False],
        "min": None,
        "max": None,
    },
]


def moment(at: datetime) -> str:
    """A time as the server writes it."""
    return at.isoformat().replace("+00:00", "Z")


def sweep(n_runs: int, **changes: Any) -> dict[str, Any]:
    """The head of the document: what the sweep is and how far it has come."""
    metric = {"name": "epoch/val_accuracy", "goal": "maximize", "target": None}
    return {
        "id": "ab12cd34",
        "name": "mnist-cnn",
        "state": "RUNNING",
        "state_reason": None,
        "method": "bayes",
        "metric": metric,
        "run_cap": max(30, n_runs + 6),
        "n_expected": max(30, n_runs + 6),
        "n_done": n_runs,
        "created_at": moment(START),
        "creator": "ann",
        "yaml": "program: agent.py\nmethod: bayes\nmetric:\n  name: epoch/val_accuracy\n"
        "  goal: maximize\nparameters:\n  dropout:\n    min: 0.1\n    max: 0.6\n",
        "agent_command": "wandb agent ann/mnist/ab12cd34",
        "best_run_id": None,
        "warnings": [],
        "parameters": deepcopy(PARAMETERS),  # tests change theirs
        **changes,
    }


def config(rng: random.Random) -> dict[str, Any]:
    """One point of the search space."""
    return {
        "epochs": rng.randint(1, 10),
        "batch_size": rng.choice([32, 64, 128, 256]),
        "dropout": round(rng.uniform(0.1, 0.6), 4),
        "learning_rate": 10 ** rng.uniform(-5, -1),
        "optimizer": rng.choice(["adam", "sgd", "rmsprop"]),
        "augment": rng.random() < 0.5,
        "seed": 7,
    }


def accuracy(values: dict[str, Any], rng: random.Random) -> float:
    """A plausible accuracy: best near a learning rate of 2e-3, more epochs help."""
    distance = abs(math.log10(values["learning_rate"]) + 2.7)
    penalty = {"adam": 0.0, "rmsprop": 0.015, "sgd": 0.08}[values["optimizer"]]
    raw = 0.985 - 0.09 * distance**1.6 / 2 - penalty - 0.1 / values["epochs"]
    raw -= 0.12 * (values["dropout"] - 0.28) ** 2 + 0.00012 * values["batch_size"]
    return max(0.08, min(0.995, raw + rng.gauss(0, 0.012)))


def run(k: int, n: int, rng: random.Random) -> dict[str, Any]:
    """The k-th of n runs; the last few still run, some failed or were stopped early."""
    values = config(rng)
    score = accuracy(values, rng)
    started = START + timedelta(seconds=55 * k)
    luck = rng.random()
    state, reason = "finished", None
    if k >= n - min(3, n // 8):
        state = "running"
    elif luck < 0.04:
        state = "failed"
    elif luck < 0.16 and score < 0.93:
        state, reason = "killed", "hyperband: below the best third at step 3"
    last: Any = None if state == "failed" and rng.random() < 0.7 else round(score, 5)
    if rng.random() < 0.012:
        last = "NaN"
    loss: Any = None if last is None else round(1.8 * (1 - score), 5)
    if last == "NaN":
        loss = "Infinity"
    low = last if not isinstance(last, float) else round(last * rng.uniform(0.6, 0.95), 5)
    ended = started + timedelta(seconds=20 + 9 * values["epochs"] + rng.random() * 15)
    return {
        "id": f"r{k:06d}",
        "name": f"{rng.choice(WORDS)}-sweep-{k + 1}",
        "state": state,
        "outcome": "stopped early" if reason else state,
        "stop_reason": reason,
        "config": values,
        "metric": {"last": last, "min": low, "max": last},
        "summary": {"epoch/val_loss": loss, "test/accuracy": last},
        "n_steps": values["epochs"],
        "created_at": moment(started),
        "started_at": moment(started),
        "ended_at": None if state == "running" else moment(ended),
        "agent": f"host-{k % 3}",
        "attempt": 2 if rng.random() < 0.03 else 1,
    }


def points(n: int, seed: int = 1, extra_parameters: int = 0) -> dict[str, Any]:
    """A whole document of n runs, with `extra_parameters` more axes of uniform noise."""
    rng = random.Random(seed)
    runs = [run(k, n, rng) for k in range(n)]
    head = sweep(n)
    names = [f"noise.{k}" for k in range(extra_parameters)]
    head["parameters"] = deepcopy(PARAMETERS) + [
        {"name": name, "kind": "uniform", "scale": "linear", "values": None, "min": 0, "max": 1}
        for name in names
    ]
    for one in runs:
        one["config"].update({name: round(rng.random(), 5) for name in names})
    finished = [r for r in runs if isinstance(r["metric"]["max"], float)]
    if finished:
        head["best_run_id"] = max(finished, key=lambda r: r["metric"]["max"])["id"]
    return {"sweep": head, "runs": runs}


def details() -> dict[str, Any]:
    """Agents and log of a made-up sweep."""
    agent = {
        "name": "a1b2c3",
        "host": "gpu-01",
        "created_at": moment(START),
        "heartbeat_at": moment(datetime.now(UTC)),
        "exited_at": None,
        "state": "running",
        "alive_runs": ["r000029"],
        "n_runs": 14,
    }
    gone = {**agent, "name": "d4e5f6", "host": "gpu-02", "n_runs": 9}
    gone |= {"exited_at": moment(START), "state": "finished"}
    log = [
        {"at": moment(START), "actor": "ann", "kind": "created", "message": "method bayes"},
        {"at": moment(START), "actor": "ann", "kind": "edit", "message": "run_cap 20 → 36"},
    ]
    return {"agents": [gone, agent], "log": log, "best": None}


def insights(document: dict[str, Any]) -> dict[str, Any]:
    """Importance and correlation, made up but of the right shape."""
    n = len(document["runs"])
    rng = random.Random(3)
    rows = []
    for parameter in document["sweep"]["parameters"]:
        share, slope = rng.random() ** 3, rng.uniform(-0.8, 0.8)
        rows.append(
            {
                "name": parameter["name"],
                "importance": share,
                "importance_low": max(0, share - 0.08),
                "importance_high": share + 0.08,
                "correlation": slope,
                "correlation_low": slope - 0.25,
                "correlation_high": slope + 0.25,
            }
        )
    return {"n_runs": n, "enough": n >= 10, "message": "", "parameters": rows}


def curves(document: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """A rising curve for each run asked for."""
    found = {}
    for one in document["runs"]:
        last = one["metric"]["last"]
        if one["id"] in wanted and isinstance(last, float):
            n = one["n_steps"]
            found[one["id"]] = [
                [k, last * (1 - 0.5 * math.exp(-3 * k / n))] for k in range(1, n + 1)
            ]
    return {"curves": found, "bands": [{"step": 3, "threshold": 0.7}]}


def by_hand(
    configs: list[dict[str, Any]], metrics: list[Any], parameters: list[dict[str, Any]], **head: Any
) -> dict[str, Any]:
    """A document of exactly these configs and metrics; runs are named run-0, run-1, …"""
    runs = []
    for k, (values, metric) in enumerate(zip(configs, metrics, strict=True)):
        numbers = (
            metric if isinstance(metric, dict) else {n: metric for n in ("last", "min", "max")}
        )
        runs.append(
            {
                "id": f"id{k}",
                "name": f"run-{k}",
                "state": "finished",
                "outcome": "finished",
                "stop_reason": None,
                "config": values,
                "metric": numbers,
                "summary": {},
                "n_steps": 3,
                "created_at": moment(START + timedelta(minutes=k)),
                "started_at": moment(START + timedelta(minutes=k)),
                "ended_at": moment(START + timedelta(minutes=k + 1)),
                "agent": "a",
                "attempt": 1,
            }
        )
    return {"sweep": {**sweep(len(runs)), "parameters": parameters, **head}, "runs": runs}


def number(name: str, low: float, high: float, scale: str = "linear") -> dict[str, Any]:
    """A parameter between two numbers."""
    return {
        "name": name,
        "kind": "uniform",
        "scale": scale,
        "values": None,
        "min": low,
        "max": high,
    }


def listed(name: str, values: list[Any]) -> dict[str, Any]:
    """A parameter with a list of values."""
    return {
        "name": name,
        "kind": "categorical",
        "scale": "categorical",
        "values": values,
        "min": None,
        "max": None,
    }


XS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def six(**head: Any) -> dict[str, Any]:
    """Six runs: x rises, kind alternates, y falls."""
    configs = [{"x": x, "kind": "ab"[k % 2], "y": 1 - x} for k, x in enumerate(XS)]
    parameters = [number("x", 0, 1), listed("kind", ["a", "b"]), number("y", 0, 1)]
    return by_hand(configs, [0.5 + x / 10 for x in XS], parameters, best_run_id="id5", **head)
