"""Large projects read in a process of their own, which may be lost."""

import json
import os
import signal
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.reading import Reading
from sweepd.services.tables import readers
from sweepd.services.tables import table as tables
from sweepd.services.tables.aside import Aside
from sweepd.services.tables.fetching import PART_BYTES, Written
from sweepd.services.tables.reader import Reader
from sweepd.services.tables.reads import Places, Reads
from tests.conftest import wait_until

WHERE, ORDER = '{"config.lr": {"$gt": 1}}', "-config.lr"


def places_of(parts: server.Parts) -> Places:
    """Where the process finds all."""
    settings = parts.settings
    folder = str(settings.data / "columns")
    return Places(settings.database_url, settings.files_location, folder, "this one")


def aside_of(parts: server.Parts, n_processes: int, large: int) -> Aside:
    """One that is not begun."""
    reading = Reading(parts.core, parts.blobs)
    return Aside(parts.core, reading, places_of(parts), n_processes, large)


def fill(parts: server.Parts, ann: Caller, n: int) -> int:
    """Our key of a project with so many runs."""
    for lr in range(n):
        change = RunChange(config=json.dumps({"lr": {"value": lr}}))
        run, _ = parts.services.runs.upsert(ann, None, "p", f"r{lr}", change)
    return run.project_pk


@pytest.mark.slow
def test_another_process_answers_and_one_that_is_lost_is_begun_again(
    parts: server.Parts, ann: Caller
) -> None:
    project_pk = fill(parts, ann, 5)
    aside = aside_of(parts, 1, large=3)
    here = aside.select(project_pk, WHERE, ORDER, Start(), 2)
    assert here is not None and here[1] == 3
    aside.start()
    try:
        assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == here
        [pid] = aside.pids()
        assert pid != os.getpid()
        # An address may hold a password, and whoever is on this machine sees command lines.
        assert parts.settings.database_url not in Path(f"/proc/{pid}/cmdline").read_text()
        with pytest.raises(BadInput, match="unknown operator"):
            aside.select(project_pk, '{"config.lr": {"$near": 1}}', None, Start(), 2)
        os.kill(pid, signal.SIGKILL)
        assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == here
        fill(parts, ann, 7)
        found = aside.select(project_pk, WHERE, ORDER, Start(), 2)
        assert found is not None and found[1] == 5
        assert aside.pids() not in ([pid], [])
    finally:
        aside.stop()
    assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == found


def test_small_projects_and_those_of_too_many_names_are_read_otherwise(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_pk = fill(parts, ann, 5)
    assert aside_of(parts, 0, large=2000).select(project_pk, WHERE, ORDER, Start(), 2) is None
    monkeypatch.setattr(tables, "MAX_BYTES", 100)
    assert aside_of(parts, 0, large=3).select(project_pk, WHERE, ORDER, Start(), 2) is None


@pytest.mark.slow
def test_processes_end_when_nobody_asks_and_begin_again(parts: server.Parts, ann: Caller) -> None:
    project_pk = fill(parts, ann, 5)
    reading = Reading(parts.core, parts.blobs)
    aside = Aside(parts.core, reading, places_of(parts), 1, large=3, idle_s=0.1)
    aside.start()
    try:
        here = aside.select(project_pk, WHERE, ORDER, Start(), 2)
        wait_until(lambda: not aside.pids(), 60, lambda: f"{aside.pids()} are still there")
        assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == here
    finally:
        aside.stop()


def test_a_process_that_did_not_begin_is_tried_again(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_pk = fill(parts, ann, 5)
    begun: list[bool] = []

    def begin(places: Places) -> Reader:
        begun.append(True)
        if len(begun) == 1:
            raise OSError("no memory for another process")
        return Reader(places)

    monkeypatch.setattr(readers, "Reader", begin)
    reading = Reading(parts.core, parts.blobs)
    aside = Aside(parts.core, reading, places_of(parts), 1, large=3, retry_s=3600)
    aside.start()
    try:
        here = aside.select(project_pk, WHERE, ORDER, Start(), 2)
        assert here is not None and here[1] == 3
        assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == here
        assert len(begun) == 1
        aside.readers.retry_s = 0
        aside.select(project_pk, WHERE, ORDER, Start(), 2)  # nobody waits for it
        wait_until(lambda: bool(aside.pids()), 60, lambda: "no process has begun")
        assert aside.select(project_pk, WHERE, ORDER, Start(), 2) == here
    finally:
        aside.stop()


def where(reads: Reads, project_pk: int, in_columns: bool, *args: str) -> tuple[int, bool]:
    """Which process reads, and how."""
    assert reads.of(Made) is reads.of(Made) and reads.of(Made).core is reads.core
    return os.getpid(), in_columns


def text(reads: Reads, project_pk: int, in_columns: bool, tag: str) -> Written:
    """A document of a short and a long part."""
    opened = reads.documents.open(tag, lambda: [b"%d" % os.getpid(), b"b" * PART_BYTES])
    return Written(tag, b"(", opened, b")")


class Made:
    """What a process makes of its core once."""

    def __init__(self, core: Core) -> None:
        self.core = core


@pytest.mark.slow
def test_what_grows_with_the_runs_is_read_aside_and_passed_on_in_parts(
    parts: server.Parts, ann: Caller
) -> None:
    project_pk = fill(parts, ann, 5)
    aside, small = aside_of(parts, 1, large=3), aside_of(parts, 1, large=9)
    aside.start()
    try:
        assert small.ask(project_pk, where) == (os.getpid(), False)
        assert aside.ask(project_pk, where) == (*aside.pids(), True)
        for one, pid in ((small, os.getpid()), (aside, *aside.pids())):
            found = one.write(project_pk, text, "a tag")
            assert found.tag == "a tag"
            body = b"(%d" % pid + b"b" * PART_BYTES + b")"
            assert [len(part) for part in found.parts] != [len(body)]
            whole = b"".join(one.write(project_pk, text, "a tag").parts)
            assert whole == body and len(whole) == found.n_bytes
    finally:
        aside.stop()
