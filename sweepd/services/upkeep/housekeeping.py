"""What is cleared away between requests: expired versions, uploads that came to nothing.

Deleting is safe while the server works and while replicas do the same: see `blob_records.py`. Bytes
that anything refers to are never removed.
"""

import logging
import threading
from datetime import timedelta

from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords
from sweepd.store.blobs import Blobs

TICK_S = 60.0
UNUSED_EVERY_S = 6 * 3600.0  # bytes nobody refers to only cost space
UPLOAD_LIFETIME_S = 8 * 24 * 3600.0  # an upload's address is good for a week

log = logging.getLogger(__name__)


class Housekeeping:
    """Looks around every minute, in a thread of its own."""

    def __init__(self, core: Core, blobs: Blobs, artifacts: Artifacts) -> None:
        self._core = core
        self._artifacts = artifacts
        self._blobs = blobs
        self._blob_records = BlobRecords(core, blobs)
        self._unused_removed_at = core.now() - timedelta(seconds=UNUSED_EVERY_S - 10 * TICK_S)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweepd-housekeeping", daemon=True)

    def drop_cut_off(self) -> None:
        """Remove what an earlier process was writing when it was killed.

        Only when no other process writes to the same files.
        """
        if n_files := self._blobs.drop_cut_off():
            log.info("removed %s files of uploads that were cut off", n_files)

    def start(self) -> None:
        """Begin looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(TICK_S):
            try:
                self.remove_expired()
            except Exception:
                log.exception("housekeeping failed; trying again in %s s", TICK_S)

    def remove_expired(self) -> None:
        """Remove the versions whose time has passed; every few hours also what was abandoned."""
        for gone in self._artifacts.expire():
            log.info("artifact version %s passed its time to live and was deleted", gone.pk)
        now = self._core.now()
        if (now - self._unused_removed_at).total_seconds() < UNUSED_EVERY_S:
            return
        self._unused_removed_at = now
        before = now - timedelta(seconds=UPLOAD_LIFETIME_S)
        n_begun = len(self._artifacts.drop_abandoned(before))
        n_blobs = self._blob_records.remove_unused(before)
        if n_begun or n_blobs:
            log.info(
                "removed %s artifact versions never committed, %s unused files", n_begun, n_blobs
            )
