"""What is read from, wherever that is done: in the server's own process, or in one beside it."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sweepd.services.core import Core
from sweepd.services.streams.reading import Reading
from sweepd.services.tables.fetching import Documents
from sweepd.services.tables.keeping import Keeping
from sweepd.services.tables.tables import Tables
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database

T = TypeVar("T")
N_CONNECTIONS = 6  # at most, to PostgreSQL; a process that reads uses few at a time


@dataclass(frozen=True)
class Reads:
    """Handed to every function that reads aside."""

    core: Core
    reading: Reading
    tables: Tables
    documents: Documents
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: dict[Any, Any] = field(default_factory=dict)

    def of(self, kind: Callable[[Core], T]) -> T:
        """What a class makes of the core, made once: it may keep what it worked out."""
        with self._lock:
            if kind not in self._made:
                self._made[kind] = kind(self.core)
            found: T = self._made[kind]
            return found


@dataclass(frozen=True)
class Places:
    """Where it all lies, for a process of its own."""

    database_url: str
    files: str
    columns: str  # a folder
    identity: str  # of the database


def open_reads(places: Places) -> Reads:
    """Those of a process of its own, which changes nothing."""
    database = Database(places.database_url, N_CONNECTIONS, reads_only=True)
    core = Core(database, lambda: datetime.now(UTC))
    keeping = Keeping(Path(places.columns), places.identity)
    with contextlib.suppress(OSError):
        keeping.drop_old()
    return Reads(
        core, Reading(core, Blobs.open(places.files)), Tables(database, keeping), Documents()
    )
