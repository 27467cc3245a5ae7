"""Bytes in an object store (S3, GCS, Azure), which makes them durable itself."""

import asyncio
import contextlib
import io
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError

from sweepd.store.folder import ASIDE, PART_BYTES, gone, passing_faults
from sweepd.store.s3 import S3

# What an upload waits to have together, and how often that may be on its way to a slow store: 24 MB
# of memory for each upload instead of 130. S3 takes 10,000 such pieces at most.
_WRITING: dict[str, Any] = {"buffer_size": 8 << 20, "max_concurrency": 2}
MAX_COPY_BYTES = 5 << 30  # of S3's CopyObject
COPY_PART_BYTES = 32 << 20
_COPYING: dict[str, Any] = {"buffer_size": COPY_PART_BYTES, "max_concurrency": 2}


class _File(io.RawIOBase):
    """A file of the store as every other in Python: it gives `bytes`, and can be sought in."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with passing_faults("the file cannot be read now", BaseError):
            part = bytes(self._file.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())


class Bucket:
    """As `Folder`, which says what each method does and raises."""

    def __init__(self, store: Any, s3: S3 | None = None) -> None:
        """Take a store of obstore's; `s3`: the same, where more can be asked of it."""
        self._store, self._s3 = store, s3

    async def write(self, body: AsyncIterator[bytes], place: Callable[[], str]) -> None:
        """Write a file, its place known at the end."""
        aside = f"{ASIDE}/{uuid.uuid4().hex}"
        try:
            with passing_faults("the file could not be stored", BaseError):
                async with obstore.open_writer_async(self._store, aside, **_WRITING) as writer:
                    async for part in body:
                        await writer.write(part)
                await asyncio.to_thread(self._put_in_place, aside, place())
        except BaseException:
            with contextlib.suppress(Exception):
                await obstore.delete_async(self._store, aside)
            raise

    def write_now(self, parts: Iterable[bytes], place: Callable[[], str]) -> None:
        """Write a file in this thread."""
        aside = f"{ASIDE}/{uuid.uuid4().hex}"
        try:
            with passing_faults("the file could not be stored", BaseError):
                with obstore.open_writer(self._store, aside, **_WRITING) as writer:
                    for part in parts:
                        writer.write(part)
                self._put_in_place(aside, place())
        except BaseException:
            with contextlib.suppress(Exception):
                obstore.delete(self._store, aside)
            raise

    def _put_in_place(self, aside: str, place: str) -> None:
        """Copy a file, then remove it: no store can do both at once.

        One that is too large for a store's own copy is copied in parts: by the store, or through
        this process where it cannot be asked.
        """
        size_bytes = int(obstore.head(self._store, aside)["size"])
        if size_bytes <= MAX_COPY_BYTES:
            obstore.rename(self._store, aside, place)
            return
        if self._s3 is not None:
            self._s3.copy_large(aside, place)
        else:
            with obstore.open_writer(self._store, place, **_COPYING) as writer:
                for first in range(0, size_bytes, COPY_PART_BYTES):
                    last = min(first + COPY_PART_BYTES, size_bytes)
                    writer.write(obstore.get_range(self._store, aside, start=first, end=last))
        obstore.delete(self._store, aside)

    def open(self, place: str) -> tuple[Any, int]:
        """A file and its bytes."""
        with passing_faults("the file cannot be read now", BaseError):
            try:
                file = obstore.open_reader(self._store, place)
            except FileNotFoundError as error:
                raise gone() from error
        return io.BufferedReader(_File(file), PART_BYTES), int(file.size)

    async def stream(
        self, place: str, start: int = 0, end: int | None = None, size_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """Bytes in requests of a megabyte: a slow reader must not hold one open."""
        with passing_faults("the file cannot be read now", BaseError):
            try:
                if end is None:
                    end = int((await obstore.head_async(self._store, place))["size"])
                for first in range(start, end, PART_BYTES):
                    last = min(first + PART_BYTES, end)
                    part = await obstore.get_range_async(self._store, place, start=first, end=last)
                    yield bytes(part)
            except FileNotFoundError as error:
                raise gone() from error

    def exists(self, place: str) -> bool:
        """Whether there is such a file."""
        with passing_faults("the store of files cannot be reached", BaseError):
            try:
                obstore.head(self._store, place)
            except FileNotFoundError:
                return False
        return True

    def direct_address(self, place: str, seconds: int) -> str | None:
        """An address of the store itself, good for so long; None when it gives none."""
        try:
            lifetime = timedelta(seconds=seconds)
            return str(obstore.sign(self._store, "GET", place, lifetime))
        except (TypeError, ValueError, BaseError):
            return None

    def delete(self, place: str) -> None:
        """Remove a file."""
        faults = passing_faults("the file cannot be deleted now", BaseError)
        with faults, contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, place)

    def move(self, place: str, to: str) -> bool:
        """As `_put_in_place`."""
        with passing_faults("the file cannot be moved now", BaseError):
            try:
                self._put_in_place(place, to)
            except FileNotFoundError:
                return False
        return True

    def tighten(self, place: str) -> None:
        """Nothing: who may read is the store's own affair."""

    def list(self, below: str = "") -> Iterator[tuple[str, datetime]]:
        """Every file."""
        with passing_faults("the store of files cannot be listed", BaseError):
            for found in obstore.list(self._store, below or None):
                for item in found:
                    yield str(item["path"]), item["last_modified"]

    def drop_cut_off(self) -> int:
        """Nothing: the store shows only what was written whole."""
        return 0
