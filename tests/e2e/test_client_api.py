"""The public API with the stock client, beside what test_runs.py asks of it."""

from pathlib import Path

import pytest

from tests.conftest import RunningServer
from tests.e2e.test_client_artifacts import run_script

pytestmark = pytest.mark.e2e


def test_filters_orders_loading_sweeps_and_agents(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "public_api")


def test_loops_that_change_what_they_read_and_files_of_odd_names(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "loops")
