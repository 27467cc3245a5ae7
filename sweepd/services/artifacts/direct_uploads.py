"""Files of versions that clients put straight into the object store, where it signs.

Where it cannot, now or ever, addresses are None and files come through us. What is put waits for
the commit, which makes blobs of it; see docs/decisions/0008-signed-uploads.md.
"""

import base64
import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sweepd.domain import patience
from sweepd.domain.artifacts import Artifact, ArtifactState, Digest, DigestAlgorithm, Entry
from sweepd.domain.errors import SweepdError, Unavailable
from sweepd.services.artifacts.manifests import check_pending
from sweepd.services.artifacts.placing import read_digest
from sweepd.services.core import Core
from sweepd.store import artifacts, manifests, run_files
from sweepd.store.blob_names import by_md5, hex_md5
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.direct import Direct, waiting_place
from sweepd.store.measuring import StoredBlob

log = logging.getLogger(__name__)

MAX_LIFETIME_S = 7 * 24 * 3600  # of an address, by S3; what waits goes after eight days
AT_ONCE = 16  # files that the store is asked to put in place
BATCH = 128  # of them recorded in one write
MAX_MISSING = 1_000  # files that never came, after which no more are asked for


@dataclass(frozen=True, slots=True)
class SignedPut:
    """Where a file is put, and what has to be sent with it: ("Name", "value")."""

    url: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SignedParts:
    """Where each part of a large file is put, by number; `name` and `upload` end it."""

    name: str
    upload: str
    urls: tuple[tuple[int, str], ...]


class DirectUploads:
    """Signs what is put, and makes blobs of it."""

    def __init__(self, core: Core, blobs: Blobs, seconds: int = 0, max_bytes: int = 0) -> None:
        """Prepare.

        Args:
            seconds: That an address is good; 0: none is given, all bytes pass through us.
            max_bytes: Of one file.
        """
        self._core, self._direct = core, blobs.direct
        self._seconds = min(seconds, MAX_LIFETIME_S)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._said: set[str] = set()
        if self._seconds and self._direct is None:
            self._say("the files are in no S3, or boto3 is not installed (sweepd[s3])")

    def put_address(self, artifact_pk: int, path: str, digest: Digest) -> SignedPut | None:
        """Where a file announced goes; None: to us."""
        direct = self._ready(digest)
        if direct is None:
            return None
        try:
            place = waiting_place(artifact_pk, path, digest.value)
            url = direct.put_address(place, digest.value, self._seconds)
        except Unavailable as error:
            self._say(str(error))
            return None
        return SignedPut(url, (("Content-MD5", digest.value),))

    def begin_parts(self, digest: Digest, parts: Iterable[tuple[int, str]]) -> SignedParts | None:
        """Where parts of a large file go, given as (number, MD5 in hexadecimal); None: to us."""
        direct = self._ready(digest)
        if direct is None:
            return None
        try:
            wanted = [(number, _base64(md5)) for number, md5 in parts]
            name = by_md5(hex_md5(digest.value))
            patience.glance()
            upload = direct.begin(name)
            urls = tuple(
                (number, direct.part_address(name, upload, number, md5, self._seconds))
                for number, md5 in patience.glancing(wanted)
            )
        except ValueError:
            return None  # a part without a digest
        except Unavailable as error:
            self._say(str(error))
            return None
        return SignedParts(name, upload, urls)

    def finish_parts(
        self,
        artifact_pk: int,
        path: str,
        digest: Digest,
        name: str,
        upload: str,
        etags: Sequence[tuple[int, str]],
    ) -> None:
        """Make a file of its parts; again changes nothing.

        Args:
            etags: (number, what the store answered for it) of each part.

        Raises:
            BadInput: A part never came, the upload was given up, or the version is committed.
        """
        if self._direct is None:
            raise Unavailable("the files are elsewhere now; send the file again")
        with self._core.db.read() as connection:
            there = manifests.list_entries(connection, artifact_pk, [path])
        if any(entry.blob == name for entry in there):
            return
        blob = self._direct.finish(name, upload, etags, self._max_bytes)
        line = Entry(path, digest.value, blob.size_bytes, None, name, artifact_pk)

        def keep(connection: Connection) -> None:
            check_pending(artifacts.find_artifact(connection, artifact_pk, lock=True))
            run_files.record_blob(connection, blob, self._core.now())
            manifests.upsert_entries(connection, artifact_pk, [line])

        self._core.db.write(keep)

    def gather(self, pending: Artifact, contents: Mapping[str, Any]) -> None:
        """Make blobs of what waits for a version's commit; what never came is left out.

        Args:
            contents: Of its manifest.

        Raises:
            BadInput: The bytes of a file are others than announced.
        """
        direct = self._direct
        if direct is None:
            return
        with self._core.db.read() as connection:
            waiting = [
                entry
                for entry in manifests.list_entries(connection, pending.pk)
                if entry.blob is None
                and entry.ref is None
                and entry.algorithm is DigestAlgorithm.MD5
                and read_digest(contents.get(entry.path, {})) == Digest(entry.digest)
                and _hex(entry.digest) is not None
            ]
            digests = [Digest(entry.digest) for entry in waiting]
            held = manifests.find_blobs(connection, digests, project_pk=pending.project_pk)
        waiting = [entry for entry in waiting if Digest(entry.digest) not in held]
        if not waiting:
            return
        n_missing = 0
        with ThreadPoolExecutor(AT_ONCE, "direct uploads") as pool:
            for first in range(0, len(waiting), BATCH):
                some = waiting[first : first + BATCH]
                blobs = list(pool.map(partial(self._keep, direct, pending.pk), some))
                self._record(direct, pending.pk, dict(zip(some, blobs, strict=True)))
                n_missing += blobs.count(None)
                if n_missing >= MAX_MISSING:
                    return  # there will be no commit

    def _keep(self, direct: Direct, artifact_pk: int, entry: Entry) -> StoredBlob | None:
        place = waiting_place(artifact_pk, entry.path, entry.digest)
        return direct.keep(place, entry.path, entry.digest, self._max_bytes)

    def _record(
        self, direct: Direct, artifact_pk: int, found: Mapping[Entry, StoredBlob | None]
    ) -> None:
        kept = {entry: blob for entry, blob in found.items() if blob is not None}

        def record(connection: Connection) -> set[Entry]:
            """Those taken: not what came by another commit of the same version meanwhile."""
            artifact = artifacts.find_artifact(connection, artifact_pk, lock=True)
            if artifact is None or artifact.state is not ArtifactState.PENDING:
                return set()
            now = manifests.list_entries(connection, artifact_pk, [entry.path for entry in kept])
            taken = {entry for entry in now if entry in kept}
            for entry in taken:
                run_files.record_blob(connection, kept[entry], self._core.now())
            lines = [
                replace(entry, blob=kept[entry].hash, size_bytes=kept[entry].size_bytes)
                for entry in taken
            ]
            manifests.upsert_entries(connection, artifact_pk, lines)
            return taken

        if not kept:
            return
        taken = self._core.db.write(record)
        with suppress(Unavailable):  # else they go in some days
            direct.discard([blob.hash for entry, blob in kept.items() if entry not in taken])
            direct.delete([waiting_place(artifact_pk, one.path, one.digest) for one in taken])

    def _ready(self, digest: Digest) -> Direct | None:
        """What signs an upload of this digest now, if anything does."""
        if not self._seconds or self._direct is None:
            return None
        if digest.algorithm is not DigestAlgorithm.MD5 or _hex(digest.value) is None:
            return None
        try:
            if self._direct.tells_md5():
                return self._direct
        except SweepdError as error:
            self._say(str(error))
            return None
        self._say("the object store does not tell the MD5 of its files")
        return None

    def _say(self, why: str) -> None:
        """Have the log say once why bytes pass through us."""
        with self._lock:
            is_new = why not in self._said and len(self._said) < 100
            self._said.add(why)
        if is_new:
            log.warning("uploads pass through this server, though direct_upload_s is set: %s", why)


def _hex(md5: str) -> str | None:
    try:
        return hex_md5(md5)
    except ValueError:
        return None


def _base64(md5: str) -> str:
    return base64.b64encode(bytes.fromhex(md5)).decode()
