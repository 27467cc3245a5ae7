"""A process that was begun ends with the one that began it."""

import os
import signal
import subprocess
import sys

import pytest

from sweepd.search import process
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

# As above; its child computes without ever giving another thread of its own a turn.
BUSY = """
import ctypes, multiprocessing, os
from sweepd.search.process import begin_in_background

def work(pipe):
    begin_in_background()
    pipe.send(os.getpid())
    ctypes.PyDLL(None).pause()

ours, theirs = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=work, args=(theirs,))
child.start()
print(ours.recv(), flush=True)
child.join()
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux sees to it")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("script", [PARENT, BUSY], ids=["idle", "busy"])
def test_a_child_goes_with_its_parent_however_that_ends(
    script: str, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        os.kill(parent.pid, number)
    wait_until(lambda: not is_alive(child), 60, lambda: "it lives on")


class Library:
    """A C library that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def malloc_trim(self, kept: int) -> None:
        self.asked.append(("malloc_trim", kept))


def test_memory_is_given_back_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(process, "_libc", library)
    process.give_back_memory()
    assert library.asked == [("malloc_trim", 0)], "none is kept"
    for other in (object(), None):  # another C library, another system
        monkeypatch.setattr(process, "_libc", other)
        process.give_back_memory()
