"""`wandb sync` of what offline runs leave: all kinds, all options, cut short, interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningServer, start_server, wait_until
from tests.e2e.test_client_commands import do, wandb

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = str(Path(__file__).parent / "scripts" / "offline_runs.py")
RUN = """query R($project: String!, $name: String!) { project(name: $project) { run(name: $name) {
  state tags group jobType displayName notes config summaryMetrics historyLineCount logLineCount
  history(samples: 5000) files { edges { node { name } } }
  outputArtifacts { edges { node { aliases { alias } } } } } } }"""


def find(live: RunningServer, project: str, run_id: str) -> dict[str, Any] | None:
    owner = live.client.query(RUN, project=project, name=run_id)["project"]
    return owner and owner["run"]


def column(run: dict[str, Any] | None, key: str) -> list[Any]:
    assert run is not None
    rows = [json.loads(line) for line in run["history"]]
    return [row[key] for row in rows if key in row]


@pytest.fixture(scope="module")
def made(shared_live: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with offline runs of several kinds."""
    folder = tmp_path_factory.mktemp("offline")
    parent = 'import wandb\nwith wandb.init(project="late", id="parent") as r:\n'
    do(shared_live, folder, "-c", parent + " for i in range(4): r.log({'n': i})")
    do(shared_live, folder, SCRIPT, "late", "rich", "parts", "forked")
    ended = do(shared_live, folder, SCRIPT, "late", "killed", check=False)
    assert ended.returncode == -signal.SIGKILL
    [file] = (folder / "wandb").glob("offline-run-*-killed/*.wandb")
    os.truncate(file, file.stat().st_size - 100)  # as if the power had gone
    return folder


def test_everything_an_offline_run_logged_arrives(shared_live: RunningServer, made: Path) -> None:
    said = wandb(shared_live, made, "sync", "--dry-run")
    assert "Would sync 5 run(s)" in said and find(shared_live, "late", "rich") is None
    folders = [
        str(p)
        for p in sorted((made / "wandb").glob("offline-run-*"))
        if not p.name.endswith("-killed")
    ]
    assert len(folders) == 4
    wandb(
        shared_live,
        made,
        "sync",
        "--replace-tags",
        "old=new",
        "--job-type",
        "later",
        "-n",
        "2",
        *folders,
    )
    rich = find(shared_live, "late", "rich")
    assert rich is not None
    assert (rich["state"], rich["displayName"], rich["group"]) == ("finished", "Rich", "g")
    assert (rich["tags"], rich["jobType"], rich["notes"]) == (["new", "keep"], "later", "n")
    assert json.loads(rich["summaryMetrics"])["loss"] == {"min": 0}
    assert json.loads(rich["summaryMetrics"])["hand"] == {"deep": 1}
    assert json.loads(rich["config"])["d"]["value"] == {"a": 1}
    assert "drawn" in json.loads(rich["config"])["_wandb"]["value"]["visualize"]
    names = {edge["node"]["name"] for edge in rich["files"]["edges"]}
    assert {"f.txt", "output.log"} <= names and any("media/images/" in n for n in names), names
    aliases = [{x["alias"] for x in e["node"]["aliases"]} for e in rich["outputArtifacts"]["edges"]]
    assert {"good", "latest"} in aliases and len(aliases) == 3, aliases
    assert rich["logLineCount"] >= 1
    assert column(find(shared_live, "late", "parts"), "n") == [0, 1, 2, 10, 11, 12]
    assert column(find(shared_live, "late", "forked"), "n") == [0, 1, 100]


def test_a_file_cut_short_gives_what_it_has_and_says_so(
    shared_live: RunningServer, made: Path
) -> None:
    [folder] = (made / "wandb").glob("offline-run-*-killed")
    said = wandb(shared_live, made, "sync", str(folder), check=False)
    assert "ends with an incomplete record" in said, said
    values = column(find(shared_live, "late", "killed"), "n")
    assert len(values) > 1000 and values == list(range(len(values)))


def test_synced_and_online_runs_are_included_when_asked(
    shared_live: RunningServer, made: Path
) -> None:
    [parts, _] = sorted((made / "wandb").glob("offline-run-*-parts"))
    wandb(shared_live, made, "sync", str(parts))
    assert "No runs to sync" in wandb(shared_live, made, "sync", str(parts))
    [online] = (made / "wandb").glob("run-*-parent")
    assert "No runs to sync" in wandb(shared_live, made, "sync", str(online))
    wandb(
        shared_live,
        made,
        "sync",
        "--include-synced",
        "--include-online",
        "--id",
        "merged",
        "-p",
        "elsewhere",
        str(parts),
        str(online),
    )
    merged = find(shared_live, "elsewhere", "merged")
    assert merged is not None and merged["state"] == "finished"
    assert column(merged, "n")[-3:] == [0, 1, 2], column(merged, "n")
    said = wandb(shared_live, made, "clean", "--force", "--min-hours", "0")
    assert not parts.exists(), said


def test_a_sync_goes_on_where_a_restart_of_the_server_cut_it(tmp_path: Path) -> None:
    live = start_server(tmp_path / "server")
    do(live, tmp_path, SCRIPT, "late", "long")
    [folder] = (tmp_path / "wandb").glob("offline-run-*-long")
    syncing = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", str(folder)],
        cwd=tmp_path,
        text=True,
        env=live.environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    def has_begun() -> bool:
        run = find(live, "late", "long")
        return run is not None and run["historyLineCount"] > 0

    wait_until(has_begun, 60, lambda: live.log)
    live.process.kill()
    live.process.wait(60)
    live = start_server(tmp_path / "server", live.port)
    said, _ = syncing.communicate(timeout=200)
    assert syncing.returncode == 0, said
    run = find(live, "late", "long")
    live.stop()
    assert run is not None
    assert (run["state"], run["historyLineCount"]) == ("finished", 30_000), said
    assert re.search("Finished syncing", said)


def test_a_run_is_followed_live_while_it_is_logged_offline(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    code = """
import os, wandb
from waiting import wait_until
with wandb.init(project="late", id="followed", mode="offline") as run:
    for i in range(6):
        run.log({"n": i, "text": "x" * 40_000})  # a block of the file is 32 KiB
        if i == 2:
            wait_until(lambda: os.path.exists("seen"), "nobody follows")
"""
    writing = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=shared_live.environment(tmp_path) | {"PYTHONPATH": str(Path(SCRIPT).parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: list(tmp_path.glob("wandb/offline-*/*.wandb")), 60, lambda: "no file")
    [folder] = (tmp_path / "wandb").glob("offline-run-*-followed")
    with ThreadPoolExecutor(1) as pool:
        words = ("beta", "sync", "--live", "--yes", str(folder))
        following = pool.submit(wandb, shared_live, tmp_path, *words)
        wait_until(
            lambda: (run := find(shared_live, "late", "followed")) and run["historyLineCount"] > 0,
            120,
            lambda: "it is not followed",
        )
        (tmp_path / "seen").touch()
        following.result()
    assert writing.wait(60) == 0
    run = find(shared_live, "late", "followed")
    assert run is not None and run["state"] == "finished"
    assert column(run, "n") == [0, 1, 2, 3, 4, 5]
