"""Bytes in an object store (S3, GCS, Azure), which makes them durable itself."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import obstore

from sweepd.store.folder import ASIDE, PART_BYTES, gone, passing_faults

# What an upload waits to have together, and how often that may be on its way to a slow store: 24 MB
# of memory for each upload instead of 130. S3 takes 10,000 such pieces at most.
_WRITING: dict[str, Any] = {"buffer_size": 8 << 20, "max_concurrency": 2}


class Bucket:
    """As `Folder`, which says what each method does and raises."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def write(self, body: AsyncIterator[bytes], place: Callable[[], str]) -> None:
        """Write a file, its place known at the end."""
        aside = f"{ASIDE}/{uuid.uuid4().hex}"
        try:
            with passing_faults("the file could not be stored"):
                async with obstore.open_writer_async(self._store, aside, **_WRITING) as writer:
                    async for part in body:
                        await writer.write(part)
                await obstore.rename_async(self._store, aside, place())
        except BaseException:
            with contextlib.suppress(Exception):
                await obstore.delete_async(self._store, aside)
            raise

    def write_now(self, parts: Iterable[bytes], place: Callable[[], str]) -> None:
        """Write a file in this thread."""
        aside = f"{ASIDE}/{uuid.uuid4().hex}"
        try:
            with passing_faults("the file could not be stored"):
                with obstore.open_writer(self._store, aside, **_WRITING) as writer:
                    for part in parts:
                        writer.write(part)
                obstore.rename(self._store, aside, place())
        except BaseException:
            with contextlib.suppress(Exception):
                obstore.delete(self._store, aside)
            raise

    def open(self, place: str) -> tuple[Any, int]:
        """A file and its bytes."""
        with passing_faults("the file cannot be read now"):
            try:
                file = obstore.open_reader(self._store, place)
            except FileNotFoundError as error:
                raise gone() from error
        return file, file.size

    async def stream(
        self, place: str, start: int = 0, end: int | None = None, size_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """Bytes in requests of a megabyte: a slow reader must not hold one open."""
        with passing_faults("the file cannot be read now"):
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
        with passing_faults("the store of files cannot be reached"):
            try:
                obstore.head(self._store, place)
            except FileNotFoundError:
                return False
        return True

    def delete(self, place: str) -> None:
        """Remove a file."""
        faults = passing_faults("the file cannot be deleted now")
        with faults, contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, place)

    def move(self, place: str, to: str) -> bool:
        """Copy a file, then remove it: no store can do both at once."""
        with passing_faults("the file cannot be moved now"):
            try:
                obstore.rename(self._store, place, to)
            except FileNotFoundError:
                return False
        return True

    def tighten(self, place: str) -> None:
        """Nothing: who may read is the store's own affair."""

    def list(self, below: str = "") -> Iterator[tuple[str, datetime]]:
        """Every file."""
        for found in obstore.list(self._store, below or None):
            for item in found:
                yield str(item["path"]), item["last_modified"]

    def drop_cut_off(self) -> int:
        """Nothing: the store shows only what was written whole."""
        return 0
