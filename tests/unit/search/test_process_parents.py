"""A process that was begun ends with the one that began it."""

import os
import signal
import subprocess
import sys

import pytest

from tests.conftest import wait_until

# Begins another such process, tells its number, and waits for it.
PARENT = """
import os, signal, subprocess, sys
from functools import partial
from sweepd.search.process import end_with
child = subprocess.Popen(
    [sys.executable, "-c", "import signal; signal.pause()"],
    preexec_fn=partial(end_with, os.getpid(), signal.SIGTERM), start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux sees to it")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_a_child_goes_with_its_parent_however_that_ends(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        os.kill(parent.pid, number)
    wait_until(lambda: not is_alive(child), 60, lambda: "it lives on")
