"""Bytes come and go beside the tables; this keeps the two in step.

An upload puts bytes in place first and records them after; a deletion forgets the record first and
removes the bytes after. When both meet over the same bytes, either the deletion finds the record
back and leaves them, or the upload finds them gone and is sent again. Nothing recorded is missing.
"""

from collections.abc import Iterable
from datetime import datetime

from sweepd.domain.errors import Unavailable
from sweepd.services.core import Core
from sweepd.store import run_files
from sweepd.store.blobs import Blobs, StoredBlob
from sweepd.store.database import Connection


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

    def remove_unused(self, before: datetime) -> int:
        """Remove bytes written before then that nothing refers to; returns how many.

        They are those of uploads that were refused or cut off, and those whose record outlived its
        last holder.
        """
        with self._core.db.read() as connection:
            idle = run_files.list_idle_blobs(connection, before)
        unused = self._core.db.write(lambda c: run_files.forget_unused_blobs(c, idle))
        n_aside = 0
        for place, name in self._blobs.list_old(before):
            if name is None:
                self._blobs.delete_place(place)
                n_aside += 1
                continue
            with self._core.db.read() as connection:
                if run_files.blob_size(connection, name) is None:
                    unused.append(name)
        unused = sorted(set(unused))
        self.discard(unused)
        return len(unused) + n_aside

    def discard(self, names: Iterable[str]) -> None:
        """Remove bytes whose records were forgotten, unless they were recorded again since."""
        for name in names:

            def remove(connection: Connection, name: str = name) -> None:
                if run_files.claim_absent_blob(connection, name, self._core.now()):
                    self._blobs.delete(name)
                    run_files.forget_blob(connection, name)

            self._core.db.write(remove)
