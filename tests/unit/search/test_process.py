"""The process that is asked: within a time, ended and begun anew, and what comes back of errors."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from sweepd.search import process
from sweepd.search.errors import ConfigError, SearchError
from sweepd.search.process import AskFailed, OverTime, Worker, WorkerLost
from tests.conftest import wait_until

pytestmark = pytest.mark.slow  # each begins a process that loads SciPy


def hang() -> int:
    threading.Event().wait()
    raise AssertionError("it waits for good")


def end_by_signal() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fail(is_ours: bool) -> int:
    raise ConfigError(["one", "two"]) if is_ours else KeyError("where")


def give_a_function() -> object:
    return lambda: 0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def worker() -> Iterator[Worker]:
    found = Worker()
    yield found
    found.close()


def test_one_process_answers_and_is_replaced_when_it_takes_too_long(worker: Worker) -> None:
    assert worker.pid is None
    assert worker.ask(60, pow, 2, 10) == 1024
    first = worker.pid
    assert worker.ask(60, os.getpid) == first is not None
    with pytest.raises(OverTime):
        worker.ask(0.2, hang)
    assert not is_alive(first) and worker.pid is None
    assert worker.ask(60, os.getpid) not in (first, os.getpid())


def test_a_process_that_stands_still_is_ended_while_it_is_told(worker: Worker) -> None:
    """More than a pipe holds is sent, and nobody reads."""
    worker.ask(60, os.getpid)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(OverTime):
        worker.ask(0.2, len, b"x" * (1 << 22))


def test_a_process_that_ends_by_itself_is_lost_and_another_begins(worker: Worker) -> None:
    with pytest.raises(WorkerLost):
        worker.ask(60, end_by_signal)
    assert worker.ask(60, pow, 2, 3) == 8


def test_errors_come_back_in_words_and_the_process_stays(worker: Worker) -> None:
    with pytest.raises(SearchError, match=r"^one; two$"):
        worker.ask(60, fail, True)
    pid = worker.pid
    with pytest.raises(AskFailed, match="KeyError: 'where'") as raised:
        worker.ask(60, fail, False)
    assert "in fail" in raised.value.trace
    with pytest.raises(AskFailed, match="lambda"):  # an answer that cannot be sent
        worker.ask(60, give_a_function)
    assert worker.ask(60, os.getpid) == pid


def test_stop_ends_what_is_being_computed_and_begins_nothing_more(worker: Worker) -> None:
    worker.ask(60, os.getpid)
    stopping = threading.Timer(0.2, worker.stop)
    stopping.start()
    with pytest.raises(WorkerLost):
        worker.ask(600, hang)
    stopping.join()
    with pytest.raises(WorkerLost, match="stopped"):
        worker.ask(60, os.getpid)


def test_a_process_that_cannot_start_is_lost(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "START_S", 0.0)
    with pytest.raises(WorkerLost, match="did not start"):
        worker.ask(60, os.getpid)
    wait_until(lambda: worker.pid is None, 60, lambda: "it is still there")
