"""What failed among tests with real clocks, once more alone: `make test` asks for it.

A browser, clients and several servers on two busy cores can take longer than any deadline that
still tells a fault. A fault fails alone as well. See docs/decisions/0301. Tests that only compute
get no second look, nor do more than `MOST`: those are faults.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAILED = Path(".pytest_cache/v/cache/lastfailed")  # written by pytest, of the run before
MOST = 3
_IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ  # now: a test may change it
WAITING = ("tests/browser/", "tests/e2e/", "tests/faults/", "tests/workload/")


def plain(name: str) -> str:
    """A test's name as pytest takes it; pytest-xdist puts `@group` behind those of a group."""
    head, at, group = name.rpartition("@")
    return head if at and "]" not in group else name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Whoever reads what failed (a person, `--lf`, `main`) is given names that can be run."""
    if not _IS_WORKER:  # there the name says which test has ended
        report.nodeid = plain(report.nodeid)


def once_more(failed: list[str]) -> str | None:
    """Why these tests deserve no second look; None when they do."""
    if not failed:
        return "no test is noted as failed"
    if len(failed) > MOST:
        return f"{len(failed)} failed, and a second look is for {MOST} at most"
    computing = [name for name in failed if not name.startswith(WAITING)]
    return f"{computing[0]} waits for nothing that a busy machine delays" if computing else None


def main() -> int:
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if why := once_more(failed):
        print(f"Not tried again: {why}.")
        return 1
    code = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *failed]).returncode
    if code == 0:
        print("These failed on the busy machine and passed alone; mend what made them:")
        print("\n".join(f"  {name}" for name in failed))
    return code


if __name__ == "__main__":
    sys.exit(main())
