"""Users, keys, teams, and who may see what, through `wandb.Api()` and `wandb.init`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer

pytestmark = pytest.mark.e2e


def test_administrators_members_and_strangers(shared_live: RunningServer, tmp_path: Path) -> None:
    keys = [
        subprocess.run(
            [sys.executable, "-m", "sweepd", "users", "add", name, "--data", shared_live.data],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for name in ("pat", "sam")
    ]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "e2e" / "scripts" / "people.py", shared_live.key, *keys],
        cwd=tmp_path,
        env=shared_live.environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0 and "done\n" in done.stdout, done.stderr[-4000:]
