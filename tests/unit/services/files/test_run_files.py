"""Files of runs: listed by name, page by page, by names and by patterns."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.paging import Start
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange

pytestmark = pytest.mark.both_databases


NAMES = ["100%.txt", "100x.txt", "a.txt", "b/a.txt", "ü.txt"]


@pytest.fixture
def run(parts: server.Parts, ann: Caller) -> Run:
    """A run with five files."""
    made = parts.services.runs.upsert(ann, "ann", "p", "r", RunChange())[0]

    async def put() -> None:
        async def stream() -> AsyncIterator[bytes]:
            yield b"x"

        for name in NAMES:
            await parts.services.files.put_run_file(made.pk, name, stream(), "", 10)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, put).result()
    return made


def test_pages_follow_each_other_by_name(parts: server.Parts, run: Run) -> None:
    files = parts.services.files
    assert {file.path for file in files.list_files(run)} == set(NAMES)
    seen: list[str] = []
    start = Start()
    while items := (page := files.page_files(run, start=start, first=2)).items:
        assert page.count() == 5
        seen += [file.path for file in page.values]
        start = Start(items[-1][0])
    assert sorted(seen) == sorted(NAMES) and len(seen) == 5


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("%.txt", 5),
        ("_.txt", 2),
        ("100\\%.txt", 1),
        ("b/%", 1),
        ("none\\", 0),
        ("%\\\\", 0),
    ],
)
def test_patterns_are_those_of_sql_with_a_backslash_for_the_letter_itself(
    parts: server.Parts, run: Run, pattern: str, found: int
) -> None:
    assert len(parts.services.files.list_files(run, pattern)) == found
    assert parts.services.files.page_files(run, pattern, first=0).count() == found


def test_names_that_are_not_there_are_left_out(parts: server.Parts, run: Run) -> None:
    files = parts.services.files
    assert [f.path for f in files.list_files(run, names=["a.txt", "c.txt"])] == ["a.txt"]
    assert files.page_files(run, None, ["a.txt", "c.txt"], first=0).count() == 1


def test_many_files_go_some_at_a_time_or_none(
    parts: server.Parts, run: Run, ann: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepd.services.files.run_files.BATCH", 2)
    files = parts.services.files
    pks = [file.pk for file in files.list_files(run)]
    for caller, wanted in ((bob, pks), (ann, [*pks, 10**6])):
        with pytest.raises(NotFound):
            files.delete_files(caller, wanted)
        assert len(files.list_files(run)) == len(NAMES)
    files.delete_files(ann, [*pks, pks[0]])
    assert files.list_files(run) == []
