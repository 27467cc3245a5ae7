"""The stock command line around runs and artifacts: offline, sync, pull, restore, put, get."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningServer

pytestmark = pytest.mark.e2e

TRAIN = """
import sys, wandb
with wandb.init(project=sys.argv[1], config={"lr": 0.1}, tags=["t"]) as run:
    for step in range(5):
        run.log({"loss": 1 / (step + 1)})
    with open("note.txt", "w") as file:
        file.write("note")
    run.save("note.txt")
    art = wandb.Artifact("made", "dataset")
    art.add_file("note.txt")
    run.log_artifact(art)
    print("RUN", run.id, run.settings.mode, run.dir)
"""
RUN = """query R($project: String!, $name: String!) { project(name: $project) { run(name: $name) {
  state tags historyLineCount summaryMetrics config
  files { edges { node { name } } } outputArtifacts { edges { node { versionIndex } } } } } }"""
PROJECT = "query P($project: String!) { project(name: $project) { id } }"


def do(
    live: RunningServer, folder: Path, *words: str, check: bool = True, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python command in a folder; its output is shown when it fails."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=live.environment(folder) | environ,
        timeout=150,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr + live.log[-2000:]
    return done


def wandb(live: RunningServer, folder: Path, *words: str, **more: Any) -> str:
    """Run the stock command; everything it said."""
    done = do(live, folder, "-m", "wandb", *words, **more)
    return done.stdout + done.stderr


def train(live: RunningServer, folder: Path, project: str, **environ: str) -> str:
    """One run of the script; its id."""
    (folder / "train.py").write_text(TRAIN)
    said = do(live, folder, "train.py", project, **environ).stdout
    match = re.search(r"RUN (\S+) (\S+)", said)
    assert match, said
    return match[1]


def find(live: RunningServer, project: str, run_id: str) -> dict[str, Any] | None:
    owner = live.client.query(RUN, project=project, name=run_id)["project"]
    return owner and owner["run"]


def check_complete(run: dict[str, Any] | None) -> None:
    assert run is not None
    assert (run["state"], run["historyLineCount"], run["tags"]) == ("finished", 5, ["t"])
    assert json.loads(run["summaryMetrics"])["loss"] == 0.2
    assert json.loads(run["config"])["lr"]["value"] == 0.1
    assert "note.txt" in {edge["node"]["name"] for edge in run["files"]["edges"]}
    assert [edge["node"]["versionIndex"] for edge in run["outputArtifacts"]["edges"]] == [0]


def test_offline_run_is_complete_after_sync_and_sync_again_changes_nothing(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_id = train(shared_live, tmp_path, "offline", WANDB_MODE="offline")
    assert find(shared_live, "offline", run_id) is None
    [folder] = (tmp_path / "wandb").glob("offline-run-*")
    said = wandb(shared_live, tmp_path, "sync", str(folder))
    assert run_id in said
    check_complete(find(shared_live, "offline", run_id))
    wandb(shared_live, tmp_path, "sync", "--include-synced", str(folder))
    check_complete(find(shared_live, "offline", run_id))
    elsewhere = ("--id", "other", "-p", "moved", "--include-synced", str(folder))
    wandb(shared_live, tmp_path, "sync", *elsewhere)
    moved = find(shared_live, "moved", "other")
    assert moved is not None and moved["historyLineCount"] == 5
    beta_options = ("--yes", "--no-skip-synced", "-p", "beta")
    said = wandb(shared_live, tmp_path, "beta", "sync", *beta_options, str(folder))
    beta = find(shared_live, "beta", run_id)
    assert beta is not None and (beta["state"], beta["historyLineCount"]) == ("finished", 5), said


def test_offline_online_and_disabled_switch_where_runs_go(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    wandb(shared_live, tmp_path, "offline")
    away = train(shared_live, tmp_path, "switch")
    assert find(shared_live, "switch", away) is None
    wandb(shared_live, tmp_path, "online")
    check_complete(find(shared_live, "switch", train(shared_live, tmp_path, "switch")))
    wandb(shared_live, tmp_path, "disabled")
    train(shared_live, tmp_path, "unseen")
    wandb(shared_live, tmp_path, "enabled")
    assert shared_live.client.query(PROJECT, project="unseen")["project"] is None


def test_pull_and_restore_bring_back_files_and_config(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_id = train(shared_live, tmp_path, "back")
    away = tmp_path / "away"
    away.mkdir()
    said = wandb(shared_live, away, "pull", "-p", "back", "-e", entity(shared_live), run_id)
    assert (away / "note.txt").read_text() == "note", said
    assert "up to date" in wandb(
        shared_live, away, "pull", "-p", "back", "-e", entity(shared_live), run_id
    )
    wandb(shared_live, away, "restore", "--no-git", f"{entity(shared_live)}/back/{run_id}")
    assert "lr" in (away / "wandb" / "config.yaml").read_text()


def entity(live: RunningServer) -> str:
    return str(live.client.query("{ viewer { entity } }")["viewer"]["entity"])


def test_artifacts_are_put_listed_got_and_cached(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    where = f"{entity(shared_live)}/store/things"
    wandb(
        shared_live,
        tmp_path,
        "artifact",
        "put",
        "-n",
        where,
        "-t",
        "dataset",
        "-a",
        "good",
        "-d",
        "some things",
        str(folder),
    )
    assert "things:v0" in wandb(shared_live, tmp_path, "artifact", "ls", where.rsplit("/", 1)[0])
    assert "things:v0" in wandb(
        shared_live, tmp_path, "artifact", "ls", "-t", "dataset", where.rsplit("/", 1)[0]
    )
    wandb(shared_live, tmp_path, "artifact", "get", f"{where}:good", "--root", "out")
    assert (tmp_path / "out" / "a.txt").read_text() == "a"
    assert "Reclaimed" in wandb(shared_live, tmp_path, "artifact", "cache", "cleanup", "0GB")
    missing = do(
        shared_live, tmp_path, "-m", "wandb", "artifact", "get", f"{where}:none", check=False
    )
    assert missing.returncode != 0


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", *who, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull},
    )
    return done.stdout


def test_restore_brings_back_the_commit_and_what_was_changed_since(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    folder, upstream = tmp_path / "work", tmp_path / "upstream"
    folder.mkdir()
    git(tmp_path, "init", "-q", "--bare", str(upstream))
    git(folder, "init", "-q", "-b", "main")
    (folder / "tracked.txt").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "remote", "add", "origin", str(upstream))
    git(folder, "push", "-q", "-u", "origin", "main")
    (folder / "tracked.txt").write_text("one\nlocal\n")
    git(folder, "commit", "-qam", "second")
    (folder / "tracked.txt").write_text("one\nlocal\ndirty\n")
    run_id = train(shared_live, folder, "restored")
    path = f"{entity(shared_live)}/restored/{run_id}"
    run = find(shared_live, "restored", run_id)
    names = {edge["node"]["name"] for edge in run["files"]["edges"]} if run else set()
    patches = {name for name in names if name.endswith(".patch")}
    assert "diff.patch" in patches and len(patches) == 2, names  # since HEAD, and since upstream
    without = train(shared_live, folder, "restored", WANDB_DISABLE_GIT="true")
    run = find(shared_live, "restored", without)
    assert run and not [e for e in run["files"]["edges"] if e["node"]["name"].endswith(".patch")]
    git(folder, "stash", "-q")
    said = wandb(shared_live, folder, "restore", path)
    assert git(folder, "branch", "--show-current").strip() == f"wandb/{run_id}", said
    assert (folder / "tracked.txt").read_text() == "one\nlocal\ndirty\n"


def test_commands_for_what_is_not_here_end_with_a_sentence(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    here = ("-p", "nothing", "-e", entity(shared_live))
    do(shared_live, tmp_path, "-c", "import wandb; wandb.init(project='nothing').finish()")
    assert "No jobs found" in wandb(shared_live, tmp_path, "job", "list", *here)
    owner = entity(shared_live)
    said = wandb(shared_live, tmp_path, "launch-agent", "-q", "q", "-e", owner, check=False)
    assert "sweepd has no launch queues" in said and "Traceback" not in said, said
    said = wandb(shared_live, tmp_path, "restore", f"{owner}/nothing/gone", check=False)
    assert "Traceback" not in said, said
    wandb(shared_live, tmp_path, "init", *here)
    assert "project = nothing" in (tmp_path / "wandb" / "settings").read_text()
    assert '"project": "nothing"' in wandb(shared_live, tmp_path, "status")


def test_leet_shows_a_run_of_the_server_in_the_terminal(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_id = train(shared_live, tmp_path, "leet")
    address = f"{shared_live.url}/{entity(shared_live)}/leet/runs/{run_id}"
    seen = in_terminal(
        shared_live,
        tmp_path,
        [sys.executable, "-m", "wandb", "leet", address],
        lambda text: "Finished" in text and "loss" in text,
    )
    assert "Finished" in seen and "loss" in seen and run_id in seen, seen[-3000:]


def in_terminal(
    live: RunningServer, folder: Path, command: list[str], is_enough: Callable[[str], bool]
) -> str:
    """What a full-screen program writes until it is enough, or for two minutes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    environment = live.environment(folder) | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline and not is_enough(seen.decode(errors="replace")):
        if select.select([ours], [], [], 0.2)[0]:
            seen += os.read(ours, 65536)
    os.killpg(process.pid, signal.SIGKILL)  # it starts a program of its own, which would go on
    process.wait(60)
    os.close(ours)
    return seen.decode(errors="replace")
