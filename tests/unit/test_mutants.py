"""The runner of mutants: what it draws, and what it makes of a change that tests cannot import."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is not installed; `make mutants` does")

from tests.mutants.changes import draw_changes
from tests.mutants.patching import changed_functions, compiled

ROOT = Path(__file__).parents[2]


def test_what_is_no_program_is_not_drawn() -> None:
    """cosmic-ray takes the `*` of a signature for an operand: `def f(a, //, b)`."""
    source = "def f(a, *, b):\n    return a > b\n"
    changed = [
        change.apply(source) for seed in range(60) for change in draw_changes(source, Random(seed))
    ]
    assert len(set(changed)) > 5
    for text in changed:
        compiled(text, "f.py")


@pytest.mark.filterwarnings("error")
def test_a_literal_may_be_compared_by_identity() -> None:
    old = "def f(a):\n    return a == 'x'\n"
    pairs = changed_functions(old, old.replace("==", "is not"), "f.py")
    assert pairs is not None
    assert len(pairs) == 1
    drawn = [change for seed in range(200) for change in draw_changes(old, Random(seed))]
    assert any("a is not 'x'" in change.apply(old) for change in drawn)


TRY = """
import sys
from pathlib import Path

from tests.mutants import running
from tests.mutants.changes import Change

old, new, tests = "LEAST = 2\\n", sys.argv[1], ("test_bounds.py::test_least",)
trial = running.Trial(Path("bounds.py"), Change("core/x", 0, 1, 0), old, new, tests, 0.1)
print(running._in_child(trial, lambda folder: running._import_and_run(trial, folder)))
"""
TESTS = """
import pytest
from bounds import LEAST

@pytest.mark.parametrize("n", [LEAST, 10 // LEAST])
def test_least(n):
    assert n > 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("shared", ["", "import bounds\n\nassert 10 // bounds.LEAST\n"])
@pytest.mark.parametrize(
    ("new", "outcome"),
    [
        ("LEAST = 3", "survived"),
        ("LEAST = -2", "killed"),
        ("LEAST = 0", "killed"),  # while its tests are collected: pytest then says they are gone
        ("LEAST = 3 if 3 is not 3.0 else 4", "survived"),  # what Python warns of is no error
    ],
)
def test_a_change_is_noticed_where_tests_cannot_be_imported_with_it(
    new: str, outcome: str, shared: str, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(shared)
    (tmp_path / ".mutants").mkdir()
    (tmp_path / "bounds.py").write_text("LEAST = 2\n")
    (tmp_path / "test_bounds.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\nmarkers = postgres\n")
    paths = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", TRY, new]
    done = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True)
    assert done.stdout.strip() == outcome, done.stderr
