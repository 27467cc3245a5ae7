"""Bytes come and go beside the tables; this keeps the two in step.

An upload puts bytes in place first and records them after; a deletion forgets the record first and
removes the bytes after. When both meet over the same bytes, either the deletion finds the record
back and leaves them, or the upload finds them gone and is sent again. Nothing recorded is missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sweepd.domain.errors import Unavailable
from sweepd.services.core import Core
from sweepd.store import run_files
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.measuring import StoredBlob

FEW = 10  # files that may go at once however few there are


@dataclass(frozen=True, slots=True)
class Unused:
    """Bytes that nothing refers to, by content hash.

    Attributes:
        idle: Whose record outlived its last holder, oldest first.
        unknown: Which nothing ever recorded, as far as these tables know.
        n_blobs: How many blobs there are in all.
        held_back: How many were left, being too many to go at once.
    """

    idle: list[str]
    unknown: list[str]
    n_blobs: int
    held_back: int = 0

    def most(self, share: float) -> int:
        """How many may go at once."""
        return max(FEW, int(share * self.n_blobs))


class BlobRecords:
    """Records bytes in a transaction, removes those that nothing refers to."""

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self._core = core
        self._blobs = blobs

    def record(self, connection: Connection, blob: StoredBlob) -> None:
        """Remember bytes just put in place.

        Raises:
            Unavailable: A deletion took them meanwhile; the client sends them again.
        """
        run_files.record_blob(connection, blob, self._core.now())
        if not self._blobs.exists(blob.hash):
            raise Unavailable("these bytes were being deleted as they came; send them again")

    def find_unused(self, before: datetime) -> Unused:
        """Bytes written before then that nothing refers to."""
        with self._core.db.read() as connection:
            idle = run_files.list_idle_blobs(connection, before)
        unknown, n_blobs = [], 0
        for name, at in self._blobs.list():
            n_blobs += 1
            if at < before:
                with self._core.db.read() as connection:
                    if run_files.blob_size(connection, name) is None:
                        unknown.append(name)
        return Unused(idle, unknown, n_blobs)

    def remove_unused(self, before: datetime, share: float) -> Unused:
        """Put bytes written before then that nothing refers to into the trash.

        They are those of uploads that were refused or cut off, and those whose record outlived its
        last holder. Of many that nobody ever recorded none goes: more likely the tables are not
        those of these files. Of many whose record is known the oldest go, others the next time.

        Args:
            share: Of all blobs, how many may go at once; a few may always.

        Returns:
            What went; `held_back` counts what did not.
        """
        found = self.find_unused(before)
        most = found.most(share)
        idle = found.idle[:most]
        unknown = found.unknown if len(idle) + len(found.unknown) <= most else []
        gone = self._core.db.write(lambda c: run_files.forget_unused_blobs(c, idle))
        self.discard(gone)
        self.discard(unknown)
        n_left = len(found.idle) + len(found.unknown) - len(idle) - len(unknown)
        return Unused(gone, unknown, found.n_blobs, n_left)

    def remove_aside(self, before: datetime) -> int:
        """Remove what uploads that nobody finished left aside before then; returns how many."""
        n_removed = 0
        for place, at in self._blobs.list_aside():
            if at < before:
                self._blobs.delete_place(place)
                n_removed += 1
        return n_removed

    def discard(self, names: Iterable[str]) -> None:
        """Put bytes whose records were forgotten into the trash, unless recorded again since."""
        for name in names:

            def remove(connection: Connection, name: str = name) -> None:
                if run_files.claim_absent_blob(connection, name, self._core.now()):
                    self._blobs.trash.put(name, self._core.now())
                    run_files.forget_blob(connection, name)

            self._core.db.write(remove)
