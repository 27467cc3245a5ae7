"""A server that is killed takes its search process with it, whatever that does."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, wait_until

pytestmark = pytest.mark.faults
is_linux = sys.platform == "linux"


@pytest.mark.parametrize(
    "doing",
    [
        "starting",
        "idle",
        pytest.param("busy", marks=pytest.mark.skipif(not is_linux, reason="Linux alone can")),
    ],
)
def test_kill_9_of_the_server_leaves_no_search_process(doing: str) -> None:
    host = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.search_host", doing],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert host.stdout is not None
    pid = int(host.stdout.readline())
    if doing == "busy":
        begun = _processor_ticks(pid)
        wait_until(lambda: _processor_ticks(pid) > begun + 20, 60, lambda: "it computes nothing")
    host.send_signal(signal.SIGKILL)
    try:
        host.communicate(timeout=60)  # its end is heard once nobody holds the pipe any more
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        pytest.fail("the search process outlived its server")


def _processor_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
