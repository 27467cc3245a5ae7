"""Run the tests against a changed module, in a child process that has everything else imported."""

import importlib
import importlib.abc
import importlib.util
import os
import pickle
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

KEPT = Path(".mutants/reached.pickle")
TESTS = ("tests/unit/search", "tests/unit/services", "tests/unit/store", "tests/unit/web")
MAX_TESTS = 40  # the quickest that reach a line; a line that every test reaches needs no more
QUIET = ["-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-k", "not postgresql"]
QUIET += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
HEAVY = """
alembic.command ariadne cmaes hypothesis numpy obstore optuna orjson plotly pytest scipy.optimize
scipy.special scipy.stats sklearn.gaussian_process sqlalchemy starlette.testclient typer uvicorn
"""


@dataclass
class Reached:
    """What one run of all tests told.

    Attributes:
        lines: Tests by file and line; those of a file's import under line 0.
        seconds: What each test takes.
    """

    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def tests(self, file: Path, line: int) -> list[str]:
        """The tests for a change of a line, the quickest first; all of the file's when its import
        runs the line."""
        by_line = self.lines.get(str(file.resolve()), {})
        found = by_line.get(line) or {test for tests in by_line.values() for test in tests}
        own = f"test_{file.stem}"
        return sorted(found, key=lambda t: (own not in t, self.seconds.get(t, 0.0)))[:MAX_TESTS]


def prepare() -> None:
    """Import in this process what no change touches, so that a child need not."""
    os.environ["HYPOTHESIS_PROFILE"] = "quick"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    for name in HEAVY.split():
        importlib.import_module(name)


def learn(again: bool) -> Reached:
    """Which tests reach which line; kept between runs unless `again`."""
    if KEPT.exists() and not again:
        known: Reached = pickle.loads(KEPT.read_bytes())
        return known
    KEPT.parent.mkdir(exist_ok=True)
    child = os.fork()
    if not child:
        os._exit(_learn())
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("the tests fail without any change; see .mutants/tests.txt")
    return learn(again=False)


def _learn() -> int:
    import coverage
    import pytest

    _quiet(Path(".mutants/tests.txt"))
    cover = coverage.Coverage(data_file=".mutants/coverage", source=["sweepd"], config_file=False)
    reached = Reached()

    class Recorder:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
            cover.switch_context(item.nodeid)
            start = time.perf_counter()
            result = yield
            reached.seconds[item.nodeid] = time.perf_counter() - start
            return result

    cover.start()
    code = pytest.main([*QUIET, *TESTS], plugins=[Recorder()])
    cover.stop()
    data = cover.get_data()
    for file in data.measured_files():
        lines: dict[int, set[str]] = defaultdict(set)
        for line, contexts in data.contexts_by_lineno(file).items():
            lines[line] = {context for context in contexts if context}
        reached.lines[file] = dict(lines)
    KEPT.write_bytes(pickle.dumps(reached))
    return int(code)


def try_change(file: Path, source: str, line: int, reached: Reached, timeout_s: float) -> str:
    """Whether the tests notice: killed, timeout, survived, or nobody looks (survived too)."""
    tests = reached.tests(file, line)
    if not tests:
        return "survived"
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        os._exit(_run(file, source, tests))
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
        time.sleep(0.02)  # poll
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _run(file: Path, source: str, tests: Sequence[str]) -> int:
    import pytest

    _quiet(Path(os.devnull))
    name = ".".join(file.with_suffix("").parts)
    sys.meta_path.insert(0, _Changed(name, file, source))
    with tempfile.TemporaryDirectory() as folder:
        try:
            return int(pytest.main([*QUIET, f"--basetemp={folder}/t", *tests]))
        except BaseException:
            return 1


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source to whoever imports the module."""

    def __init__(self, name: str, file: Path, source: str) -> None:
        self._name, self._file, self._source = name, file, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._file.resolve(), loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(self._file), "exec"), module.__dict__)


def _quiet(path: Path) -> None:
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(out, number)
