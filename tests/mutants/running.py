"""Run tests against a changed module, in a child process that has everything imported.

Most changes stand in a function: one process collects all tests, and for each change a child of it
gives that function other code and runs the tests that reach the line, until one fails. Any other
change (constants, defaults, decorators, tables) needs its module imported anew: there the child is
one of this process, which has only libraries imported.
"""

import contextlib
import gc
import importlib
import importlib.abc
import importlib.util
import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.mutants import patching
from tests.mutants.changes import Change
from tests.mutants.reach import Reach

QUIET = ["-q", "-x", "-s", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
QUIET += ["-m", "not postgres"]
QUIET += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
HEAVY = """
alembic.command ariadne cmaes hypothesis numpy obstore optuna orjson plotly pytest scipy.optimize
scipy.special scipy.stats sklearn.gaussian_process sqlalchemy starlette.testclient typer uvicorn
"""
# What a Python that the tests begin runs first, from a folder on its path.
SITE = """
import importlib.util
import sys
import warnings

class Changed:
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            return importlib.util.spec_from_file_location(name, {file!r}, loader=self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            code = compile({source!r}, {file!r}, "exec")
        exec(code, module.__dict__)

sys.meta_path.insert(0, Changed())
"""
LEAST_S, TIMES = 10.0, 5.0  # processor time for a change: so much, and so often what its tests take
WAIT_S = 120.0  # beyond that by the clock, for a machine that does other things
MEMORY = 4 << 30
FAILED, ERROR = 99, 98  # exit codes of a child: it could not be changed so; a fault of ours


@dataclass(frozen=True)
class Trial:
    """A change to be tried."""

    file: Path
    change: Change
    source: str
    changed: str  # the whole file
    tests: tuple[str, ...]
    seconds: float  # its tests take so long


Tell = Callable[[Trial, str], None]


def prepare() -> None:
    """Import in this process what no change touches, so that a child need not."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    for name in HEAVY.split():
        importlib.import_module(name)


def try_all(trials: Sequence[Trial], reach: Reach, tell: Tell, until: float) -> bool:
    """Try changes until time is over; says whether all were tried.

    Args:
        tell: Is called with each outcome: killed, timeout or survived. From a child process.
    """
    quick, slow = [], []
    for trial in trials:
        if not trial.tests:
            tell(trial, "survived")
        elif _pairs(trial) is None or reach.is_at_import(trial.file, trial.change.line):
            slow.append(trial)
        else:
            quick.append(trial)
    left = Path(".mutants/left.txt")
    left.write_text("")
    if quick:
        told = os.dup(1)
        child = os.fork()
        if not child:
            share = len(quick) / len(trials)  # of the time: neither kind waits for the other
            now = time.monotonic()
            os._exit(_collect_and_try(quick, tell, now + share * (until - now), told, left))
        os.waitpid(child, 0)
        os.close(told)
    unpatched = set(left.read_text().split())
    slow += [trial for number, trial in enumerate(quick) if str(number) in unpatched]
    for trial in slow:
        if time.monotonic() > until:
            return False
        tell(trial, _in_child(trial, lambda folder, t=trial: _import_and_run(t, folder)))
    return "stopped" not in unpatched


def _pairs(trial: Trial) -> Any:
    path = str(trial.file.resolve())
    return patching.changed_functions(trial.source, trial.changed, path)


def _collect_and_try(
    trials: Sequence[Trial], tell: Tell, until: float, told: int, left: Path
) -> int:
    """Collect all tests once; then a child for each change. What cannot be done so is `left`."""
    import pytest

    silence(Path(".mutants/log.txt"))

    class Loop:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            from tests import parts

            parts.new_database()
            items = {item.nodeid: item for item in session.items}
            functions = patching.list_functions(str(Path("sweepd").resolve()))
            gc.collect()
            gc.freeze()  # what is shared with the children stays so
            os.dup2(told, 1)
            for number, trial in enumerate(trials):
                if time.monotonic() > until:
                    with left.open("a") as out:
                        out.write("stopped ")
                    break
                chosen = [items[test] for test in trial.tests if test in items]
                outcome = _in_child(
                    trial, lambda folder, t=trial, c=chosen: _patch_and_run(t, functions, c, folder)
                )
                if outcome == "unpatched":
                    with left.open("a") as out:
                        out.write(f"{number} ")
                else:
                    tell(trial, outcome)
            return True

    files = sorted({test.split("::")[0] for trial in trials for test in trial.tests})
    return int(pytest.main([*QUIET, *files], plugins=[Loop()]))


def _patch_and_run(trial: Trial, functions: Any, items: Sequence[Any], folder: str) -> int:
    from _pytest.runner import runtestprotocol

    silence(Path(".mutants/child.txt"))
    if not patching.patch(_pairs(trial), functions):
        return FAILED
    assert items, "its tests are no longer there"
    factory = items[0].config._tmp_path_factory
    factory._given_basetemp = factory._basetemp = Path(folder)
    for item, following in zip(items, [*items[1:], None], strict=True):
        try:
            reports = runtestprotocol(item, log=False, nextitem=following)
        except BaseException:  # such as SystemExit
            return 1
        if any(report.failed for report in reports):
            return 1
    return 0


def _import_and_run(trial: Trial, folder: str) -> int:
    import pytest

    silence(Path(".mutants/child.txt"))
    sys.meta_path.insert(0, _Changed(_name(trial), trial.file, trial.changed))
    refused = []

    class Watch:
        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:  # pytest then says of each of its tests that it is not there
                refused.append(report.nodeid)

    try:
        code = pytest.main([*QUIET, f"--basetemp={folder}/t", *trial.tests], plugins=[Watch()])
    except BaseException:  # while the module was imported
        return 1
    if refused:  # a file of tests cannot be imported with the change
        return 1
    if "while loading conftest" in Path(".mutants/child.txt").read_text():  # nor what all share
        return 1
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        return 0
    return ERROR if code == pytest.ExitCode.USAGE_ERROR else code


def _in_child(trial: Trial, work: Callable[[str], int]) -> str:
    """What a child process finds; it may take processor time in proportion to its tests."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        _limit(LEAST_S + TIMES * trial.seconds)
        code = ERROR
        try:
            _tell_processes(trial, Path(folder) / "site")
            code = work(folder)
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    deadline = time.monotonic() + WAIT_S + TIMES * trial.seconds
    status = _wait(child, deadline)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # processes that it began
    if status is None:
        os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in _LIMITS):
        return "timeout"
    code = os.waitstatus_to_exitcode(status)
    return {0: "survived", FAILED: "unpatched", ERROR: "error"}.get(code, "killed")


def _tell_processes(trial: Trial, folder: Path) -> None:
    """Let what the tests begin import the changed module, too."""
    given = {"name": _name(trial), "file": str(trial.file.resolve()), "source": trial.changed}
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE.format(**given))
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


def _name(trial: Trial) -> str:
    return ".".join(trial.file.with_suffix("").parts)


_LIMITS = (signal.SIGXCPU, signal.SIGKILL)


def _wait(child: int, deadline: float) -> int | None:
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)  # poll
    return None


def _limit(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


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
        exec(patching.compiled(self._source, str(self._file)), module.__dict__)


def silence(path: Path) -> None:
    """Send what this process prints to a file."""
    sys.stdout.flush()
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(out, number)


def total_seconds(tests: Iterable[str], reach: Reach) -> float:
    """What tests take together."""
    return sum(reach.seconds.get(test, 0.0) for test in tests)
