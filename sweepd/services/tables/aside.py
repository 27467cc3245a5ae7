"""What is dear to read, asked of processes beside the server: reading makes no agent wait.

The server's own process keeps its time and its memory for clients. A process that reads
(`readers.py`) begins when there is a large project to read, or when something dear is asked.
Without one (`reader_processes` 0, or when it was lost just now) the server reads by itself.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sweepd.domain.errors import Unavailable
from sweepd.domain.paging import Key, Start
from sweepd.services.core import Core
from sweepd.services.streams.reading import Reading
from sweepd.services.tables.fetching import Documents, Fetched, Written
from sweepd.services.tables.reader import Reader, ReaderLost
from sweepd.services.tables.readers import IDLE_S, RETRY_S, Readers
from sweepd.services.tables.reads import Places, Reads
from sweepd.services.tables.table import TooWide
from sweepd.services.tables.tables import MAX_TABLES, Tables
from sweepd.store import run_counts

T = TypeVar("T")

log = logging.getLogger(__name__)
LARGE = 2000  # runs of a project from which on it is kept in columns, whoever reads
MIDDLING = 300  # from which on it is so where a process reads already
N_TRIES = 2  # the first process may have been lost, or have ended for want of questions
LARGE_S = 60.0  # for which a project that was large is taken for large


class Aside:
    """Asks about large projects and long histories. Safe to use from any thread.

    A project is not kept in columns where it is small, or its runs have too many different names:
    then the runs themselves are read.
    """

    def __init__(
        self,
        core: Core,
        reading: Reading,
        places: Places,
        n_processes: int,
        large: int = LARGE,
        idle_s: float = IDLE_S,
        retry_s: float = RETRY_S,
    ) -> None:
        """Nothing runs before `start`; until then, and when it has ended, this process reads.

        Args:
            reading: With which this process reads histories.
            places: Where other processes find all of it.
        """
        self._core = core
        self._large = large
        self._reads = Reads(core, reading, Tables(core.db), Documents())
        self._wide: set[int] = set()
        self._seen_large: dict[int, float] = {}  # when, by project
        self.readers = Readers(
            places, n_processes, self._prepare, self._reads.tables.forget, idle_s, retry_s
        )

    def start(self) -> None:
        """Begin to read what is large."""
        self.readers.start()

    def stop(self) -> None:
        """End the processes; questions are answered here from now on."""
        self.readers.stop()

    def select(
        self, project_pk: int, where: str | None, order: str | None, start: Start, limit: int | None
    ) -> tuple[list[tuple[Key, int]], int] | None:
        """As `Tables.select`; None where the project is not kept in columns."""
        found = self._ask_project(project_pk, _select, project_pk, where, order, start, limit)
        return None if found is None else found[0]

    def ask(self, project_pk: int, function: Callable[..., T], *args: Any) -> T:
        """Have a function called with `Reads`, the project, whether that is kept in columns, and
        arguments: by a process that reads if the project is large, else here.

        Args:
            function: As of `offer`.
        """
        found: T = self._ask_either(project_pk, function, *args)[0]
        return found

    def write(self, project_pk: int, function: Callable[..., Written], *args: Any) -> Fetched:
        """As `ask`, of a document, which is passed on in the parts it was written in."""
        written, reader = self._ask_either(project_pk, function, *args)
        assert isinstance(written, Written)
        opened = written.opened

        def parts() -> Iterator[bytes]:
            yield written.lead
            for place in range(opened.n_parts if opened else 0):
                yield self._part(reader, opened.number if opened else 0, place)
            yield written.end

        n_bytes = len(written.lead) + (opened.n_bytes if opened else 0) + len(written.end)
        return Fetched(written.tag, n_bytes, parts())

    def pids(self) -> list[int]:
        """The processes that read now."""
        return self.readers.pids()

    def offer(self, place: int, function: Callable[..., T], *args: Any) -> T:
        """Have a function called with `Reads` and arguments by a process that reads; here when
        there is none just now, and then one begins for the next time.

        Args:
            place: Questions of one place go to the same process, which may remember.
            function: Of a module: its name and arguments, and what it returns, go through a pipe.
        """
        found: T = self._ask(place, False, function, *args)[0]
        return found

    def _ask_either(
        self, project_pk: int, function: Callable[..., Any], *args: Any
    ) -> tuple[Any, Reader | None]:
        found = self._ask_project(project_pk, function, project_pk, True, *args)
        return found or (function(self._reads, project_pk, False, *args), None)

    def _ask_project(
        self, project_pk: int, function: Callable[..., Any], *args: Any
    ) -> tuple[Any, Reader | None] | None:
        """The answer, and who gave it; None where the project is not kept in columns."""
        if project_pk in self._wide:
            return None
        n_runs = self._count(project_pk)
        if n_runs < min(MIDDLING, self._large):
            return None
        is_large = n_runs >= self._large
        if not is_large and self.readers.of(project_pk, False) is None:
            return None  # it is read sooner than a process begins
        try:
            return self._ask(project_pk, is_large, function, *args)
        except TooWide:
            self._wide.add(project_pk)
            log.warning("a project has too many different keys to be kept in columns")
            return None

    def _count(self, project_pk: int) -> int:
        """How many runs a project has; no more are counted than it takes to be large, and of one
        that was so lately none."""
        now = time.monotonic()
        if now - self._seen_large.get(project_pk, -LARGE_S) < LARGE_S:
            return self._large
        with self._core.db.read() as connection:
            n_runs = run_counts.count_up_to(connection, project_pk, self._large)
        if n_runs >= self._large:
            self._seen_large[project_pk] = now
        return n_runs

    def _ask(
        self, place: int, waits: bool, function: Callable[..., Any], *args: Any
    ) -> tuple[Any, Reader | None]:
        """The answer, and who gave it.

        Args:
            waits: For a process to begin, when there is none.
        """
        for _ in range(N_TRIES):
            reader = self.readers.of(place, waits)
            if reader is None:
                break
            try:
                return reader.ask(function, args).wait(), reader
            except ReaderLost:
                self.readers.let_go(reader)
        return function(self._reads, *args), None

    def _part(self, reader: Reader | None, number: int, place: int) -> bytes:
        if reader is None:
            return self._reads.documents.part(number, place)
        self.readers.note_asked()
        try:
            return bytes(reader.ask(_part, (number, place)).wait())
        except ReaderLost as error:
            raise Unavailable("the process that reads was lost; ask again") from error

    def _prepare(self) -> None:
        """Read what is large before anybody asks."""
        with self._core.db.read() as connection:
            large = run_counts.list_large_projects(connection, self._large, MAX_TABLES)
        if large:
            self.readers.begin()
        for project_pk in large:
            if (reader := self.readers.of(project_pk, False)) is not None:
                with contextlib.suppress(ReaderLost):
                    reader.ask(_prepare, (project_pk,))


def _select(reads: Reads, *args: Any) -> Any:
    return reads.tables.select(*args)


def _prepare(reads: Reads, project_pk: int) -> None:
    with contextlib.suppress(TooWide):  # whoever asks next is told
        reads.tables.prepare(project_pk)


def _part(reads: Reads, number: int, place: int) -> bytes:
    return reads.documents.part(number, place)
