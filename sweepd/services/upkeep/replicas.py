"""Several servers on one PostgreSQL: each hears at once what changed through another.

Open pages and what is kept in memory then follow changes that came to any of them.
"""

import threading

from sweepd.domain.errors import Unavailable
from sweepd.services.background import Outage
from sweepd.services.core import Core
from sweepd.store.news import Change, News

GATHER_S = 0.05  # changes of so long are told together
WAIT_S = 1.0  # between two looks whether the server ends
AGAIN_S = 2.0


class Replicas:
    """Tells and hears, in two threads."""

    def __init__(self, core: Core, news: News) -> None:
        self._core, self._news = core, news
        self._waiting: dict[Change, None] = {}
        self._lock = threading.Lock()
        self._has_news, self._stop = threading.Event(), threading.Event()
        self._is_listening = threading.Event()
        self._threads = [
            threading.Thread(target=self._tell, name="sweepd-tell", daemon=True),
            threading.Thread(target=self._hear, name="sweepd-hear", daemon=True),
        ]

    def start(self) -> None:
        """Begin telling and hearing."""
        self._core.changes.tell = self._changed
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say and hear no more; returns when the threads have ended."""
        self._core.changes.tell = None
        self._stop.set()
        self._has_news.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._news.close()

    def wait_until_listening(self, timeout_s: float) -> bool:
        """Whether it hears the others, within that time."""
        return self._is_listening.wait(timeout_s)

    def _changed(self, kind: str, pk: int) -> None:
        with self._lock:
            self._waiting[kind, pk] = None
        self._has_news.set()

    def _tell(self) -> None:
        outage = Outage("telling the other servers what changes")
        while True:
            self._has_news.wait()
            if self._stop.wait(GATHER_S):
                return
            self._has_news.clear()
            with self._lock:
                changes, self._waiting = list(self._waiting), {}
            try:
                self._news.tell(changes)
                outage.ends()
            except Unavailable as error:
                outage.begins(error)

    def _hear(self) -> None:
        outage = Outage("hearing from the other servers what changes")
        while not self._stop.is_set():
            try:
                for changes in self._news.listen(WAIT_S):
                    self._is_listening.set()
                    outage.ends()
                    for kind, pk in changes:
                        self._core.changes.hear(kind, pk)
                    if self._stop.is_set():
                        return
            except Unavailable as error:
                self._is_listening.clear()
                outage.begins(error)
                self._stop.wait(AGAIN_S)
