"""Which tests reach which line of sweepd/, learned by running each test once under coverage.

What was learned is kept by test file (`.mutants/reach/`), so that only new and changed files are
run again, and a run that was ended goes on where it was. When code has moved since, its lines are
found again by their text.
"""

import hashlib
import os
import pickle
import time
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tests.costs import worked_s

KEPT = Path(".mutants/reached")
ENOUGH_S = 8.0  # of tests, the quickest that reach a line; a line that all reach needs no more
SLOW_S = 3.0  # what is marked `slow` and takes less is asked like any other
ENOUGH_SLOW_S = 60.0  # where only tests reach it that begin processes


@dataclass
class TestFile:
    """What the tests of one file told.

    Attributes:
        text: A digest of the file as it was.
        code: A digest of all code as it was.
        lines: Tests by file and line; under the empty name what the collection itself ran.
        seconds: What each test took of a processor.
        slow: The tests marked so.
    """

    __test__ = False

    text: bytes
    code: str
    lines: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)


class Reach:
    """What all test files told, by the lines of the code as it is now."""

    def __init__(self, known: list[TestFile]) -> None:
        self._known = known

    @cached_property
    def seconds(self) -> dict[str, float]:
        """What each test takes of a processor."""
        return {test: s for file in self._known for test, s in file.seconds.items()}

    def tests(self, file: Path, line: int) -> list[str]:
        """The tests for a change of a line: the module's own first, then the quickest.

        All that enter the file, when none reaches the line by itself (its import does, or another
        process). Slow ones only where no quick one does as much.
        """
        slow = {test for known in self._known for test in known.slow}
        reaching, entering = set[str](), set[str]()
        for known in self._known:
            before = self._before(known, file, line)
            for test, lines in known.lines.get(str(file), {}).items():
                if test:
                    entering.add(test)
                    if before in lines:
                        reaching.add(test)
        everything = set(self.seconds)
        found = (reaching - slow) or reaching or entering or (everything - slow) or everything
        own = f"test_{file.stem}"
        ordered = sorted(found, key=lambda t: (own not in t, self.seconds.get(t, 0.0)))
        chosen, total = [], 0.0
        for test in ordered:
            total += self.seconds.get(test, 0.0)
            if chosen and total > (ENOUGH_SLOW_S if test in slow else ENOUGH_S):
                break
            chosen.append(test)
        return chosen

    def is_at_import(self, file: Path, line: int) -> bool:
        """Whether importing the tests runs the line."""
        return any(
            self._before(known, file, line) in known.lines.get(str(file), {}).get("", ())
            for known in self._known
        )

    def _before(self, known: TestFile, file: Path, line: int) -> int | None:
        """The line's number when those tests ran."""
        return _moved(known.code, str(file)).get(line)


@cache
def _moved(code: str, file: str) -> dict[int, int]:
    """For each line of a file the number it had in some code; those written since are left out."""
    old = _sources(code).get(file, "").split("\n")
    new = Path(file).read_text().split("\n") if Path(file).exists() else []
    if old == new:
        return {number: number for number in range(1, len(new) + 1)}
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {b.b + i + 1: b.a + i + 1 for b in blocks for i in range(b.size)}


def _is_stale(known: TestFile) -> bool:
    """Whether much of what the tests ran has gone since, most likely into other files."""
    return any(
        len(_moved(known.code, file)) < 0.5 * len(_sources(known.code).get(file, "").split("\n"))
        for file in known.lines
    )


@cache
def _sources(code: str) -> dict[str, str]:
    found: dict[str, str] = pickle.loads((KEPT / f"{code}.sources").read_bytes())
    return found


def _keep_sources() -> str:
    """Keep the code as it is now; returns its digest."""
    found = {str(f): f.read_text() for f in sorted(Path("sweepd").rglob("*.py"))}
    code = hashlib.blake2b(repr(found).encode(), digest_size=8).hexdigest()
    (KEPT / f"{code}.sources").write_bytes(pickle.dumps(found))
    return code


def learn(folders: list[str], quiet: list[str], until: float) -> Reach | None:
    """Run what is new or changed among the tests; None when time ran out before the end.

    Args:
        quiet: Options for pytest.
        until: When to stop, by `time.monotonic`.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    files = sorted({str(file) for folder in folders for file in Path(folder).rglob("test_*.py")})
    missing = [file for file in files if _find(file) is None]
    if missing:
        print(f"learning what the tests of {len(missing)} files reach", flush=True)
        child = os.fork()
        if not child:
            os._exit(_run(missing, quiet, until))
        _, status = os.waitpid(child, 0)
        # 1: some failed, 2: stopped by us, 5: none is quick enough
        if os.waitstatus_to_exitcode(status) not in (0, 1, 2, 5):
            raise SystemExit("the tests cannot run; see .mutants/tests.txt")
        if any(_find(file) is None for file in missing):
            return None
    known = [found for file in files if (found := _find(file)) is not None]
    return Reach(known)


def _find(file: str) -> TestFile | None:
    path = _place(file)
    if not path.exists():
        return None
    found: TestFile = pickle.loads(path.read_bytes())
    return found if found.text == _digest(file) and not _is_stale(found) else None


def _place(file: str) -> Path:
    return KEPT / (file.replace("/", "-") + ".pickle")


def _digest(file: str) -> bytes:
    return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).digest()


def _run(files: list[str], quiet: list[str], until: float) -> int:
    """Run test files under coverage; what each told is written when its last test has ended."""
    import coverage
    import pytest

    from tests.mutants.running import silence

    silence(Path(".mutants/tests.txt"))

    def watch() -> coverage.Coverage:
        made = coverage.Coverage(data_file=None, source=["sweepd"], config_file=False)
        made.set_option("run:disable_warnings", ["no-data-collected"])  # a file may reach nothing
        made.start()
        return made

    cover = watch()
    seconds: dict[str, float] = {}
    slow = set[str]()
    n_failed, failed = [0], set[str]()
    code = _keep_sources()

    def keep(file: str) -> None:
        nonlocal cover
        cover.stop()
        known = TestFile(_digest(file), code, seconds=dict(seconds), slow=set(slow))
        data = cover.get_data()
        root = f"{Path.cwd()}/"
        for measured in data.measured_files():
            by_test: dict[str, set[int]] = defaultdict(set)
            for line, contexts in data.contexts_by_lineno(measured).items():
                for context in contexts:
                    by_test[context].add(line)
            reached = {test: found for test, found in by_test.items() if test not in failed}
            known.lines[measured.removeprefix(root)] = reached
        _place(file).write_bytes(pickle.dumps(known))
        seconds.clear()
        slow.clear()
        cover = watch()

    class Recorder:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Any:
            cover.switch_context(item.nodeid)
            start = worked_s()
            result = yield
            seconds[item.nodeid] = worked_s() - start
            if item.get_closest_marker("slow") is not None and seconds[item.nodeid] > SLOW_S:
                slow.add(item.nodeid)
            if item.session.testsfailed > n_failed[0]:  # one that fails by itself tells nothing
                n_failed[0] = item.session.testsfailed
                failed.add(item.nodeid)
            file = item.nodeid.split("::")[0]
            if nextitem is None or nextitem.nodeid.split("::")[0] != file:
                keep(file)
                if time.monotonic() > until and nextitem is not None:
                    item.session.shouldstop = "time is over"
            return result

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            for file in set(files) - {item.nodeid.split("::")[0] for item in session.items}:
                _place(file).write_bytes(pickle.dumps(TestFile(_digest(file), code)))

    options = [option for option in quiet if option != "-x"]
    return int(pytest.main([*options, *files], plugins=[Recorder()]))
