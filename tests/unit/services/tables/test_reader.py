"""Whatever a question comes to, who asked is told."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sweepd.services.tables.reader import Reader, ReaderLost
from sweepd.services.tables.reads import Reads
from tests.conftest import FakeClock, build_parts
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


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Reader]]:
    """A process that reads, begun for the first test and after it was lost."""
    parts = build_parts(tmp_path_factory.mktemp("reader") / "data", FakeClock())
    begun: list[Reader] = []

    def one() -> Reader:
        if not begun or begun[-1].is_lost:
            begun.append(Reader(places_of(parts)))
            begun[-1].ready.result(60)
        return begun[-1]

    yield one
    for reader in begun:
        reader.stop()
    parts.core.db.close()


@pytest.fixture
def reader(readers: Callable[[], Reader]) -> Reader:
    """A process that reads."""
    return readers()


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
