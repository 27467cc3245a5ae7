"""Blobs nothing refers to any more lie in `trash/DAY/` for some days before they go for good."""

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sweepd.domain.errors import NotFound
from sweepd.store.blob_names import PATTERN, Check, blob_place
from sweepd.store.folder import PART_BYTES, Folder

if TYPE_CHECKING:  # an object store is rare
    from sweepd.store.bucket import Bucket

_FOLDER = "trash"
_PLACE = re.compile(rf"{_FOLDER}/(\d{{4}}-\d\d-\d\d)/({PATTERN})")


class Trash:
    """Moves blobs out of the way and back; in a bucket that is a copy and a deletion."""

    def __init__(self, store: "Folder | Bucket") -> None:
        self._store = store

    def put(self, name: str, at: datetime) -> None:
        """Put a blob into the trash; a missing one is fine."""
        self._store.move(blob_place(name), f"{_FOLDER}/{at:%Y-%m-%d}/{name}")

    def list(self) -> Iterator[tuple[str, date, str]]:
        """(place, day it came there, name of the blob)."""
        for place, _ in self._store.list(_FOLDER):
            if found := _PLACE.fullmatch(place):
                with contextlib.suppress(ValueError):  # no day: not ours
                    yield place, date.fromisoformat(found[1]), found[2]

    def empty(self, before: date) -> int:
        """Remove for good what came before that day; returns how many files that were."""
        n_removed = 0
        for place, day, _ in self.list():
            if day < before:
                self._store.delete(place)
                n_removed += 1
        return n_removed

    def bring_back(self, place: str, name: str) -> bool:
        """Put a blob back where it was, if its bytes are whole."""
        try:
            file, _ = self._store.open(place)
        except NotFound:
            return False
        with contextlib.closing(file):
            return is_whole(file, name) and self._store.move(place, blob_place(name))


def is_whole(file: Any, name: str, seen: Callable[[int], None] | None = None) -> bool:
    """Whether a file's bytes are those that its name says.

    Args:
        seen: Called with the number of bytes of each part.
    """
    check = Check(name)
    while part := file.read(PART_BYTES):
        check.see(part)
        if seen is not None:
            seen(len(part))
    return check.is_whole
