"""Runs made offline, one kind for each word: what `wandb sync` is then asked to bring in."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy
import wandb
from waiting import wait_until

PROJECT, *KINDS = sys.argv[1:]


def begin(run_id: str, **words: object) -> wandb.Run:
    settings = wandb.Settings(x_disable_stats=True)
    return wandb.init(project=PROJECT, id=run_id, settings=settings, mode="offline", **words)


def rich() -> None:
    Path("f.txt").write_text("f")
    image = wandb.Image(numpy.zeros((4, 4, 3), numpy.uint8))
    with begin(
        "rich",
        config={"lr": 0.1, "d": {"a": 1}},
        tags=["old", "keep"],
        notes="n",
        group="g",
        name="Rich",
        job_type="train",
    ) as run:
        run.define_metric("loss", summary="min")
        for i in range(5):
            run.log({"loss": i, "image": image})
        run.log(
            {
                "table": wandb.Table(columns=["a", "i"], data=[[1, image]]),
                "drawn": wandb.plot.line_series([0, 1], [[1, 2]], keys=["u"]),
            }
        )
        artifact = wandb.Artifact("made", "dataset")
        artifact.add_file("f.txt")
        run.log_artifact(artifact, aliases=["good"])
        run.alert("called offline", "text", level="WARN")
        run.save("f.txt")
        run.summary["hand"] = {"deep": 1}
        print("a line of rich")


def parts() -> None:
    for first in (0, 10):
        with begin("parts", resume="allow" if first else None) as run:
            for i in range(3):
                run.log({"n": first + i})
        ended = int(time.time())
        wait_until(lambda end=ended: int(time.time()) > end, "the folder's name has whole seconds")


def forked() -> None:
    with begin("forked", fork_from="parent?_step=1") as run:
        run.log({"n": 100})


def killed() -> None:
    run = begin("killed")
    for i in range(3000):
        run.log({"n": i})
    [file] = Path("wandb").glob("offline-run-*-killed/*.wandb")
    wait_until(lambda: file.stat().st_size > 150_000, "the rows are not on disk")
    os.kill(os.getpid(), signal.SIGKILL)


def long() -> None:
    with begin("long") as run:
        for i in range(30_000):
            run.log({"n": i, "text": "x" * 300})


for kind in KINDS:
    globals()[kind]()
