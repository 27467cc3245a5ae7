"""A project goes from one of our servers to another; the stock API reads it alike from both."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningServer, start_server

pytestmark = pytest.mark.e2e
SCRIPTS = Path(__file__).parent / "scripts"


def run(environ: dict[str, str], folder: Path, *words: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def user_of(server: RunningServer) -> str:
    return str(json.loads((server.data / "local.key").read_text())["user"])


def seen(server: RunningServer, folder: Path, project: str) -> str:
    """What the stock API reads, as JSON: NaN is the same as NaN there."""
    path = f"{user_of(server)}/{project}"
    said = run(server.environment(folder), folder, SCRIPTS / "project_seen.py", path)
    return said.splitlines()[-1]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server that a project is brought to."""
    running = start_server(tmp_path_factory.mktemp("other"))
    yield running
    running.stop()


def test_a_project_is_read_alike_from_both_servers(
    shared_live: RunningServer, other: RunningServer, tmp_path: Path
) -> None:
    environ = shared_live.environment(tmp_path)
    run(environ, tmp_path, SCRIPTS / "project_made.py", "moving-out")
    there = seen(shared_live, tmp_path, "moving-out")
    found = json.loads(there)
    assert len(found["runs"]) == 3 and len(found["versions"]) == 4, there
    assert len(found["reports"]) == 1, there

    address = f"{shared_live.url}/{user_of(shared_live)}/moving-out"
    bring = ("-m", "sweepd", "import", address, f"{user_of(other)}/moved", "--data", other.data)
    assert "1 sweeps, 4 versions, 3 runs, 1 views brought in" in run(environ, tmp_path, *bring)
    assert "0 sweeps, 0 versions, 0 runs, 0 views brought in" in run(environ, tmp_path, *bring)
    assert seen(other, tmp_path, "moved") == there

    file = tmp_path / "project.zip"
    out = ("-m", "sweepd", "export", f"{user_of(shared_live)}/moving-out", file)
    run(environ, tmp_path, *out, "--data", shared_live.data)
    take = ("-m", "sweepd", "import", file, f"{user_of(other)}/unpacked", "--data", other.data)
    assert "1 sweeps, 4 versions, 3 runs, 1 views brought in" in run(
        dict(os.environ), tmp_path, *take
    )
    assert seen(other, tmp_path, "unpacked") == there


def test_a_key_goes_to_no_other_address(
    shared_live: RunningServer, other: RunningServer, tmp_path: Path
) -> None:
    environ = shared_live.environment(tmp_path) | {"WANDB_BASE_URL": "http://127.0.0.1:9"}
    address = f"{shared_live.url}/{user_of(shared_live)}/none"
    words = ("import", address, f"{user_of(other)}/moved", "--data", other.data)
    done = subprocess.run(
        [sys.executable, "-m", "sweepd", *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "no API key for" in done.stderr, done.stderr
