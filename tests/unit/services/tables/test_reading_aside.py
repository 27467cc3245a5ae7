"""A long history read by another process is what this one would read."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import TooLarge
from sweepd.domain.patience import Patience, working_for
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.reading import Reading, Stream
from sweepd.services.tables import reading_aside
from sweepd.services.tables.aside import Aside
from sweepd.services.tables.reading_aside import ReadingAside
from sweepd.services.tables.reads import Reads
from tests.unit.services.tables.test_aside import places_of

QUESTIONS: dict[str, Callable[[Reading, Run], Any]] = {
    "lines": lambda reading, run: reading.lines(run, Stream.HISTORY, 3, 9),
    "thinned_lines": lambda reading, run: reading.thinned_lines(run, Stream.EVENTS, 4),
    "sample": lambda reading, run: reading.sample(run, ["loss", "_step"], 5, 2, 30),
    "curves": lambda reading, run: reading.curves(run, Stream.HISTORY, 8, 2),
    "keys": lambda reading, run: reading.keys(run),
    "console": lambda reading, run: reading.console(run, 1, 4),
}


def pid(_: Reads) -> int:
    """The process that is asked."""
    return os.getpid()


def written(reading: Reading, run: Run) -> bytes:
    """Where a document was written, and of what."""
    return b"%d %d" % (os.getpid(), len(reading.lines(run, Stream.HISTORY)))


@pytest.fixture
def run(parts: server.Parts, ann: Caller) -> Run:
    """One with some of everything."""
    parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    rows = [json.dumps({"_step": i, "loss": 1 / (1 + i), "_timestamp": i}) for i in range(40)]
    post = StreamPost(
        history=Lines(0, rows), events=Lines(0, rows[:9]), console=[Lines(0, ["one", "two", "3"])]
    )
    parts.services.history.append(ann, "ann", "p", "r", post)
    return parts.services.runs.get(ann, "ann", "p", "r")


@pytest.mark.slow
def test_another_process_reads_what_is_long(
    parts: server.Parts, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Reading(parts.core, parts.blobs)
    aside = Aside(parts.core, own, places_of(parts), 1)
    reading = ReadingAside(own, aside)
    monkeypatch.setattr(reading_aside, "DEAR_LINES", 1)
    expected = {name: ask(own, run) for name, ask in QUESTIONS.items()}
    assert {name: ask(reading, run) for name, ask in QUESTIONS.items()} == expected
    x, y = _trace(own, run)
    aside.start()
    try:
        aside.readers.of(0, waits=True)
        assert [aside.offer(0, pid)] == aside.pids()
        assert {name: ask(reading, run) for name, ask in QUESTIONS.items()} == expected
        assert _trace(reading, run) == (x, y)
        [other] = aside.pids()
        assert reading.write(run.pk, 1, written, run) == b"%d 40" % other
        assert reading.write(run.pk, 0, written, run) == b"%d 40" % os.getpid()
        patience = Patience()
        patience.begin(60, 10)
        with working_for(patience), pytest.raises(TooLarge, match="more than 10 fields"):
            reading.lines(run, Stream.HISTORY)
    finally:
        aside.stop()


def test_a_short_history_is_read_here(parts: server.Parts, run: Run) -> None:
    own = Reading(parts.core, parts.blobs)
    aside = Aside(parts.core, own, places_of(parts), 1)
    aside.offer = pytest.fail  # type: ignore[method-assign, assignment]
    reading = ReadingAside(own, aside)
    for name, ask in QUESTIONS.items():
        assert ask(reading, run) == ask(own, run), name


def _trace(reading: Reading, run: Run) -> tuple[list[float], list[float]]:
    found = reading.traces(run, Stream.HISTORY, ["loss"], "_step", 6)["loss"]
    return found.x.tolist(), found.y.tolist()
