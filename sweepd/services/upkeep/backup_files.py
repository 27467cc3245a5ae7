"""What lies in a backup's archive.

Archives come from anywhere: names, kinds and sizes are those that `backup.py` writes, or the whole
is refused. What lies behind a damaged part is found again.
"""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from sweepd.domain.errors import BadInput
from sweepd.services.upkeep.backup import CHECKS, DATABASE, KEY, META
from sweepd.store.blob_names import PATTERN
from sweepd.store.blobs import Blobs

MAX_SMALL_BYTES = 1 << 20  # of what is not a file or the database
MAX_READ_BYTES = 16 << 20  # at once, by the reader of the archive
BLOB = re.compile(rf"blobs/({PATTERN})")
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_UNREADABLE = (
    tarfile.TarError,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
    IndexError,
    TypeError,
)


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """A part of the archive, while it is read."""

    name: str
    size_bytes: int
    at: int  # where its bytes begin
    file: IO[bytes]
    gap: tuple[int, int] | None  # bytes before it that cannot be read


def list_entries(source: Path) -> Iterator[BackupEntry]:
    """What a backup holds, in its order.

    Raises:
        BadInput: It holds what no backup does.
    """
    total, expected = source.stat().st_size, 0
    seen: set[str] = set()
    try:
        with (
            source.open("rb") as file,
            tarfile.open(fileobj=_bounded(file), mode="r:", ignore_zeros=True) as archive,
        ):
            while (entry := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # there may be millions
                gap = (expected, entry.offset) if entry.offset > expected else None
                fault = _fault(entry, total, seen)
                if fault and gap and not _is_ours(entry):
                    continue  # within a file whose own header is damaged
                if fault:
                    raise BadInput(f"{source} is not a whole sweepd backup: {fault}")
                seen.add(entry.name)
                expected = entry.offset_data + -(-entry.size // 512) * 512
                body = archive.extractfile(entry)
                assert body is not None
                yield BackupEntry(entry.name, entry.size, entry.offset_data, body, gap)
            file.seek(expected)
            if any(any(part) for part in iter(lambda: file.read(1 << 20), b"")):
                yield BackupEntry("", 0, total, io.BytesIO(), (expected, total))
    except _UNREADABLE as error:
        raise BadInput(f"{source} is not a whole sweepd backup: {error}") from error


def _is_ours(entry: tarfile.TarInfo) -> bool:
    return entry.name in (META, DATABASE, KEY, CHECKS) or bool(BLOB.fullmatch(entry.name))


def _fault(entry: tarfile.TarInfo, total: int, seen: set[str]) -> str | None:
    name = f"{entry.name[:80]!r}"
    if entry.type not in _PLAIN or entry.sparse is not None:
        return f"{name} is no plain file"
    if not _is_ours(entry):
        return f"it holds {name}, which no backup does"
    if entry.name in seen:
        return f"it holds {name} twice"
    if entry.size < 0 or entry.offset_data + entry.size > total:
        return f"it ends too early: {name} should have {entry.size} bytes"
    if entry.name in (META, KEY, CHECKS) and entry.size > MAX_SMALL_BYTES:
        return f"{name} has {entry.size} bytes"
    return None


def _bounded(file: BinaryIO) -> Any:
    """A file as far as `tarfile` needs one."""
    return _Bounded(file)


class _Bounded:
    """A file of which nobody reads a great deal at once: headers may claim any length."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        if not 0 <= size <= MAX_READ_BYTES:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        return self._file.read(size)

    def seek(self, *to: Any) -> int:
        """As a file's."""
        return self._file.seek(*to)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()


class BackupFiles:
    """Single files out of a backup, for a server that has lost them."""

    def __init__(self, source: Path) -> None:
        """Look through the backup once.

        Raises:
            BadInput: It is none.
        """
        self._source = source
        self._places = {
            found[1]: (entry.at, entry.size_bytes)
            for entry in list_entries(source)
            if (found := BLOB.fullmatch(entry.name))
        }

    def put_back(self, blobs: Blobs, name: str) -> bool:
        """Store a file of the backup, if it is there and whole."""
        if name not in self._places:
            return False
        at, left = self._places[name]

        def parts() -> Iterator[bytes]:
            nonlocal left
            file.seek(at)
            while part := file.read(min(left, 1 << 20)):
                left -= len(part)
                yield part

        with self._source.open("rb") as file:
            try:
                blobs.put_parts(parts(), name)
            except BadInput:
                return False
        return True
