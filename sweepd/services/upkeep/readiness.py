"""Whether what the server works with answers: its database and the place of its files.

Looked at by a thread of its own, so that neither a probe nor a stranger's question costs more than
reading the last finding, and one that hangs shows as a finding that grows old.
"""

import logging
import time
from collections.abc import Callable, Mapping

from sweepd.domain.errors import BadInput, Unavailable
from sweepd.services.background import Background, Outage
from sweepd.services.core import Core
from sweepd.services.upkeep import belonging
from sweepd.services.upkeep.belonging import Belonging
from sweepd.store.blobs import Blobs

EVERY_S = 5.0
STALE_S = 20.0  # a look that takes longer has found something, too
READY = "ready"
SILENT = "does not answer"


class Readiness:
    """What was found last. `findings` may be asked from any thread and never waits."""

    def __init__(
        self,
        core: Core,
        blobs: Blobs,
        belongs: Belonging,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._core, self._blobs, self._belongs = core, blobs, belongs
        self._looks: dict[str, Callable[[], object]] = {
            "database": self._ask_database,
            "files": self._ask_files,
        }
        self._outages = {
            name: Outage(f"all that needs the {name}", logging.ERROR) for name in self._looks
        }
        self._steady = steady
        self._found: dict[str, tuple[str, float]] = {}
        self._threads = [
            Background(name, lambda name=name: self.look(name), EVERY_S, 0.0)  # type: ignore[misc]
            for name in self._looks
        ]

    def _ask_database(self) -> None:
        self._core.db.ask()

    def _ask_files(self) -> None:
        self._belongs = belonging.look(self._blobs, self._belongs)

    def start(self) -> None:
        """Begin looking, each thing in a thread of its own."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop looking."""
        for thread in self._threads:
            thread.stop()

    def look(self, name: str) -> str:
        """Look at one thing now; the log says when it begins to fail, and when that is over."""
        try:
            self._looks[name]()
            found = READY
            self._outages[name].ends()
        except (Unavailable, BadInput) as error:
            found = str(error)
            self._outages[name].begins(error)
        self._found[name] = found, self._steady()
        return found

    def findings(self) -> Mapping[str, str]:
        """By name, `READY` or why not; also when the last look was not over in time."""
        now = self._steady()
        found = {}
        for name in self._looks:
            told, at = self._found.get(name, (SILENT, now))
            found[name] = SILENT if told == READY and now - at > STALE_S else told
        return found
