"""The stock client while its server is away for some seconds (`python -m bench.outage`: longer)."""

import sys
from pathlib import Path

import pytest

from bench.kills.__main__ import Load, measure
from bench.outage import outage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def test_all_of_a_run_is_there_after_its_server_was_away(tmp_path: Path) -> None:
    assert outage(tmp_path, Path(sys.executable), seconds=1) is None


def test_kill_9_again_and_again_loses_no_line_no_file_and_no_version(tmp_path: Path) -> None:
    wanted = Load(n_kills=3, n_runs=8, n_uploads=2, n_artifacts=2, n_clients=0, pause_s=(0.2, 0.8))
    came = measure(tmp_path, wanted)
    assert came.lost == []
    assert came.n_lines and came.n_files and came.n_versions and came.n_again
