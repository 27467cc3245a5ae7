"""The pages' modules that draw nothing, in Node: tests/node/."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_scales_values_columns_and_selection() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed (Debian: nodejs)")
    done = subprocess.run(
        [node, "--test-reporter=tap", "tests/node/all.mjs"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    written = [file.read_text() for file in ROOT.glob("tests/node/*.test.mjs")]
    n_written = sum(len(re.findall(r"^test\(", text, re.MULTILINE)) for text in written)
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) == n_written > 0, done.stdout[-2000:]
