"""Which tests of the quick loop are told to be dear, and when all of them are."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUSY = "    start = sum(os.times()[:4])\n    while sum(os.times()[:4]) < start + 0.3: pass\n"
TEST = f"""
import os, pytest

@pytest.fixture(scope="module")
def dear():
{BUSY}

def test_dear_by_its_fixture(dear):
    pass

def test_dear():
{BUSY}

@pytest.mark.slow
def test_marked():
{BUSY}

def test_cheap(dear):
    pass
"""
CONFTEST = """
import os

from tests import costs

costs.MOST_S = 0.2
costs.MOST_WORK = int(os.environ["MOST_WORK"])

def pytest_configure(config):
    config.pluginmanager.register(costs.Costs())
    config.addinivalue_line("markers", "slow: takes long")
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("most", ["1", "1000000"])
def test_dear_tests_are_told(
    workers: str, most: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TEST)
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MOST_WORK", most)
    command = [sys.executable, "-m", "pytest", "-n", workers]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    told = done.stdout
    assert "4 passed" in told
    assert (done.returncode, "too dear" in told) == ((1, True) if most == "1" else (0, False)), told
    lines = told.partition("over a second of a processor")[2].splitlines()
    named = {line.rpartition("::")[2] for line in lines if "::" in line}
    assert most == "1" or named == {"test_dear_by_its_fixture", "test_dear"}, told
