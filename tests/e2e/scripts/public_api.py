"""`wandb.Api()` over runs of every kind of value, and over a sweep with its agents.

Run by test_client_api.py with the stock client; ends with `done` when every assertion held.
"""

import sys
from typing import Any

import wandb
from wandb.apis.public import Sweep

PROJECT = sys.argv[1]
QUIET = wandb.Settings(console="off", x_disable_stats=True)
LRS: list[Any] = [0.1, 0.01, 1, "0.1", True, None]

for i, lr in enumerate(LRS):
    with wandb.init(
        project=PROJECT,
        id=f"r{i}",
        name=f"nämé {i}",
        group=f"g{i % 2}",
        tags=["all", f"t{i}"],
        config={"lr": lr, "net": {"a": {"b": i}}, "dot.ted": i, "l": [1, i], "日本": f"w{i}"},
        settings=QUIET,
    ) as run:
        for step in range(5):
            run.log({"loss": 1 / (step + 1 + i), "acc": float("nan") if i == 2 else step})
        if i == 1:
            run.log({"only": {"here": 1}})

SPEC = {
    "name": "nämé",
    "method": "grid",
    "metric": {"name": "val/loss", "goal": "maximize"},
    "parameters": {"x": {"values": [1, 2, 3, 4]}},
}


def train() -> None:
    with wandb.init(settings=QUIET) as run:
        x = run.config["x"]
        run.log({"val/loss": float("nan") if x == 3 else x})


SWEEP = wandb.sweep(SPEC, project=PROJECT)
wandb.agent(SWEEP, train, project=PROJECT, count=3)
api = wandb.Api()
PLAIN = {"sweep": None}


def ids(where: dict[str, Any], order: str = "+created_at") -> str:
    found = api.runs(PROJECT, filters={"$and": [PLAIN, where]}, order=order)
    return "".join(run.id[1:] for run in found)


for where, expected in (
    ({"config.lr": 0.1}, "0"),
    ({"config.lr": "0.1"}, "3"),
    ({"config.lr": True}, "4"),
    ({"config.lr": None}, "5"),
    ({"config.lr": {"$exists": True}}, "012345"),
    ({"config.lr": {"$gt": 0.05}}, "02"),
    ({"config.lr.value": {"$in": [1, None]}}, "25"),
    ({"config.net.a.b": {"$gte": 2, "$lt": 4}}, "23"),
    ({"config.net.value.a.b": 3}, "3"),
    ({"config.dot.ted": 2}, "2"),
    ({"config.日本": {"$regex": "w[12]"}}, "12"),
    ({"config.l": {"$in": [5]}}, "5"),
    ({"config.l": [1, 2]}, "2"),
    ({"summary_metrics.loss": {"$lt": 0.15}}, "2345"),
    ({"keys_info.keys.only.here": {"$exists": True}}, "1"),
    ({"tags": {"$nin": ["t1"]}}, "02345"),
    ({"tags": {"$regex": "^t[45]$"}}, "45"),
    ({"$nor": [{"name": "r1"}, {"display_name": {"$regex": "(?i)NÄMÉ [23]"}}]}, "045"),
    ({"$or": [{"$not": {"tags": "all"}}, {"group": "g1", "user": api.viewer.username}]}, "135"),
    ({"createdAt": {"$gt": "2020-01-01T00:00:00+02:00"}, "duration": {"$lt": 3600}}, "012345"),
    ({"createdAt": api.run(f"{PROJECT}/r4").created_at}, "4"),
):
    assert ids(where) == expected, (where, ids(where))
for order, expected in (
    ("+config.lr", "102435"),
    ("-config.lr.value", "324015"),
    ("-config.net.a.b", "543210"),
    ("+summary_metrics.acc", "013452"),
    ("-summary_metrics.acc", "013452"),
    ("-summary_metrics.only.here", "102345"),
    ("-display_name", "543210"),
):
    found = ids({}, order)
    # Equals keep their age; True counts as 1 only for the order.
    assert found == expected, (order, found)

lazy = api.runs(PROJECT, filters=PLAIN, per_page=2)
assert len(lazy) == 6 and lazy[1]._lazy and [run.id for run in lazy[2:4]] == ["r2", "r3"]
lazy.upgrade_to_full()
assert [run.config["net"]["a"]["b"] for run in lazy] == list(range(6))
pair = api.runs(PROJECT, filters={"name": {"$in": ["r0", "r1"]}})
assert pair.histories(keys=["loss"], format="pandas").shape == (10, 3)
assert len(pair.histories()) == 11
one = api.run(f"{PROJECT}/r0")
assert [row["loss"] for row in one.history(keys=["loss"], samples=1, pandas=False)] == [0.2]
assert one.history(keys=["loss"], x_axis="acc", pandas=False)[1] == {"acc": 1, "loss": 0.5}
assert [row["_step"] for row in one.scan_history(page_size=1, min_step=1, max_step=3)] == [1, 2]
for where, said in (
    ({"colour": 1}, "runs have no 'colour'"),
    ({"created_at": {"$gt": 5}}, "with a time such as"),
):
    try:
        ids(where)
        raise AssertionError(f"{where} is refused")
    except Exception as error:
        assert said in str(error), error

sweep = api.sweep(f"{PROJECT}/{SWEEP}")
assert (sweep.name, sweep.state, sweep.expected_run_count) == ("nämé", "RUNNING", 4)
assert [run.config["x"] for run in sweep.runs] == [1, 2, 3] and len(sweep.runs) == 3
assert sweep.best_run().config["x"] == 2
assert sweep.best_run(order="+summary_metrics.val/loss").config["x"] == 1
[agent] = sweep.agents()
assert sweep.agent(agent.name).totalRuns == 3
assert [run.id for run in agent.runs(per_page=2)] == [run.id for run in sweep.runs]
other = wandb.sweep(SPEC | {"name": "b"}, project=PROJECT)
project = api.project(PROJECT)
assert [found.id for found in project.sweeps(per_page=1)] == [other, SWEEP]
assert len(project.sweeps()) == 2
for where, expected in (
    ({"state": "PENDING"}, [other]),
    ({"displayName": {"$regex": "^n"}}, [SWEEP]),
    ({"$or": [{"name": other}, {"id": SWEEP}]}, [other, SWEEP]),
    ({"user": "nobody"}, []),
):
    assert [found.id for found in project.sweeps(filters=where)] == expected, where
withs = api.runs(PROJECT, filters={"sweep": SWEEP}, include_sweeps=True)
assert {run.sweep.id for run in withs} == {SWEEP}
queued = sweep.enqueue_run({"x": {"value": 4}}, display_name="by hand")
assert api.run(f"{PROJECT}/{queued}").name == "by hand"
assert isinstance(api.from_path(f"{api.default_entity}/{PROJECT}/sweeps/{SWEEP}"), Sweep)
print("done")
