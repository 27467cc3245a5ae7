"""Tables in every log mode, with media, joined, resumed, and read back from their versions.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import math
import sys
from datetime import UTC, datetime

import numpy
import pandas
import wandb
from wandb.data_types import JoinedTable, PartitionedTable

PROJECT = sys.argv[1]
api = wandb.Api()
HERE = f"{api.default_entity}/{PROJECT}"


def quiet() -> wandb.Settings:
    """Fresh each time: what is given to init() beside it is written into it."""
    return wandb.Settings(console="off", x_disable_stats=True)


def table_of(run_id: str, key: str) -> wandb.Table:
    """The newest table of a key, as `wandb.Api()` gives it."""
    versions = wandb.Api().run(f"{HERE}/{run_id}").logged_artifacts()
    name = next(v.name for v in versions if v.name.split(":")[0].endswith(key))
    return wandb.Api().artifact(f"{HERE}/{name.split(':')[0]}:latest").get(key)


def modes() -> None:
    fixed = wandb.Table(columns=["a"], data=[[1]], log_mode="IMMUTABLE")
    changed = wandb.Table(columns=["a", "b"], log_mode="MUTABLE")
    growing = wandb.Table(columns=["i"], log_mode="INCREMENTAL")
    with wandb.init(project=PROJECT, id="modes", settings=quiet()) as run:
        run.log({"fixed": fixed})
        for i in range(3):
            changed.add_data(i, str(i))
            growing.add_data(i)
            run.log({"changed": changed, "growing": growing})
    with wandb.init(project=PROJECT, id="modes", resume="must", settings=quiet()) as run:
        more = wandb.Table(columns=["i"], log_mode="INCREMENTAL")
        for i in (3, 4):
            more.add_data(i)
            run.log({"growing": more})
    assert table_of("modes", "fixed").data == [[1]]
    assert table_of("modes", "changed").data == [[0, "0"], [1, "1"], [2, "2"]]
    rows = list(wandb.Api().run(f"{HERE}/modes").scan_history(keys=["growing"]))
    last = rows[-1]["growing"]
    assert (last["nrows"], last["increment_num"]) == (2, 4), last
    assert len(last["previous_increments_paths"]) == 4, last
    versions = [
        v for v in wandb.Api().run(f"{HERE}/modes").logged_artifacts() if "growing" in v.name
    ]
    newest = max(versions, key=lambda version: int(version.version[1:]))
    [key] = [name for name in newest.manifest.entries if name.startswith("4-")]
    whole = newest.get(key.removesuffix(".table.json"))
    assert whole.get_column("i") == [0, 1, 2, 3, 4], whole.data


def frames_and_media() -> None:
    frame = pandas.DataFrame(
        {
            "when": pandas.to_datetime(["2026-01-01", "2026-01-02"]),
            "x": [1, math.nan],
            "inf": [math.inf, -math.inf],
            "s": ["é", None],
        }
    )
    image = wandb.Image(numpy.zeros((4, 4, 3), numpy.uint8), caption="black")
    mixed = wandb.Table(columns=["k", "image", "at", "array"])
    mixed.add_data(1, image, datetime(2026, 1, 2, tzinfo=UTC), numpy.arange(3))
    mixed.add_data(2, None, None, None)
    with wandb.init(project=PROJECT, id="kinds", settings=quiet()) as run:
        run.log({"frame": wandb.Table(dataframe=frame), "raw": frame, "mixed": mixed})
    assert table_of("kinds", "frame").columns == ["when", "x", "inf", "s"]
    got = table_of("kinds", "mixed").data
    assert got[0][1]._caption == "black" and got[0][2] == datetime(2026, 1, 2, tzinfo=UTC), got
    assert list(got[0][3]) == [0, 1, 2] and got[1][1:] == [None, None, None], got


def joined_and_partitioned() -> None:
    left = wandb.Table(columns=["k", "v"], data=[[1, "a"], [2, "b"]])
    right = wandb.Table(columns=["k", "w"], data=[[2, "y"], [1, "x"]])
    art = wandb.Artifact("held", "dataset")
    for k in range(2):
        art.add(wandb.Table(columns=["n"], data=[[k]]), f"parts/{k}")
    art.add(PartitionedTable("parts"), "whole")
    art.add(JoinedTable(left, right, "k"), "joined")
    with wandb.init(project=PROJECT, id="joined", settings=quiet()) as run:
        run.log({"both": JoinedTable(left, right, "k")})
        run.log_artifact(art)
    held = wandb.Api().artifact(f"{HERE}/held:latest")
    assert sorted(row[0] for _, row in held.get("whole").iterrows()) == [0, 1]
    assert held.get("joined")._table1.data == [[1, "a"], [2, "b"]]
    assert table_of("joined", "both")._table2.columns == ["k", "w"]


def the_same_table_twice() -> None:
    """The second brings no new version, yet others may refer to it."""
    with wandb.init(project=PROJECT, id="twice", settings=quiet()) as run:
        tables = [wandb.Table(columns=["a"], data=[[7]]) for _ in range(2)]
        for table in tables:
            run.log({"same": table})
    # A run of its own: the client does not wait for one upload before it refers to it in another.
    with wandb.init(project=PROJECT, settings=quiet()) as run:
        holder = wandb.Artifact("holder", "dataset")
        holder.add(tables[1], "inside")
        run.log_artifact(holder).wait(60)
    assert wandb.Api().artifact(f"{HERE}/holder:latest").get("inside").data == [[7]]


def main() -> None:
    modes()
    frames_and_media()
    joined_and_partitioned()
    the_same_table_twice()
    print("done")


main()
