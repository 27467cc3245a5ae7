"""Looks whether everything is there and whole, says what is not, and mends what can be mended."""

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sweepd.domain.errors import NotFound, Unavailable
from sweepd.services.background import Background
from sweepd.services.core import Core
from sweepd.store import integrity, run_files
from sweepd.store.blob_names import LAST, is_by_md5
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection

log = logging.getLogger(__name__)

PAGE = 500  # names of files at once
FIRST_AFTER_S = 600.0  # a server that starts has better things to do
HASHES = 16**8  # first eight digits of a content hash


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, in one sentence.

    Attributes:
        is_mended: Whether it is right again.
        is_of_pages: The database cannot be read in parts: nothing more can be said.
    """

    what: str
    is_mended: bool = False
    is_of_pages: bool = False


class Verification:
    """Checks of one server's database and files. Safe while it works and beside others."""

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self._core = core
        self._blobs = blobs

    def check_database(self, repair: bool) -> Iterator[Finding]:
        """What is wrong with the tables: pages, references, counts."""
        with self._core.db.read() as connection:
            faults = integrity.check_pages(connection)
            if faults:  # nothing else can be trusted
                yield from (
                    Finding(f"{fault}; restore a backup", is_of_pages=True) for fault in faults
                )
                return
            unrecorded = integrity.list_unrecorded(connection)
            wrong = integrity.list_wrong_counts(connection)
            lost = integrity.list_lost_lines(connection)
        for name in unrecorded:
            what = f"file {self._named(name)} has no record"
            yield Finding(what, repair and self._record(name))
        yield from (Finding(what) for what in lost)
        for count in wrong:
            yield Finding(str(count), repair and self._set(count))

    def _record(self, name: str) -> bool:
        try:
            blob = self._blobs.measure(name)
        except NotFound:
            return False
        if blob.hash != name:
            return False
        self._core.db.write(lambda c: run_files.record_blob(c, blob, self._core.now()))
        return True

    def _set(self, count: integrity.WrongCount) -> bool:
        def put_right(connection: Connection) -> bool:
            if count not in integrity.list_wrong_counts(connection):
                return False  # it changed meanwhile
            integrity.set_count(connection, count)
            return True

        return self._core.db.write(put_right)

    def names(self, after: str = "", up_to: str = LAST) -> Iterator[str]:
        """Every file recorded, by content hash, from `after` up to `up_to`."""
        while True:
            with self._core.db.read() as connection:
                page = run_files.list_blob_names(connection, after, PAGE)
            for name in page:
                if name > up_to:
                    return
                yield name
            if len(page) < PAGE:
                return
            after = page[-1]

    def check_files(
        self,
        names: Iterable[str],
        repair: bool,
        seen: Callable[[int], None] | None = None,
        fetch: Callable[[str], bool] | None = None,
    ) -> Iterator[Finding]:
        """Read files and compare them with their digests.

        Args:
            seen: Called with the number of bytes of each part as it is read.
            fetch: Another place that may have a file: puts it back and says whether it could.
        """
        trash: dict[str, str] | None = None
        for name in names:
            fault = self._fault(name, seen)
            if fault is None:
                continue
            what = f"file {self._named(name)} {fault}"
            if not repair:
                yield Finding(what)
                continue
            if trash is None:
                trash = {found: place for place, _, found in self._blobs.trash.list()}
            if fault == "is damaged":
                self._blobs.set_damaged_aside(name)
            if name in trash and self._blobs.trash.bring_back(trash[name], name):
                yield Finding(f"{what}; it was in the trash", True)
            elif fetch is not None and fetch(name):
                yield Finding(f"{what}; the backup had it", True)
            else:
                yield Finding(what)

    def _fault(self, name: str, seen: Callable[[int], None] | None) -> str | None:
        try:
            if not self._blobs.is_whole(name, seen):
                return "is damaged"
            if is_by_md5(name):  # of one that came in parts nobody had taken it
                self._core.db.write(lambda c: run_files.confirm_md5(c, name))
            return None
        except NotFound:
            with self._core.db.read() as connection:
                is_recorded = run_files.blob_size(connection, name) is not None
            return "is gone" if is_recorded else None  # deleted since it was listed
        except (Unavailable, OSError) as error:
            return f"cannot be read: {error}"

    def _named(self, name: str) -> str:
        with self._core.db.read() as connection:
            holders = integrity.list_holders(connection, name)
        return f"{name[:12]} ({', '.join(holders) or 'held by nothing'})"


class Verifying:
    """Verifies a running server's data slowly, again and again, in a thread of its own."""

    def __init__(self, verification: Verification, every_days: float, mb_per_s: float) -> None:
        """Prepare to verify.

        Args:
            every_days: Days from one pass to the next; 0: never.
            mb_per_s: How fast files are read at most.
        """
        self._verification = verification
        self._every_s, self._bytes_per_s = every_days * 24 * 3600.0, mb_per_s * 1e6
        self._background = Background(
            "verifying", self.verify, self._every_s, min(FIRST_AFTER_S, self._every_s)
        )

    def start(self) -> None:
        """Begin, unless it should never."""
        if self._every_s > 0:
            self._background.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended."""
        self._background.stop()

    def verify(self) -> list[Finding]:
        """One pass over everything, from a place in the middle, so that restarts leave none out."""
        first = f"{random.randrange(HASHES):08x}"
        findings = []
        for part in (
            self._verification.names(after=first),
            self._verification.names(up_to=first),
        ):
            for finding in self._verification.check_files(part, repair=True, seen=self._seen):
                findings.append(self._tell(finding))
        for finding in self._verification.check_database(repair=False):
            findings.append(self._tell(finding))
        log.info("verified database and files: %s", f"{len(findings)} faults" if findings else "ok")
        return findings

    def _seen(self, n_bytes: int) -> None:
        if self._background.pause(n_bytes / self._bytes_per_s):
            raise _Stopped

    @staticmethod
    def _tell(finding: Finding) -> Finding:
        if finding.is_mended:
            log.warning("%s, and is back", finding.what)
        else:
            log.error("%s; see `sweepd verify`", finding.what)
        return finding


class _Stopped(Exception):
    """The server is stopping."""
