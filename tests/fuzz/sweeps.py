"""Sweeps of any file, their agents and the runs those are given: each step uses earlier answers."""

import json
from collections import deque
from random import Random
from typing import Any

from tests.fuzz import values

CREATE = """mutation S($config: String, $prior: JSONString) { upsertSweep(input: {
  entityName: "ann", projectName: "p", config: $config, priorRunsFilters: $prior}) {
  sweep { id name } configValidationWarnings } }"""
JOIN = """mutation A($sweep: String!) { createAgent(input: {host: "h", entityName: "ann",
  projectName: "p", sweep: $sweep}) { agent { id } } }"""
BEAT = """mutation H($id: ID!, $metrics: JSONString, $state: JSONString) { agentHeartbeat(
  input: {id: $id, metrics: $metrics, runState: $state}) { commands } }"""
START = """mutation U($name: String, $sweep: String, $summary: JSONString, $config: JSONString) {
  upsertBucket(input: {entityName: "ann", modelName: "p", name: $name, sweep: $sweep,
    summaryMetrics: $summary, config: $config, state: "running"}) { bucket { id name } } }"""
RECENT = 12  # of each kind of thing; older ones are let rest

DISTRIBUTIONS = (
    *("constant", "categorical", "categorical_w_probabilities", "uniform", "int_uniform"),
    *("q_uniform", "log_uniform", "log_uniform_values", "q_log_uniform", "q_log_uniform_values"),
    *("inv_log_uniform", "normal", "q_normal", "log_normal", "q_log_normal", "beta", "q_beta"),
    "nope",
)
METHODS = ("grid", "random", "random", "bayes", "nope", "custom")


class Sweeps:
    """Remembers the sweeps, agents and runs that answers named last."""

    def __init__(self) -> None:
        self.sweeps: deque[str] = deque(maxlen=RECENT)
        self.agents: deque[tuple[str, str]] = deque(maxlen=RECENT)  # id, its sweep
        self.runs: deque[tuple[str, str]] = deque(maxlen=RECENT)  # name, its sweep

    def make(self, rng: Random) -> dict[str, Any]:
        """The next step's body."""
        step = rng.random()
        if not self.sweeps or step < 0.15:
            prior = values.a_filter(rng) if rng.random() < 0.1 else None
            return {"query": CREATE, "variables": {"config": a_file(rng), "prior": prior}}
        if not self.agents or step < 0.3:
            return {"query": JOIN, "variables": {"sweep": rng.choice(self.sweeps)}}
        if not self.runs or step < 0.65:
            given = {"id": rng.choice(self.agents)[0]}
            if rng.random() < 0.3:
                given |= {"metrics": values.json_text(rng), "state": values.json_text(rng)}
            return {"query": BEAT, "variables": given}
        name, sweep = rng.choice(self.runs)
        summary = {"loss": rng.choice(values.NUMBERS), "x": values.any_json(rng)}
        config = {"x": {"value": values.any_json(rng)}}
        given = {"name": name, "sweep": sweep, "summary": values.dumps(summary)}
        return {"query": START, "variables": given | {"config": values.dumps(config)}}

    def learn(self, asked: dict[str, Any], answer: Any) -> None:
        """Take the names an answer gives."""
        data = answer.get("data") if isinstance(answer, dict) else None
        for found in (data or {}).values():
            if not isinstance(found, dict):
                continue
            if found.get("sweep"):
                self.sweeps.append(found["sweep"]["name"])
            if found.get("agent"):
                self.agents.append((found["agent"]["id"], asked["variables"]["sweep"]))
            if isinstance(found.get("commands"), str):
                sweep = dict(self.agents).get(asked["variables"]["id"], "")
                commands = json.loads(found["commands"])
                self.runs.extend((c["run_id"], sweep) for c in commands if c["type"] == "run")


def a_file(rng: Random) -> str:
    """A sweep file that mostly can be read; JSON is YAML, but for NaN and infinity."""
    raw: dict[str, Any] = {"method": rng.choice(METHODS), "program": "train.py"}
    raw["parameters"] = {name: _parameter(rng, 2) for name in "xyz"[: rng.randrange(1, 4)]}
    optional = {
        "metric": lambda: {
            "name": "loss",
            "goal": rng.choice(["minimize", "maximize", "maximise"]),
            "target": rng.choice(values.NUMBERS),
        },
        "run_cap": lambda: rng.choice(values.NUMBERS),
        "early_terminate": lambda: {
            "type": rng.choice(["hyperband", "hyperband", "nope"]),
            **{
                k: rng.choice(values.NUMBERS)
                for k in _some(rng, ["min_iter", "max_iter", "s", "eta"])
            },
        },
        "command": lambda: rng.choice([["python", "${program}", "${args}"], values.any_json(rng)]),
        "sweepd": lambda: _extras(rng),
        "scheduler": lambda: {"engine": rng.choice(["optuna", "sweepd", "nope"])},
        "name": lambda: rng.choice(values.TEXTS),
        "description": lambda: rng.choice(values.TEXTS),
    }
    for key, make in optional.items():
        if rng.random() < 0.25:
            raw[key] = make()
    if rng.random() < 0.1:
        raw[rng.choice(list(raw))] = values.any_json(rng)
    text = values.dumps(raw)
    for python, yaml in (("-Infinity", "-.inf"), ("Infinity", ".inf"), ("NaN", ".nan")):
        text = text.replace(python, yaml)
    return text


def _parameter(rng: Random, depth: int) -> Any:
    kind = rng.randrange(10)
    if kind == 0:
        return values.any_json(rng)
    if kind == 1:
        return {"value": values.any_json(rng)}
    if kind == 2 and depth:
        return {"parameters": {n: _parameter(rng, depth - 1) for n in "ab"[: rng.randrange(1, 3)]}}
    if kind in (3, 4):
        made: dict[str, Any] = {
            "values": [values.any_json(rng, 1) for _ in range(rng.randrange(5))]
        }
        if rng.random() < 0.3:
            made["probabilities"] = [rng.choice(values.NUMBERS) for _ in made["values"]]
        return made
    if kind == 5:
        low = rng.choice([0, 1, -3, 0.5, 1e-5, 10**12, 2**62])
        return {"min": low, "max": low + rng.choice([1, 2, 0.5, 10**9, 2**64])}
    made = {
        key: rng.choice(values.NUMBERS) for key in _some(rng, ["min", "max", "mu", "sigma", "q"])
    }
    if rng.random() < 0.7:
        made["distribution"] = rng.choice(DISTRIBUTIONS)
    return made


def _extras(rng: Random) -> Any:
    known: dict[str, Any] = {
        "retries": rng.choice(values.NUMBERS),
        "repeats": rng.choice([1, 2, *values.NUMBERS]),
        "seed": rng.choice(values.NUMBERS),
        "distinct": rng.choice([True, False, *values.ODD]),
        "constraints": rng.choice([["x < y"], ["x + 'a' > 1"], ["x ** 10 ** 10 > 1"], [""], 7]),
        "when": rng.choice([{"y": "x > 1"}, {"nope": "x"}, {"y": "y > 1"}, []]),
        "zip": rng.choice([[["x", "y"]], [["x"]], [["x", "x"]], "x", [[]]]),
        "sampler": rng.choice(["sobol", "tpe", "cmaes", "nsga2", "nope", {}]),
    }
    return {key: known[key] for key in _some(rng, list(known))}


def _some(rng: Random, keys: list[str]) -> list[str]:
    return [key for key in keys if rng.random() < 0.4]
