"""What is cleared away between requests: expired versions, uploads that came to nothing.

Deleting is safe while the server works and while replicas do the same: see `blob_records.py`. Bytes
that anything refers to are never removed; what goes lies in the trash for days; and only a small
share of all goes at once, unless an administrator says so (`sweepd tidy --remove`).
"""

import logging
import threading
from datetime import datetime, timedelta

from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords, Unused
from sweepd.store.blobs import Blobs

TICK_S = 60.0
UNUSED_EVERY_S = 6 * 3600.0  # bytes nobody refers to only cost space
UPLOAD_LIFETIME_S = 8 * 24 * 3600.0  # an upload's address is good for a week

log = logging.getLogger(__name__)


class Housekeeping:
    """Looks around every minute, in a thread of its own."""

    def __init__(
        self,
        core: Core,
        blobs: Blobs,
        artifacts: Artifacts,
        share: float = 0.05,
        trash_days: float = 7.0,
    ) -> None:
        """Prepare to look.

        Args:
            share: Of all files or versions, how many may go at once.
            trash_days: How long what went can be brought back.
        """
        self._share, self._trash_days = share, trash_days
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
        for gone in self._artifacts.expire(self._share):
            log.info("artifact version %s passed its time to live and was deleted", gone.pk)
        now = self._core.now()
        if (now - self._unused_removed_at).total_seconds() < UNUSED_EVERY_S:
            return
        self._unused_removed_at = now
        before = now - timedelta(seconds=UPLOAD_LIFETIME_S)
        n_begun = len(self._artifacts.drop_abandoned(before, self._share))
        self.remove_unused(self._share)
        n_gone = self.empty_trash(self._trash_days)
        if n_begun or n_gone:
            log.info(
                "removed %s artifact versions never committed; %s files left the trash",
                n_begun,
                n_gone,
            )

    def find_unused(self) -> Unused:
        """The files that nothing refers to and that are old enough to go."""
        return self._blob_records.find_unused(self._before())

    def remove_unused(self, share: float) -> Unused:
        """Put files that nothing refers to into the trash; says what went.

        Args:
            share: Of all files, how many may go; 1 is an administrator's word that all may.
        """
        done = self._blob_records.remove_unused(self._before(), share)
        n_aside = self._blob_records.remove_aside(self._before())
        if n_files := len(done.idle) + len(done.unknown):
            log.info("put %s unused files into the trash", n_files)
        if n_aside:
            log.info("removed %s parts of uploads never finished", n_aside)
        if done.held_back:
            log.warning(
                "%s of %s files belong to nothing this database knows: too many to go at once. Is "
                "it the database of these files? See `sweepd tidy`; `sweepd tidy --remove` puts "
                "them into the trash",
                done.held_back,
                done.n_blobs,
            )
        return done

    def empty_trash(self, days: float) -> int:
        """Remove for good what has been in the trash for so many days; returns how many files."""
        return self._blobs.trash.empty((self._core.now() - timedelta(days=days)).date())

    def _before(self) -> datetime:
        return self._core.now() - timedelta(seconds=UPLOAD_LIFETIME_S)
