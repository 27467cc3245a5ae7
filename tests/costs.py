"""What tests cost: which of the quick loop took over a second of a processor, told at its end; and
that all of them stay below a bound, or it fails.

The processor's time is told, with that of processes which have ended: a clock would tell of
whatever else the machine does. A fixture that several tests share counts for the first of them.
The bound is in times of a fixed piece of work done here before and after, for other machines.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator

import pytest

MOST_S = 1.0
MOST_WORK = 1_500  # pieces of `work`, of all tests


def worked_s() -> float:
    """Seconds of a processor so far, with those of processes that have ended."""
    return sum(os.times()[:4])


def work() -> None:
    """What tests do much of: objects made and let go, functions called, texts made and read."""
    rows = [{"_step": n, "loss": 1 / (n + 1), "name": f"run {n}"} for n in range(2_000)]
    for _ in range(8):
        rows = json.loads(json.dumps(rows, indent=1))
        rows.sort(key=lambda row: row["loss"])


def piece_s(times: int = 5) -> float:
    """Seconds of a processor that `work` takes now."""
    start = worked_s()
    for _ in range(times):
        work()
    return (worked_s() - start) / times


class Costs:
    """Sums what each test of the whole session took, in whichever worker it was."""

    def __init__(self) -> None:
        self._is_worker = "PYTEST_XDIST_WORKER" in os.environ
        self._before_s = 0.0 if self._is_worker else piece_s()
        self._spent = 0.0  # pieces
        self._start = worked_s()
        self._seconds: dict[str, float] = defaultdict(float)
        self._marked: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Iterator[None]:
        self._start = worked_s()
        yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """In a worker or where there is none: note what the phase took."""
        report = yield
        now = worked_s()
        report.processor_s, self._start = now - self._start, now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += getattr(report, "processor_s", 0.0)
        if "slow" in report.keywords:
            self._marked.add(report.nodeid)

    def dear(self, most_s: float) -> list[tuple[float, str]]:
        """The unmarked tests over so many seconds, the dearest first."""
        found = [(s, name) for name, s in self._seconds.items() if name not in self._marked]
        return sorted((pair for pair in found if pair[0] > most_s), reverse=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail what would pass, but for what it costs."""
        if not self._is_worker:
            one_s = (self._before_s + piece_s()) / 2
            self._spent = sum(self._seconds.values()) / one_s
            if self._spent > MOST_WORK and session.exitstatus == 0:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        total_s = sum(self._seconds.values())
        told = f"{total_s:.0f} s of a processor: {self._spent:.0f} pieces of work"
        if self._spent > MOST_WORK:
            terminalreporter.section(f"too dear: {told}, {MOST_WORK} at most", red=True)
            terminalreporter.line("Make tests cheaper, or mark slow where a cheaper one stays.")
            for seconds, name in self.dear(MOST_S / 5):
                terminalreporter.line(f"{seconds:5.1f} s  {name}")
            return
        terminalreporter.line(f"The tests took {told}, {MOST_WORK} at most.")
        if dear := self.dear(MOST_S):
            terminalreporter.section("over a second of a processor: cheaper, or marked slow?")
            for seconds, name in dear:
                terminalreporter.line(f"{seconds:5.1f} s  {name}")
