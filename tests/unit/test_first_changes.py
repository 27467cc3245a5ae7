"""The guide's examples of a first change still fit the tree, and their own tests pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_files import ROOT, tracked

SEARCH = ["tests/unit/search/stopping", "tests/unit/search/grammar"]
CHANGES = {
    "stopping-rule.patch": [sys.executable, "-m", "pytest", "-q", *SEARCH],
    "scale.patch": ["node", "--test", "tests/node/scales.test.mjs", "tests/node/columns.test.mjs"],
}


def test_every_example_is_tried() -> None:
    assert {path.name for path in tracked("docs/first-changes/*.patch")} == set(CHANGES)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_example_fits_and_passes_its_own_tests(name: str, tmp_path: Path) -> None:
    patch = ROOT / "docs/first-changes" / name
    assert patch.read_text().count("\ndiff --git ") + 1 <= 3, "a first change is small"
    if shutil.which(CHANGES[name][0]) is None:
        pytest.skip(f"{CHANGES[name][0]} is not installed")
    for path in tracked("sweepd/*", "tests/*", "bench/*", "docs/*.md", "pyproject.toml"):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path, check=True)
    done = subprocess.run(CHANGES[name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
