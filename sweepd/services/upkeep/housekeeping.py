"""What is cleared away between requests: expired versions, uploads that came to nothing.

Deleting is safe while the server works and while replicas do the same: see `blob_records.py`. Bytes
that anything refers to are never removed; what goes lies in the trash for days; and only a small
share of all goes at once, unless an administrator says so (`sweepd tidy --remove`).
"""

import logging
from datetime import datetime, timedelta

from sweepd.domain.errors import Unavailable
from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.background import Background
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords, Unused
from sweepd.services.upkeep.expiry import Expiry
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
        deleted_days: float = 30.0,
    ) -> None:
        """Prepare to look.

        Args:
            share: Of all files or versions, how many may go at once.
            trash_days: How long files that went can be brought back.
            deleted_days: How long projects, sweeps and runs that were deleted can be.
        """
        self._share, self._trash_days = share, trash_days
        self._core = core
        self._artifacts = artifacts
        self._blobs = blobs
        self._blob_records = BlobRecords(core, blobs)
        self._expiry = Expiry(core, deleted_days)
        self._unused_removed_at = core.now() - timedelta(seconds=UNUSED_EVERY_S - 10 * TICK_S)
        self._background = Background("housekeeping", self.remove_expired, TICK_S)

    def drop_cut_off(self) -> None:
        """Remove what an earlier process was writing when it was killed.

        Only when no other process writes to the same files.
        """
        if n_files := self._blobs.drop_cut_off():
            log.info("removed %s files of uploads that were cut off", n_files)

    def start(self) -> None:
        """Begin looking."""
        self._background.start()

    def stop(self) -> None:
        """Stop looking; returns when the thread has ended."""
        self._background.stop()

    def remove_expired(self) -> None:
        """Remove the versions whose time has passed; every few hours also what was abandoned."""
        self._artifacts.removals.drop_left()
        for gone in self._artifacts.removals.expire(self._share):
            log.info("artifact version %s passed its time to live and was deleted", gone.pk)
        if n_ended := self._expiry.end():
            log.info("%s projects, sweeps and runs deleted long ago are gone now", n_ended)
        now = self._core.now()
        if (now - self._unused_removed_at).total_seconds() < UNUSED_EVERY_S:
            return
        self._unused_removed_at = now
        before = now - timedelta(seconds=UPLOAD_LIFETIME_S)
        n_begun = len(self._artifacts.removals.drop_abandoned(before, self._share))
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
        n_half = self._drop_unfinished()
        if n_files := len(done.idle) + len(done.unknown):
            log.info("put %s unused files into the trash", n_files)
        if n_aside:
            log.info("removed %s parts of uploads never finished", n_aside)
        if n_half:
            log.info("removed %s files of which the object store had only parts", n_half)
        if done.held_back:
            log.warning(
                "%s of %s files belong to nothing this database knows: too many to go at once. Is "
                "it the database of these files? See `sweepd tidy`; `sweepd tidy --remove` puts "
                "them into the trash",
                done.held_back,
                done.n_blobs,
            )
        return done

    def _drop_unfinished(self) -> int:
        if self._blobs.direct is None:
            return 0
        try:
            return self._blobs.direct.drop_unfinished(self._before())
        except Unavailable as error:  # keys may lack this right, and all else works
            log.warning("%s; see docs/storage.md", error)
            return 0

    def empty_trash(self, days: float) -> int:
        """Remove for good what has been in the trash for so many days; returns how many files."""
        return self._blobs.trash.empty((self._core.now() - timedelta(days=days)).date())

    def _before(self) -> datetime:
        return self._core.now() - timedelta(seconds=UPLOAD_LIFETIME_S)
