"""A process that reads for the server, asked over a pipe; several questions at once.

Each has the patience of the request that asks, and ends when nobody waits for it. The process ends
with the server, however that ends.
"""

import contextlib
import json
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from sweepd.domain import patience
from sweepd.domain.errors import SweepdError
from sweepd.domain.patience import Patience
from sweepd.search import process
from sweepd.services.tables.reads import Places, Reads, open_reads

log = logging.getLogger(__name__)
N_THREADS = 4  # questions worked on at once; they share one interpreter
SWITCH_S = 0.001
REST = 0  # the number of the question that asks for an end
REST_S = 30.0
TIDY_S = 30.0  # after which what nobody takes goes
LONG_S = 0.02  # of an answer that may have taken much memory for a moment
# Not by `multiprocessing`, which would import what the server's command line did.
_COMMAND = "import sys, json; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; "
_COMMAND += "from sweepd.services.tables import reader; reader.work(**given['how'])"


class ReaderLost(Exception):
    """The process has ended."""


class Reader:
    """One such process. Safe to use from any thread; begin it in one that lives as long."""

    def __init__(self, places: Places) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            how = {
                "pipe": theirs.fileno(),
                "parent": os.getpid(),
            }
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, json.dumps({"path": sys.path, "how": how})],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C is the server's to answer
            )
        self._pipe = Connection(ours.detach())
        self._lock = threading.Lock()
        self._asked: dict[int, Future[Any]] = {}
        self._n_asked = 0
        self.is_lost = False
        self.ready: Future[Any] = self._expect(0)
        self._send(places)  # not on its command line: an address may hold a password
        threading.Thread(target=self._receive, name="sweepd-answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def n_asked(self) -> int:
        """How many questions are not answered yet."""
        return len(self._asked)

    def ask(self, function: Callable[..., Any], args: tuple[Any, ...]) -> "Asked":
        """Let it call `function` with its `Reads` and the arguments.

        Raises:
            ReaderLost: It has ended.
        """
        request = patience.current()
        with self._lock:
            if self.is_lost:
                raise ReaderLost
            self._n_asked += 1
            number = self._n_asked
            future = self._expect(number)
            try:
                self._send((number, function, args, request.left, request.most))
            except BaseException:
                self._asked.pop(number, None)
                raise
        return Asked(self, number, future)

    def abandon(self, number: int) -> None:
        """Nobody waits for the answer any more."""
        with self._lock:
            if not self.is_lost:
                self._send((-number, None, (), 0, 0))

    def rest(self) -> None:
        """End it once it has kept what it read; nobody may ask meanwhile."""
        with self._lock, contextlib.suppress(ReaderLost):
            self._send((REST, None, (), 0, 0))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(REST_S)
        self.stop()

    def stop(self) -> None:
        """End it."""
        self._end()
        self._process.kill()
        self._process.wait()

    def _expect(self, number: int) -> Future[Any]:
        future = self._asked[number] = Future[Any]()
        return future

    def _send(self, message: Any) -> None:
        try:
            self._pipe.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise ReaderLost from error

    def _receive(self) -> None:
        """Take answers; whatever ends this ends the process, so that nobody waits for it."""
        try:
            while True:
                number, is_answer, value = pickle.loads(self._pipe.recv_bytes())
                future = self._asked.pop(number, None)
                if future is None:
                    continue
                if is_answer:
                    future.set_result(value)
                else:
                    future.set_exception(value)
        except (EOFError, OSError):
            pass
        except Exception:
            log.exception("an answer of the process that reads cannot be read; it is ended")
        finally:
            self._end()
            self._pipe.close()

    def _end(self) -> None:
        with self._lock:
            if not self.is_lost:
                self.is_lost = True
                # Closing alone would not wake who waits for it to say something.
                with (
                    contextlib.suppress(OSError),
                    socket.socket(fileno=os.dup(self._pipe.fileno())) as pipe,
                ):
                    pipe.shutdown(socket.SHUT_RDWR)
            waiting, self._asked = self._asked, {}
        for future in waiting.values():
            future.set_exception(ReaderLost())


class Asked:
    """A question on its way."""

    LOOK_S = 0.2  # how often to see whether the answer is still waited for

    def __init__(self, reader: Reader, number: int, answer: Future[Any]) -> None:
        self._reader, self._number, self._answer = reader, number, answer

    def wait(self) -> Any:
        """The answer.

        Raises:
            ReaderLost: The process ended before.
            TooLarge: The request takes too long, or nobody waits for it.
        """
        try:
            while True:
                try:
                    return self._answer.result(self.LOOK_S)
                except TimeoutError:
                    if self._answer.done():
                        raise
                    patience.glance()
        except SweepdError:
            if not self._answer.done():
                with contextlib.suppress(ReaderLost):
                    self._reader.abandon(self._number)
            raise


def work(pipe: int, parent: int) -> None:
    """What the process does, until its server closes the pipe."""
    process.end_with(parent, signal.SIGKILL)
    sys.setswitchinterval(SWITCH_S)
    asked = Connection(pipe)
    try:
        with contextlib.suppress(EOFError, OSError):
            answering = _Answering(asked, open_reads(pickle.loads(asked.recv_bytes())))
            answering.send(0, True, None)
            answering.receive()
    except BaseException:
        log.exception("the process that reads failed")
    finally:
        os._exit(0)  # whatever it computes now, nobody waits for it


class _Answering:
    def __init__(self, pipe: Connection, reads: Reads) -> None:
        self._pipe, self._reads = pipe, reads
        self._threads = ThreadPoolExecutor(N_THREADS, "sweepd-reads")
        self._lock = threading.Lock()
        self._open: dict[int, Patience] = {}

    def receive(self) -> None:
        """Take questions."""
        while True:
            while not self._pipe.poll(TIDY_S):
                self._reads.documents.drop_idle()
                process.give_back_memory()
            number, function, args, left, most = pickle.loads(self._pipe.recv_bytes())
            if number == REST:
                self._reads.tables.keep()
                return
            if number < 0:
                if (request := self._open.get(-number)) is not None:
                    request.abandon()
                continue
            request = self._open[number] = Patience()
            request.left, request.most = left, most
            self._threads.submit(self._answer, number, function, args, request)

    def send(self, number: int, is_answer: bool, value: Any) -> None:
        """Tell an answer, or the error that was raised."""
        try:
            body = pickle.dumps((number, is_answer, value), pickle.HIGHEST_PROTOCOL)
            if not is_answer:
                pickle.loads(body)
        except Exception as error:  # not every value or error survives the way
            told = traceback.format_exception_only(error if is_answer else value)
            body = pickle.dumps((number, False, RuntimeError("".join(told)[:2000])))
        with self._lock, contextlib.suppress(OSError):
            self._pipe.send_bytes(body)

    def _answer(
        self, number: int, function: Callable[..., Any], args: tuple[Any, ...], request: Patience
    ) -> None:
        began = time.perf_counter()
        try:
            with patience.working_for(request):
                told = True, function(self._reads, *args)
        except Exception as error:
            error.__traceback__ = None
            told = False, error
        except BaseException as error:  # what ends a thread here must not end one of the server's
            told = False, RuntimeError(repr(error))
        self._open.pop(number, None)
        self.send(number, *told)
        if time.perf_counter() - began > LONG_S:
            process.give_back_memory()
