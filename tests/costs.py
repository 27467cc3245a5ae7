"""What tests cost: which of the quick loop took over a second of a processor, told at its end.

The processor's time is told, with that of processes which have ended: a clock would tell of
whatever else the machine does. A fixture that several tests share counts for the first of them.
"""

import os
from collections import defaultdict
from collections.abc import Iterator

import pytest

MOST_S = 1.0


def worked_s() -> float:
    """Seconds of a processor so far, with those of processes that have ended."""
    return sum(os.times()[:4])


class Costs:
    """Sums what each test of the whole session took, in whichever worker it was."""

    def __init__(self) -> None:
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

    def dear(self) -> list[tuple[float, str]]:
        """The unmarked tests over `MOST_S`, the dearest first."""
        found = [(s, name) for name, s in self._seconds.items() if name not in self._marked]
        return sorted((pair for pair in found if pair[0] > MOST_S), reverse=True)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if dear := self.dear():
            terminalreporter.section("over a second of a processor: cheaper, or marked slow?")
            for seconds, name in dear:
                terminalreporter.line(f"{seconds:5.1f} s  {name}")
