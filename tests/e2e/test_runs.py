"""Runs made by the stock client and read back with `wandb.Api()`, on a real server.

Starting the client takes seconds, so one process makes all runs and another looks at them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer
from tests.e2e.api_script import STEPS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def script(live: RunningServer, folder: Path, name: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "e2e" / name, *words],
        cwd=folder,
        text=True,
        env=live.environment(folder) | {"PYTHONPATH": ""},
        capture_output=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + live.log
    return done.stdout


def git(folder: Path, *words: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    committer = {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    environment = os.environ | who | committer
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=environment)


@pytest.fixture(scope="module")
def looked(
    shared_live: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str | None]:
    """What each step of api_script.py found wrong; None for nothing."""
    folder = tmp_path_factory.mktemp("runs")
    git(folder, "init", "-q")
    (folder / "tracked.txt").write_text("before\n")
    git(folder, "add", "tracked.txt")
    git(folder, "commit", "-qm", "first")
    git(folder, "remote", "add", "origin", "https://example.invalid/x.git")
    (folder / "tracked.txt").write_text("after\n")
    script(shared_live, folder, "runs_script.py")
    lines = script(shared_live, folder, "api_script.py", "said.json").splitlines()
    steps = [json.loads(line) for line in lines if line.startswith('{"step"')]
    return {step["step"]: step["error"] for step in steps}


@pytest.mark.parametrize("step", [step.__name__ for step in STEPS])
def test(step: str, looked: dict[str, str | None], shared_live: RunningServer) -> None:
    assert looked[step] is None, f"{looked[step]}\n{shared_live.log[-2000:]}"
