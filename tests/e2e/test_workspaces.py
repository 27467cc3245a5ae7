"""What the stock `wandb-workspaces` package saves is what it loads again."""

from pathlib import Path

import pytest

from tests.conftest import RunningServer
from tests.e2e.test_client_artifacts import run_script

pytestmark = pytest.mark.e2e


def test_workspaces_and_reports_come_back_as_they_were_saved(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "workspaces")
