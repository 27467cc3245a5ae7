"""Bytes by what they are, on local disk or in an object store.

A blob is written aside while it is hashed, then put into its place, so a reader never meets half of
one and the same bytes are kept once. Names from clients never become names here.
"""

import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import BadInput, NotFound, Unavailable
from sweepd.store.blob_names import blob_place, name_at
from sweepd.store.direct import Direct
from sweepd.store.folder import ASIDE, PART_BYTES, Folder
from sweepd.store.measuring import Measured, StoredBlob
from sweepd.store.s3 import S3
from sweepd.store.trash import Trash, is_whole

if TYPE_CHECKING:
    from sweepd.store.bucket import Bucket

OWNER = "server.id"  # whose files these are
# A client tries again by itself; three minutes, as the library would, look like no answer to it.
RETRIES: Any = {"max_retries": 5, "retry_timeout": timedelta(seconds=20)}


class Blobs:
    """All blobs of one server. Safe to share between threads and event loops.

    Every method raises Unavailable when the disk or store refuses (full, read-only, gone).
    """

    def __init__(self, store: "Folder | Bucket", direct: Direct | None = None) -> None:
        self._store = store
        self.direct = direct  # uploads that need not pass through us
        self.trash = Trash(store)
        self._refused: deque[tuple[Digest, Digest]] = deque(maxlen=1000)

    @classmethod
    def open(cls, location: str) -> "Blobs":
        """Open a folder, or an address such as `s3://bucket/prefix`."""
        if "://" in location:
            # 7 MB and 7 ms of a start that needs no object store
            from obstore.store import from_url

            from sweepd.store.bucket import Bucket

            s3 = S3.open(location)
            bucket = Bucket(from_url(location, retry_config=RETRIES), s3)
            return cls(bucket, Direct(s3) if s3 else None)
        return cls(Folder(Path(location)))

    async def put(
        self,
        body: AsyncIterator[bytes],
        max_bytes: int,
        announced: Digest | None = None,
        name: str = "file",
    ) -> StoredBlob:
        """Store a stream with constant memory; the same bytes again change nothing.

        Args:
            announced: What the bytes must have, if the client said.
            name: What to call it in messages.

        Raises:
            TooLarge: More than `max_bytes` came.
            BadInput: Bytes other than those announced came, twice the same: it was not the way.
            Unavailable: They came for the first time; nothing is kept.
        """
        measured = Measured(max_bytes)

        def place() -> str:
            if announced is not None:
                self._check(name, measured.digest(announced.algorithm), announced)
            return blob_place(measured.sha256.hexdigest())

        await self._store.write(measured.parts(body), place)
        return measured.blob()

    async def put_part(
        self,
        upload: str,
        number: int,
        body: AsyncIterator[bytes],
        max_bytes: int,
        md5: str | None = None,
    ) -> str:
        """Keep one part of a file aside; returns its MD5 in hexadecimal.

        Args:
            upload: A name of our own making.
            md5: Hexadecimal; as in `put`, which says what is raised.
        """
        measured = Measured(max_bytes)

        def place() -> str:
            if md5 is not None:
                self._check(f"part {number}", Digest(measured.md5.hexdigest()), Digest(md5.lower()))
            return _part(upload, number)

        await self._store.write(measured.parts(body), place)
        return measured.md5.hexdigest()

    def _check(self, name: str, found: Digest, announced: Digest) -> None:
        if found == announced:
            return
        message = f"{name}: the bytes that came have {found}, announced was {announced.value}"
        if (found, announced) in self._refused:
            raise BadInput(f"{message}; the file was changed after it was added")
        self._refused.append((found, announced))
        raise Unavailable(f"{message}; send them again", retry_after_s=1)

    async def stream_parts(self, upload: str, numbers: Sequence[int]) -> AsyncIterator[bytes]:
        """The bytes of parts kept aside, one after the other.

        Raises:
            BadInput: A part is missing.
        """
        for number in numbers:
            try:
                parts = self._store.stream(_part(upload, number))
                async for part in parts:
                    yield part
            except NotFound as error:
                raise BadInput(f"part {number} of this upload never came; send it") from error

    async def delete_parts(self, upload: str) -> None:
        """Forget the parts of an upload."""
        for place, _ in self._store.list(f"{ASIDE}/{upload}"):
            self._store.delete(place)

    def list(self) -> Iterator[tuple[str, datetime]]:
        """(name, when it was written) of every blob; what else lies there is not ours."""
        for place, at in self._store.list():
            if name := name_at(place):
                yield name, at

    def list_aside(self) -> Iterator[tuple[str, datetime]]:
        """(place, when it was written) of what uploads left aside."""
        return self._store.list(ASIDE)

    def drop_cut_off(self) -> int:
        """Remove what earlier processes left half written; returns how many files that were.

        Only for the one process that writes here, before it begins.
        """
        return self._store.drop_cut_off()

    def delete_place(self, place: str) -> None:
        """Remove what `list_aside` found; a missing one is fine."""
        self._store.delete(place)

    def put_bytes(self, body: bytes) -> StoredBlob:
        """Store bytes at hand."""
        return self._put_now([body])

    def put_parts(self, parts: Iterable[bytes], name: str) -> None:
        """Store a file's bytes, which come in parts.

        Raises:
            BadInput: They are not what the name says; nothing is kept.
        """
        self._put_now(parts, name)

    def _put_now(self, parts: Iterable[bytes], name: str | None = None) -> StoredBlob:
        measured = Measured()

        def place() -> str:
            if name is None:
                return blob_place(measured.sha256.hexdigest())
            if not measured.is_of(name):
                raise BadInput(f"the bytes of {name} are damaged")
            return blob_place(name)

        self._store.write_now((measured.see(part) for part in parts), place)
        return measured.blob()

    def get_bytes(self, name: str) -> bytes:
        """The whole blob; for small ones such as manifests.

        Raises:
            NotFound: No such blob.
        """
        with self.open_file(name) as (file, _):
            return bytes(file.read())

    @contextlib.contextmanager
    def open_file(self, name: str) -> Iterator[tuple[Any, int]]:
        """A blob as a readable file, read piece by piece, and its bytes.

        Raises:
            NotFound: No such blob.
        """
        file, size_bytes = self._store.open(blob_place(name))
        with contextlib.closing(file):
            yield file, size_bytes

    def stream(
        self, name: str, start: int, end: int, size_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """Bytes from `start` up to, not including, `end`, in parts of about a megabyte.

        Args:
            size_bytes: How many the whole blob should have, if that is to be looked at.

        Raises:
            NotFound: It is gone or damaged; raised before the first byte where that can be seen.
        """
        return self._store.stream(blob_place(name), start, end, size_bytes)

    def direct_address(self, name: str, seconds: int) -> str | None:
        """Where a client gets a blob from the object store itself; None when only through us."""
        return self._store.direct_address(blob_place(name), seconds)

    def exists(self, name: str) -> bool:
        """Whether the bytes are in place."""
        return self._store.exists(blob_place(name))

    def is_whole(self, name: str, seen: Callable[[int], None] | None = None) -> bool:
        """Whether a blob's bytes are those its name says; also lets only the owner read them.

        Args:
            seen: Called with the number of bytes of each part as it is read.

        Raises:
            NotFound: No such blob.
        """
        self._store.tighten(blob_place(name))
        with self.open_file(name) as (file, _):
            return is_whole(file, name, seen)

    def measure(self, name: str) -> StoredBlob:
        """What is known of a blob's bytes, taken from them anew; under its name, if they are its.

        Raises:
            NotFound: No such blob.
        """
        measured = Measured()
        with self.open_file(name) as (file, _):
            while part := file.read(PART_BYTES):
                measured.see(bytes(part))
        found = measured.blob()
        return replace(found, hash=name) if measured.is_of(name) else found

    def set_damaged_aside(self, name: str) -> None:
        """Take bytes that are not what their name says out of the way, kept under `damaged/`."""
        self._store.move(blob_place(name), f"damaged/{name}")

    def owner(self) -> str | None:
        """The identity of the server whose files these are; None when none has said so."""
        try:
            file, _ = self._store.open(OWNER)
        except NotFound:
            return None
        with contextlib.closing(file):
            return bytes(file.read()).decode("utf-8", "replace").strip()

    def set_owner(self, identity: str) -> None:
        """Say whose files these are."""
        self._store.write_now([f"{identity}\n".encode()], lambda: OWNER)

    def delete(self, name: str) -> None:
        """Remove a blob for good; a missing one is fine."""
        self._store.delete(blob_place(name))


def _part(upload: str, number: int) -> str:
    return f"{ASIDE}/{upload}/{number}"
