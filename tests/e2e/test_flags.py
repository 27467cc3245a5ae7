"""What the stock client does with feature flags up, as always, and down, as on an older server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunningServer, start_server

pytestmark = pytest.mark.e2e

DOWN = {
    "SWEEPS_LOCAL_SCHEDULER": False,
    "SWEEPS_QUERY_FILTERING": False,
    "MARK_RUN_FILES_UPLOADED": False,
    "TOTAL_COUNT_IN_FILE_CONNECTION": False,
    "LARGE_FILENAMES": False,
}


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without the flags of sweeps and files."""
    running = start_server(tmp_path_factory.mktemp("lowered"), flags=DOWN)
    yield running
    running.stop()


def run(live: RunningServer, home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=home,
        capture_output=True,
        text=True,
        env=live.environment(home),
        timeout=150,
        check=False,
    )


def said_by_script(live: RunningServer, home: Path, name: str = "sweep_flags.py") -> dict[str, Any]:
    done = run(live, home, ROOT / "tests" / "e2e" / "scripts" / name)
    assert done.returncode == 0, done.stdout + done.stderr + live.log
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_sweeps_are_filtered_and_take_runs_with_the_flags_up(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    said = said_by_script(shared_live, tmp_path)
    assert said["all"] is True and said["filtered"] is True and said["enqueued"] is True, said
    assert said["runs"] == ["mine"]


def test_client_refuses_by_itself_with_the_flags_down(
    lowered: RunningServer, tmp_path: Path
) -> None:
    said = said_by_script(lowered, tmp_path)
    assert said["all"] is True, said
    assert said["filtered"].startswith("UnsupportedError: Filtering sweeps is not supported"), said
    assert said["enqueued"].startswith("UnsupportedError: Enqueuing sweep runs is not"), said
    assert said["runs"] == []
    done = run(lowered, tmp_path, "-m", "wandb", "sweep-scheduler", said["path"])
    assert done.returncode != 0
    assert "does not support the local sweep scheduler" in done.stderr, done.stderr


@pytest.mark.parametrize("is_up", [True, False])
def test_files_are_uploaded_and_counted_with_their_flags_up_and_down(
    is_up: bool, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    live = request.getfixturevalue("shared_live" if is_up else "lowered")
    said = said_by_script(live, tmp_path, "file_flags.py")
    assert said["uploaded"] == "later", said
    assert said["long"] == "long", said
    assert said["names"] == ["a.txt", "b.txt"], said
    if is_up:
        assert said["shown"].endswith(" (2)>") and said["length"] == 2, said
    else:
        assert said["shown"].endswith("-held:v0>"), said
        assert said["length"].startswith("NotImplementedError"), said
