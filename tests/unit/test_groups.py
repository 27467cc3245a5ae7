"""What shares a server stays on one worker: else each of them builds it, and names meet."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests import ordering

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


@dataclass(eq=False)
class Item:
    """A test of a file, with or without a group of its own."""

    path: Path
    own: str = ""

    def get_closest_marker(self, name: str) -> Any:
        if name == "browser":
            return "browser" in self.path.parts
        return self.own if name == "xdist_group" and self.own else None


def groups(items: list[Item]) -> list[str]:
    found = dict(ordering.groups(cast(list[pytest.Item], items)))
    return [found.get(cast(pytest.Item, item), item.own) for item in items]


def test_files_that_share_a_server_stay_whole_and_others_go_in_small_parts() -> None:
    many = 2 * ordering.NEIGHBOURS + 1
    shared = groups([Item(Path("tests/e2e/test_a.py")) for _ in range(many)])
    assert set(shared) == {"test_a"}
    models = [Item(Path(f"tests/workload/test_{name}.py")) for name in "ab"]
    assert set(groups(models)) == {"workload"}
    alone = groups([Item(Path("tests/unit/x/test_a.py")) for _ in range(many)])
    assert [alone.count(name) for name in dict.fromkeys(alone)] == [ordering.NEIGHBOURS] * 2 + [1]
    assert not {*alone} & {*groups([Item(Path("tests/unit/y/test_a.py"))] * many)}
    assert groups([Item(Path("tests/protocol/test_a.py"), own="values")]) == ["values"]


def test_pages_come_last_and_the_longest_of_them_first() -> None:
    """A file that is begun last and takes longest keeps one worker, and the others wait."""
    n_of = {"browser/test_many": 20, "browser/test_few": 3, "browser/test_first_steps": 1}
    items = [Item(Path(f"tests/{file}.py")) for file, n in n_of.items() for _ in range(n)]
    items += [Item(Path("tests/unit/test_a.py")), Item(Path("tests/e2e/test_b.py"))]
    ordered = cast(list[Item], ordering.in_order(cast(list[pytest.Item], items)))
    names = list(dict.fromkeys(item.path.stem for item in ordered))
    assert names == ["test_b", "test_a", "test_many", "test_first_steps", "test_few"]
    folder = Path(__file__).parents[1] / "browser"
    assert {name for name in ordering.LONG_S if not (folder / f"{name}.py").exists()} == set()


@pytest.mark.slow
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
