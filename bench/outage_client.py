"""A run of the unmodified client whose server goes away, and what is there at the end.

    python outage_client.py FOLDER

Writes FOLDER/ready, waits for FOLDER/down, works on, writes FOLDER/waiting, and ends with `done`
when the server has come back and holds everything once. Knows only the client.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wandb

PROJECT = "outage"
LATE = """
import wandb
settings = wandb.Settings(init_timeout=600)  # by default it gives up after 90 s
with wandb.init(project="outage", id="late", settings=settings) as run:
    run.log({"x": 1})
"""


def save(run: Any, folder: Path, name: str) -> None:
    """A file of the run."""
    (folder / name).write_text(name * 1000)
    run.save(folder / name, base_path=folder, policy="now")


def model(text: str) -> wandb.Artifact:
    """A version of one artifact."""
    made = wandb.Artifact("model", "model")
    with made.new_file("w.txt") as file:
        file.write(text)
    return made


def in_thread(work: Callable[[], Any], into: list[Any]) -> threading.Thread:
    """Do work that waits for the server: the client itself gives up reading after some 20 s."""

    def until_it_works() -> None:
        while True:
            try:
                into.append(work())
                return
            except Exception as error:
                print(f"again, after {type(error).__name__}: {error}", file=sys.stderr)
                time.sleep(1)

    thread = threading.Thread(target=until_it_works)
    thread.start()
    return thread


def work(folder: Path) -> None:
    """One run through the outage."""
    used: list[Any] = []
    read: list[Any] = []
    with wandb.init(project=PROJECT, id="through") as run:
        for n in range(20):
            run.log({"n": n})
        print("said 0")
        save(run, folder, "before.txt")
        run.log_artifact(model("first")).wait()
        time.sleep(1)
        (folder / "ready").touch()
        while not (folder / "down").exists():
            time.sleep(0.05)
        late = subprocess.Popen([sys.executable, "-c", LATE], cwd=folder)
        run.log_artifact(model("second"))
        threads = [
            in_thread(lambda: run.use_artifact("model:v0").download(str(folder / "got")), used),
            in_thread(lambda: wandb.Api().run(f"{PROJECT}/through").state, read),
        ]
        for n in range(20, 200):
            run.log({"n": n})
        print("said 1")
        save(run, folder, "during.txt")
        (folder / "waiting").touch()
        for thread in threads:
            thread.join()
        print("said 2")
    assert late.wait() == 0, "wandb.init during the outage"
    assert read == ["running"], read
    assert (Path(used[0]) / "w.txt").read_text() == "first"


def look(folder: Path) -> None:
    """All of it, nothing twice."""
    api = wandb.Api()
    run = api.run(f"{PROJECT}/through")
    assert run.state == "finished"
    rows = [row["n"] for row in run.scan_history()]
    assert rows == list(range(200)), rows
    for name in ("before.txt", "during.txt"):
        with run.file(name).download(str(folder / "back"), replace=True) as file:
            assert file.read() == name * 1000
    with run.file("output.log").download(str(folder / "back"), replace=True) as file:
        said = [line.strip() for line in file.read().splitlines() if "said" in line]
    assert said == ["said 0", "said 1", "said 2"], said
    versions = list(api.artifacts("model", f"{PROJECT}/model"))
    assert sorted(version.version for version in versions) == ["v0", "v1"], versions
    newest = api.artifact(f"{PROJECT}/model:latest")
    assert (Path(newest.download(str(folder / "newest"))) / "w.txt").read_text() == "second"
    assert [one.id for one in api.artifact(f"{PROJECT}/model:v0").used_by()] == ["through"]
    late = api.run(f"{PROJECT}/late")
    assert late.state == "finished" and [row["x"] for row in late.scan_history()] == [1]


work(Path(sys.argv[1]))
look(Path(sys.argv[1]))
print("done")
