"""What shares a server stays on one worker: else each of them builds it, and names meet."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFTEST = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))
"""
FILE = """
import pytest

@pytest.mark.parametrize("k", range(8))
def test_it(k):
    pass
"""


def test_the_tests_of_a_group_run_on_one_worker(tmp_path: Path) -> None:
    """As `make test` asks for it, with the pytest and pytest-xdist that are installed."""
    root = Path(__file__).parents[2]
    both = re.search(r"^BOTH := (.*?)  #", (root / "Makefile").read_text(), re.MULTILINE)
    assert both is not None
    (tmp_path / "conftest.py").write_text(CONFTEST)
    for name in "abcd":
        (tmp_path / f"test_{name}.py").write_text(FILE)
    command = [sys.executable, "-m", "pytest", *both[1].split(), "-v", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, tmp_path], cwd=tmp_path, capture_output=True, text=True)
    ran = set(re.findall(r"\[(gw\d)\].*PASSED test_(\w)\.py", done.stdout))
    assert {name for _, name in ran} == set("abcd"), done.stdout + done.stderr
    assert len(ran) == 4, f"the tests of a file were run by several workers: {sorted(ran)}"
