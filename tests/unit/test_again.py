"""Which failures are looked at a second time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import again

PAGE = "tests/browser/test_kinds.py::test_summary"


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        ([PAGE], None),
        ([PAGE, "tests/e2e/test_runs.py::test_a", "tests/faults/test_hosts.py::test_b"], None),
        ([], "no test"),
        ([PAGE] * (again.MOST + 1), f"{again.MOST + 1} failed"),
        ([PAGE, "tests/unit/domain/test_config.py::test_c"], "test_config.py"),
        (["tests/protocol/test_edge.py::test_d"], "test_edge.py"),
    ],
)
def test_only_few_that_wait_for_clocks(failed: list[str], why: str | None) -> None:
    answer = again.once_more(failed)
    assert answer is None if why is None else answer is not None and why in answer


@pytest.mark.slow
@pytest.mark.parametrize(("body", "code"), [("pass", 0), ("assert False", 1)])
def test_a_second_failure_fails(
    body: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = tmp_path / "tests/browser/test_page.py"
    test.parent.mkdir(parents=True)
    test.write_text(f"def test_it():\n    {body}\n")
    noted = tmp_path / again.FAILED
    noted.parent.mkdir(parents=True)
    noted.write_text(json.dumps({"tests/browser/test_page.py::test_it": True}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["again"])
    assert again.main() == code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (PAGE, PAGE),
        (f"{PAGE}@test_kinds", PAGE),
        (f"{PAGE}[a@b]", f"{PAGE}[a@b]"),
        (f"{PAGE}[a@b]@test_kinds", f"{PAGE}[a@b]"),
    ],
)
def test_names_that_can_be_run(name: str, expected: str) -> None:
    assert again.plain(name) == expected


@pytest.mark.slow
def test_what_failed_in_a_group_of_several_workers_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run fails with the machine busy, the second look does not."""
    (tmp_path / "conftest.py").write_text("from tests.again import pytest_runtest_logreport\n")
    test = tmp_path / "tests/browser/test_page.py"
    test.parent.mkdir(parents=True)
    test.write_text(
        "import pathlib, pytest\n\n"
        '@pytest.mark.xdist_group("page")\n'
        '@pytest.mark.parametrize("place", ["me@here"])\n'
        "def test_it(place):\n"
        '    tried = pathlib.Path("tried")\n'
        '    tried.write_text(tried.read_text() + "." if tried.exists() else ".")\n'
        '    assert tried.read_text() == ".."\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(again.__file__).parents[1]))
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["again"])
    first = [sys.executable, "-m", "pytest", "-n", "1", "--dist", "loadgroup"]
    told = subprocess.run(first, capture_output=True, text=True)
    assert told.returncode == 1, told.stdout + told.stderr
    assert "FAILED tests/browser/test_page.py::test_it[me@here] " in told.stdout
    assert again.main() == 0
    assert Path("tried").read_text() == ".."


def test_make_asks_for_it_only_when_tests_failed() -> None:
    recipe = (Path(again.__file__).parents[1] / "Makefile").read_text()
    assert "|| { [ $$? -eq 1 ] && $(BIN)/python -m tests.again; }" in recipe
