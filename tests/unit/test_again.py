"""Which failures are looked at a second time."""

import json
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


def test_make_asks_for_it_only_when_tests_failed() -> None:
    recipe = (Path(again.__file__).parents[1] / "Makefile").read_text()
    assert "|| { [ $$? -eq 1 ] && $(BIN)/python -m tests.again; }" in recipe
