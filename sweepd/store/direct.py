"""Uploads that go straight into an object store, and how they become blobs.

What is said of them is in docs/decisions/0008-signed-uploads.md.
"""

import hashlib
import threading
import uuid
from collections.abc import Sequence
from datetime import datetime

from sweepd.domain.errors import BadInput, TooLarge
from sweepd.store.blob_names import blob_place, by_md5, hex_md5, name_at
from sweepd.store.folder import ASIDE
from sweepd.store.measuring import StoredBlob
from sweepd.store.s3 import S3

_ASKED = b"what is the ETag of this?"
_OURS = (f"{ASIDE}/", "trash/", "damaged/")


class Direct:
    """Signs uploads into one bucket. Safe to share between threads.

    Every method raises Unavailable when the store refuses.
    """

    def __init__(self, s3: S3) -> None:
        self._s3 = s3
        self._lock = threading.Lock()
        self._tells_md5: bool | None = None

    def tells_md5(self) -> bool:
        """Whether the store tells the MD5 of what it has copied; asked once, by a small file."""
        with self._lock:
            if self._tells_md5 is None:
                self._tells_md5 = self._ask()
            return self._tells_md5

    def _ask(self) -> bool:
        place = f"{ASIDE}/{uuid.uuid4().hex}"
        try:
            self._s3.put(place, _ASKED)
            found = (
                self._s3.find(f"{place}-copy") if self._s3.copy(place, f"{place}-copy") else None
            )
        finally:
            self._s3.delete([place, f"{place}-copy"])
        return found is not None and found.etag == hashlib.md5(_ASKED).hexdigest()

    def put_address(self, place: str, md5: str, seconds: int) -> str:
        """Where bytes of this MD5 (base64) are put until they are kept; sent with `Content-MD5`."""
        return self._s3.put_address(place, md5, seconds)

    def keep(self, place: str, path: str, md5: str, max_bytes: int) -> StoredBlob | None:
        """Make a blob of what was put somewhere, out of reach of who put it; it stays there, too.

        Args:
            path: What to call it in messages.
            md5: Base64; what the bytes must have.

        Returns:
            The blob, a new one each time; None when nothing was put there.

        Raises:
            BadInput: They have another MD5.
            TooLarge: There are more than `max_bytes`.
        """
        wanted = hex_md5(md5)
        name = by_md5(wanted)
        target = blob_place(name)
        if not self._s3.copy(place, target):
            return None
        found = self._s3.find(target)
        if found is None or found.etag != wanted or found.size_bytes > max_bytes:
            self._s3.delete([place, target])
        if found is None or found.etag != wanted:
            raise BadInput(
                f"{path}: the bytes in the object store have not MD5 {md5}; log the artifact again"
            )
        _check_size(found.size_bytes, max_bytes)
        return StoredBlob(name, found.size_bytes, md5, "")

    def begin(self, name: str) -> str:
        """Begin a blob that comes in parts; returns what the store calls it meanwhile."""
        return self._s3.begin(blob_place(name))

    def part_address(self, name: str, upload: str, number: int, md5: str, seconds: int) -> str:
        """Where a part (from 1) of this MD5 (base64) is put; sent with `Content-MD5`."""
        return self._s3.part_address(blob_place(name), upload, number, md5, seconds)

    def finish(
        self, name: str, upload: str, etags: Sequence[tuple[int, str]], max_bytes: int
    ) -> StoredBlob:
        """Make a blob of its parts; again changes nothing. Nobody has seen the MD5 of the whole.

        Args:
            etags: (number, what the store answered for it) of each part.

        Raises:
            BadInput: There is no such upload, or a part never came.
            TooLarge: There are more than `max_bytes`.
        """
        target = blob_place(name)
        found = self._s3.find(target)  # made of them before
        if found is None:
            self._s3.finish(target, upload, etags)
            found = self._s3.find(target)
        if found is None:
            raise BadInput("a part of this upload never came, or it was given up; send it again")
        if found.size_bytes > max_bytes:
            self._s3.delete([target])
        _check_size(found.size_bytes, max_bytes)
        return StoredBlob(name, found.size_bytes, "", "")

    def delete(self, places: Sequence[str]) -> None:
        """Remove what was put somewhere and is kept now."""
        self._s3.delete(places)

    def discard(self, names: Sequence[str]) -> None:
        """Remove blobs that were never recorded."""
        self._s3.delete([blob_place(name) for name in names])

    def drop_unfinished(self, before: datetime) -> int:
        """Forget what was begun in parts before then, by clients or us; returns how many."""
        n_dropped = 0
        for place, upload, at in self._s3.list_unfinished():
            if at < before and (place.startswith(_OURS) or name_at(place) is not None):
                self._s3.abort(place, upload)
                n_dropped += 1
        return n_dropped


def waiting_place(artifact_pk: int, path: str, md5: str) -> str:
    """Where the bytes of a version's file wait for its commit: the same for the same file."""
    told = hashlib.sha256(f"{path}\n{md5}".encode()).hexdigest()
    return f"{ASIDE}/{artifact_pk}/{told}"


def _check_size(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise TooLarge(f"a file may have up to {max_bytes} bytes; {size_bytes} came")
