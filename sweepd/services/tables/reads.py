"""What is read from, wherever that is done: in the server's own process, or in one beside it."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sweepd.services.core import Core
from sweepd.services.streams.reading import Reading
from sweepd.services.tables.fetching import Documents
from sweepd.services.tables.keeping import Keeping
from sweepd.services.tables.tables import Tables
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database

N_CONNECTIONS = 6  # at most, to PostgreSQL; a process that reads uses few at a time


@dataclass(frozen=True)
class Reads:
    """Handed to every function that reads aside."""

    core: Core
    reading: Reading
    tables: Tables
    documents: Documents


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
