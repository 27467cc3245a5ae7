"""Whatever a question comes to, who asked is told."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sweepd import server
from sweepd.services.tables.reader import Reader, ReaderLost
from sweepd.services.tables.reads import Reads
from tests.unit.services.tables.test_aside import places_of


class OfTwo(Exception):
    """An error that cannot be made of its message alone."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


class Broken:
    """A value that survives being packed, and not being unpacked."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, ()


def _refuse() -> None:
    raise ValueError("cannot be unpacked")


def raises(_: Reads) -> None:
    """Fail in a way that cannot be told as it is."""
    raise OfTwo("one", "two")


def leaves(_: Reads) -> None:
    """End the thread, as a library might."""
    raise SystemExit(3)


def unpackable(_: Reads) -> Any:
    """A value of this process alone."""
    return threading.Lock()


def broken(_: Reads) -> Any:
    """A value that nobody can read."""
    return Broken()


def answers(_: Reads, value: int) -> int:
    """The value."""
    return value


@pytest.fixture
def reader(parts: server.Parts) -> Iterator[Reader]:
    """A process that reads."""
    found = Reader(places_of(parts))
    found.ready.result(60)
    yield found
    found.stop()


def test_errors_and_values_that_do_not_survive_the_way_are_told(reader: Reader) -> None:
    with pytest.raises(RuntimeError, match="OfTwo: one and two"):
        reader.ask(raises, ()).wait()
    with pytest.raises(RuntimeError, match="cannot pickle"):
        reader.ask(unpackable, ()).wait()
    with pytest.raises(RuntimeError, match="SystemExit"):
        reader.ask(leaves, ()).wait()
    assert reader.ask(answers, (7,)).wait() == 7
    assert reader.n_asked == 0


def test_a_question_that_cannot_be_sent_is_not_waited_for(reader: Reader) -> None:
    with pytest.raises(Exception, match="pickle"):
        reader.ask(answers, (threading.Lock(),))
    assert reader.n_asked == 0
    assert reader.ask(answers, (7,)).wait() == 7


def test_a_process_whose_answers_cannot_be_read_is_lost(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(ReaderLost):
        reader.ask(broken, ()).wait()
    assert "cannot be read" in caplog.text
    with pytest.raises(ReaderLost):
        reader.ask(answers, (7,))
