"""Bytes by content hash, on local disk or in an object store.

A blob is written aside while it is hashed, then renamed into place, so a reader never meets half
of one and the same bytes are kept once. Names from clients never become names here.
"""

import base64
import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import obstore
from obstore.store import LocalStore, from_url

from sweepd.domain.errors import BadInput, NotFound, TooLarge, Unavailable

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What is known of bytes once they are in place."""

    hash: str  # SHA-256, hexadecimal
    size_bytes: int
    md5: str  # base64, as the client writes it


class Blobs:
    """All blobs of one server. Safe to share between threads and event loops."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @classmethod
    def open(cls, location: str) -> "Blobs":
        """Open a folder, or an address such as `s3://bucket/prefix`."""
        if "://" in location:
            return cls(from_url(location))
        Path(location).mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(location, mkdir=True))

    async def put(self, body: AsyncIterator[bytes], max_bytes: int) -> StoredBlob:
        """Store a stream with constant memory; the same bytes again change nothing.

        Raises:
            TooLarge: More than `max_bytes` came.
            Unavailable: The disk or store refused (full, read-only, gone).
        """
        sha256, md5, size_bytes = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        aside = f"incoming/{uuid.uuid4().hex}"
        try:
            async with obstore.open_writer_async(self._store, aside) as writer:
                async for part in body:
                    size_bytes += len(part)
                    if size_bytes > max_bytes:
                        raise TooLarge(f"a file may have up to {max_bytes} bytes; more came")
                    sha256.update(part)
                    md5.update(part)
                    await writer.write(part)
            name = sha256.hexdigest()
            await obstore.rename_async(self._store, aside, _path(name))
        except (OSError, obstore.exceptions.BaseError) as error:
            raise Unavailable(f"the file could not be stored: {error}") from error
        return StoredBlob(name, size_bytes, base64.b64encode(md5.digest()).decode())

    async def put_part(
        self, upload: str, number: int, body: AsyncIterator[bytes], max_bytes: int
    ) -> str:
        """Keep one part of a file aside; returns its MD5 in hexadecimal.

        Args:
            upload: A name of our own making.

        Raises:
            TooLarge: More than `max_bytes` came.
            Unavailable: The disk or store refused.
        """
        md5, size_bytes = hashlib.md5(usedforsecurity=False), 0
        try:
            async with obstore.open_writer_async(self._store, _part(upload, number)) as writer:
                async for part in body:
                    size_bytes += len(part)
                    if size_bytes > max_bytes:
                        raise TooLarge(f"a file may have up to {max_bytes} bytes; more came")
                    md5.update(part)
                    await writer.write(part)
        except (OSError, obstore.exceptions.BaseError) as error:
            raise Unavailable(f"the part could not be stored: {error}") from error
        return md5.hexdigest()

    async def stream_parts(self, upload: str, numbers: Sequence[int]) -> AsyncIterator[bytes]:
        """The bytes of parts kept aside, one after the other.

        Raises:
            BadInput: A part is missing.
        """
        for number in numbers:
            try:
                found = await obstore.get_async(self._store, _part(upload, number))
            except FileNotFoundError as error:
                raise BadInput(f"part {number} of this upload never came; send it") from error
            async for part in found.stream(CHUNK_BYTES):
                yield bytes(part)

    async def delete_parts(self, upload: str) -> None:
        """Forget the parts of an upload."""
        async for found in obstore.list(self._store, f"incoming/{upload}"):
            await obstore.delete_async(self._store, [item["path"] for item in found])

    def list_old(self, before: datetime) -> Iterator[tuple[str, str | None]]:
        """What was written before then: (place, name of the blob); None for what lies aside."""
        for found in obstore.list(self._store):
            for item in found:
                if item["last_modified"] < before:
                    place = str(item["path"])
                    is_aside = place.startswith("incoming/")
                    yield place, None if is_aside else place.replace("/", "")

    def delete_place(self, place: str) -> None:
        """Remove what `list_old` found aside; a missing one is fine."""
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, place)

    def put_bytes(self, body: bytes) -> StoredBlob:
        """Store bytes at hand."""
        name = hashlib.sha256(body).hexdigest()
        obstore.put(self._store, _path(name), body)
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        return StoredBlob(name, len(body), base64.b64encode(md5).decode())

    def get_bytes(self, name: str) -> bytes:
        """The whole blob; for small ones such as manifests.

        Raises:
            NotFound: No such blob.
        """
        try:
            return bytes(obstore.get(self._store, _path(name)).bytes())
        except FileNotFoundError as error:
            raise NotFound(f"the bytes {name[:12]}… are gone from the store") from error

    @contextlib.contextmanager
    def open_file(self, name: str) -> Iterator[Any]:
        """A blob as a readable file with its `size` in bytes, read piece by piece.

        Raises:
            NotFound: No such blob.
        """
        try:
            yield obstore.open_reader(self._store, _path(name))
        except FileNotFoundError as error:
            raise NotFound(f"the bytes {name[:12]}… are gone from the store") from error

    def put_file(self, file: Any) -> str:
        """Store a file's bytes with constant memory; returns their name."""
        sha256, aside = hashlib.sha256(), f"incoming/{uuid.uuid4().hex}"
        with obstore.open_writer(self._store, aside) as writer:
            while part := file.read(CHUNK_BYTES):
                sha256.update(part)
                writer.write(part)
        name = sha256.hexdigest()
        obstore.rename(self._store, aside, _path(name))
        return name

    async def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes from `start` up to, not including, `end`, in parts of about a megabyte."""
        for first in range(start, end, CHUNK_BYTES):
            last = min(first + CHUNK_BYTES, end)
            yield bytes(
                await obstore.get_range_async(self._store, _path(name), start=first, end=last)
            )

    def exists(self, name: str) -> bool:
        """Whether the bytes are in place."""
        try:
            obstore.head(self._store, _path(name))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove a blob that nothing refers to; a missing one is fine."""
        try:
            obstore.delete(self._store, _path(name))
        except FileNotFoundError:
            return


def _part(upload: str, number: int) -> str:
    return f"incoming/{upload}/{number}"


def _path(name: str) -> str:
    return f"{name[:2]}/{name[2:]}"
