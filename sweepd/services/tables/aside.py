"""Tables of large projects, asked in a process of their own: reading makes no agent wait.

The server's own process keeps its time and its memory for clients. A process that reads begins when
there is a large project to read, and reads those that changed last before anybody asks. Without
one (`reader_processes` 0, or when it was lost just now) the server reads by itself.
"""

import contextlib
import logging
import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from sweepd.domain import patience
from sweepd.domain.errors import SweepdError
from sweepd.domain.paging import Key, Start
from sweepd.search import process
from sweepd.services.core import Core
from sweepd.services.tables.table import TooWide
from sweepd.services.tables.tables import MAX_TABLES, Tables
from sweepd.store import run_counts
from sweepd.store.database import Database

log = logging.getLogger(__name__)
LARGE = 2000  # runs of a project from which on it is kept in columns
REST_S = 2.0  # after the start, before anything is read that nobody asked for
START_S = 60.0
LOOK_S = 0.2  # how often to see whether the answer is still waited for
N_CONNECTIONS = 6  # at most; a process that reads uses one at a time


class Aside:
    """Asks about large projects. Safe to use from any thread.

    Every question gives None where the project is not kept in columns: it is small, or its runs
    have too many different names. Whoever asks then reads the runs themselves.
    """

    def __init__(self, core: Core, n_processes: int, large: int = LARGE) -> None:
        """Nothing runs before `start`; until then, and when it has ended, this process reads."""
        self._core = core
        self._n_processes = n_processes
        self._large = large
        self._own = Tables(core.db)
        self._wide: set[int] = set()
        self._pools: list[ProcessPoolExecutor] = []
        self._lock = threading.Lock()
        self._wanted, self._ready = threading.Event(), threading.Event()
        self._is_stopping = self._is_started = False
        self._thread = threading.Thread(target=self._work, name="sweepd-aside", daemon=True)

    def start(self) -> None:
        """Begin to read what is large."""
        if self._n_processes:
            self._is_started = True
            self._thread.start()

    def stop(self) -> None:
        """End the processes; questions are answered here from now on."""
        self._is_stopping = True
        self._wanted.set()
        self._let_go()
        if self._thread.is_alive():
            self._thread.join()

    def select(
        self, project_pk: int, where: str | None, order: str | None, start: Start, limit: int | None
    ) -> tuple[list[tuple[Key, int]], int] | None:
        """As `Tables.select`."""
        found: tuple[list[tuple[Key, int]], int] | None
        found = self._ask("select", project_pk, where, order, start, limit)
        return found

    def runs(self, project_pk: int, sweep_pk: int | None = None) -> bytes | None:
        """As `Tables.runs`."""
        found: bytes | None = self._ask("runs", project_pk, sweep_pk)
        return found

    def best(self, project_pk: int, sweep_pk: int, is_max: bool) -> str | None:
        """As `Tables.best`."""
        found: str | None = self._ask("best", project_pk, sweep_pk, is_max)
        return found

    def pids(self) -> list[int]:
        """The processes that read now."""
        with self._lock:
            return [pid for pool in self._pools for pid in pool._processes]

    def _ask(self, name: str, project_pk: int, *args: Any) -> Any:
        if project_pk in self._wide:
            return None
        with self._core.db.read() as connection:
            if not run_counts.has_runs(connection, project_pk, self._large):
                return None
        try:
            asked = self._submit(name, project_pk, *args)
            if asked is not None:
                with contextlib.suppress(BrokenProcessPool):
                    return _wait(asked)
                self._let_go()
            return getattr(self._own, name)(project_pk, *args)
        except TooWide:
            self._wide.add(project_pk)
            log.warning("a project has too many different keys to be kept in columns")
            return None

    def _submit(self, name: str, project_pk: int, *args: Any) -> Future[Any] | None:
        if not self._is_started or self._is_stopping:
            return None
        if not self._ready.is_set():
            self._wanted.set()
            if not self._ready.wait(START_S) or self._is_stopping:
                return None
        with self._lock:
            pools = self._pools
        if not pools:
            return None
        try:
            return pools[project_pk % len(pools)].submit(_answer, name, project_pk, *args)
        except BrokenProcessPool:
            self._let_go()
        except RuntimeError:
            pass  # it was let go just now
        return None

    def _work(self) -> None:
        """Begin the processes when they are wanted; on Linux they end with this thread."""
        if self._wanted.wait(REST_S):  # else the server's own start comes first
            self._wanted.clear()
            if self._is_stopping:
                return
        with contextlib.suppress(SweepdError):
            with self._core.db.read() as connection:
                large = run_counts.list_large_projects(connection, self._large, MAX_TABLES)
            if large:
                self._begin()
            for project_pk in large:
                if (asked := self._submit("prepare", project_pk)) is not None:
                    asked.add_done_callback(_forget)
        while not self._is_stopping:
            self._wanted.wait()
            self._wanted.clear()
            if not self._is_stopping and not self._ready.is_set():
                self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        pools = [
            ProcessPoolExecutor(1, context, initializer=_begin, initargs=(self._core.db.url,))
            for _ in range(self._n_processes)
        ]
        try:
            for pool in pools:
                pool.submit(_is_there).result(START_S)
        except Exception:
            log.exception("a process that reads did not begin; this one reads")
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            pools = []
        with self._lock:
            self._pools = pools
            self._ready.set()

    def _let_go(self) -> None:
        with self._lock:
            pools, self._pools = self._pools, []
            self._ready.set() if self._is_stopping else self._ready.clear()
        for pool in pools:
            with contextlib.suppress(Exception):
                pool.shutdown(wait=False, cancel_futures=True)


def _wait(asked: Future[Any]) -> Any:
    while True:
        try:
            return asked.result(LOOK_S)
        except TimeoutError:
            if asked.done():
                raise
            patience.glance()


def _forget(asked: Future[Any]) -> None:
    """Whoever asks next is told what is wrong."""
    if not asked.cancelled():
        asked.exception()


_tables: list[Tables] = []  # one, in a process that reads


def _begin(url: str) -> None:
    process.begin_beside()
    _tables.append(Tables(Database(url, N_CONNECTIONS, reads_only=True)))


def _is_there() -> bool:
    return True


def _answer(name: str, project_pk: int, *args: Any) -> Any:
    try:
        return getattr(_tables[0], name)(project_pk, *args)
    finally:
        process.give_back_memory()
