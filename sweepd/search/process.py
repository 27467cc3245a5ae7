"""The processes beside the server: each loads what it needs, and ends when its server does."""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import connection, parent_process
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from sweepd.search.errors import SearchError

_PR_SET_PDEATHSIG = 1  # of Linux's <sys/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork
START_S = 60.0  # within which a new process has loaded what it needs, also on a busy machine

T = TypeVar("T")


class WorkerLost(Exception):
    """The process ended before it answered: killed from outside, or out of memory."""


class OverTime(Exception):
    """The process had no answer within the seconds given, and was ended."""


class AskFailed(Exception):
    """What was asked raised an error of its own; the message names it.

    Attributes:
        trace: Where it was raised, in the other process.
    """

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message)
        self.trace = trace


@dataclass(frozen=True)
class _Answer:
    value: Any = None
    error: str | None = None
    is_search_error: bool = False
    trace: str = ""


class Worker:
    """One process of our own that is asked one thing at a time, each within a time.

    It begins at the first ask, and anew after it was lost or ended. Ask from one thread, which
    lives as long as the worker is needed: on Linux the process ends with that thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Any = None
        self.is_stopped = False

    @property
    def pid(self) -> int | None:
        """The process that answers; None before the first ask and after it was ended."""
        process = self._process
        return process.pid if process is not None else None

    def ask(self, seconds: float, function: Callable[..., T], *args: Any) -> T:
        """What a module's function gives for these arguments, computed in the process.

        Raises:
            OverTime: There was no answer within so many seconds; the process is ended.
            WorkerLost: The process ended by itself, or `stop` was called.
            SearchError: As the function raised it.
            AskFailed: The function raised another error.
        """
        process = self._running()
        is_over = threading.Event()

        def end() -> None:
            is_over.set()
            process.kill()

        timer = threading.Timer(seconds, end)  # it also ends a send that nobody reads
        timer.daemon = True
        timer.start()
        try:
            self._pipe.send((function, args))
            answer: _Answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._end()
            if is_over.is_set():
                raise OverTime(f"no answer within {seconds:g} s") from error
            raise WorkerLost("the process ended") from error
        finally:
            timer.cancel()
        if is_over.is_set():  # it answered and was ended at the same moment
            self._end()
        if answer.error is None:
            value: T = answer.value
            return value
        if answer.is_search_error:
            raise SearchError(answer.error)
        raise AskFailed(answer.error, answer.trace)

    def stop(self) -> None:
        """End the process at once, whatever it does, and begin no other; from any thread."""
        with self._lock:
            self.is_stopped = True
            if self._process is not None:
                self._process.kill()

    def rest(self) -> None:
        """End the process; the next ask begins another. From the thread that asks."""
        self._end()

    def close(self) -> None:
        """Stop, and let go of what belonged to the process; from the thread that asks."""
        self.stop()
        self._end()

    def _running(self) -> SpawnProcess:
        if self._process is not None:
            return self._process
        # spawn: the process starts clean, without the server's threads and sockets
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_answer_asks, args=(theirs,), daemon=True)
        with self._lock:
            if self.is_stopped:
                raise WorkerLost("the process was stopped")
            process.start()
            self._process, self._pipe = process, ours
        theirs.close()  # else its end would not be heard
        try:
            is_ready = ours.poll(START_S) and ours.recv()
        except (EOFError, OSError):
            is_ready = False
        if not is_ready:
            self._end()
            raise WorkerLost("the process did not start")
        return process

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            self._pipe.close()


def _answer_asks(pipe: Any) -> None:
    """What the process does, until its server closes the pipe."""
    begin()
    pipe.send(True)
    while True:
        try:
            function, args = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(_Answer(function(*args)))
        except OSError:
            raise
        except Exception as error:
            # Told in words: not every error survives the way through a pipe.
            is_ours = isinstance(error, SearchError)
            text = str(error) if is_ours else f"{type(error).__name__}: {error}"
            pipe.send(_Answer(None, text, is_ours, traceback.format_exc()))


def begin() -> None:
    """Called once in the new process that searches."""
    _follow_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    import_module("sweepd.search.bayes.bayes")


def begin_in_background() -> None:
    """Called once in a new process whose work can wait for whatever else this machine does."""
    _follow_parent()
    os.nice(10)


def end_with(parent_pid: int, number: signal.Signals) -> None:
    """In a new process: get a signal when the thread that began it is gone. Only on Linux.

    Args:
        parent_pid: The process that began this one; when it has ended by now, so does this one.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before we asked
        os._exit(1)


def give_back_memory() -> None:
    """Let the system have what was needed for a moment; glibc would keep it for later."""
    if _libc is not None:
        with contextlib.suppress(AttributeError):  # another C library
            _libc.malloc_trim(0)


def _follow_parent() -> None:
    """End when the server ends, also when it is killed and cannot say so.

    The kernel sees to it on Linux, whatever this process computes; elsewhere a thread does, as
    soon as it gets its turn.
    """
    parent = parent_process()
    if parent is None:
        return
    if parent.pid is not None:
        end_with(parent.pid, signal.SIGKILL)
    threading.Thread(
        target=_end_with, args=(parent.sentinel,), name="sweepd-parent", daemon=True
    ).start()


def _end_with(sentinel: int) -> None:
    """The pool's own pipes stay open at our end; this one closes with the server."""
    connection.wait([sentinel])
    os._exit(1)
