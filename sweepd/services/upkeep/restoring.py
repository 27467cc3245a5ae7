"""A backup put back: all of it that is whole, into an empty folder, or nothing.

Archives come from anywhere: names, kinds and sizes are those that `backup.py` writes, or the whole
is refused. A damaged part costs what lies in it; what lies behind it is found again.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from sweepd.domain.errors import BadInput
from sweepd.services.upkeep.backup import CHECKS, DATABASE, FORMAT, KEY, META
from sweepd.store import integrity, run_files, transfer
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database, sqlite_url

MARK = ".restoring"  # in a folder whose restoring was cut off
MAX_SMALL_BYTES = 1 << 20  # of what is not a file or the database
MAX_READ_BYTES = 16 << 20  # at once, by the reader of the archive
_BLOB = re.compile(r"blobs/([0-9a-f]{64})")
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
class Restored:
    """What was put back, and in sentences what was not."""

    n_files: int
    size_bytes: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    size_bytes: int
    at: int  # where its bytes begin
    file: IO[bytes]
    gap: tuple[int, int] | None  # bytes before it that cannot be read


def restore(source: Path, data: Path, place: Callable[[], Blobs]) -> Restored:
    """Put a backup into an empty data folder; every file is checked against its hash.

    Args:
        place: Where the files go, opened once the folder has been looked at.

    Raises:
        BadInput: The folder is not empty, or the file is no backup or holds no whole database;
            then the folder is as it was.
    """
    existed = data.exists()
    names = set(os.listdir(data)) - {"lost+found"} if existed else set()
    if names and MARK not in names:
        raise BadInput(f"{data} is not empty; restore into a new folder with --data")
    if MARK in names:
        _clear(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data / MARK).touch(mode=0o600)
    added: list[tuple[Blobs, str]] = []
    try:
        restored = _restore(source, data, place(), added)
    except BaseException:
        for blobs, name in added:
            with contextlib.suppress(Exception):
                blobs.delete(name)
        _clear(data)
        if not existed:
            data.rmdir()
        raise
    (data / MARK).unlink()
    return restored


def _clear(data: Path) -> None:
    """Empty a folder that was empty before."""
    for path in data.iterdir():
        if path.name == "lost+found":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _restore(source: Path, data: Path, blobs: Blobs, added: list[tuple[Blobs, str]]) -> Restored:
    faults: list[str] = []
    digests: dict[str, str] = {}
    small: dict[str, bytes] = {}
    done: set[str] = set()
    size_bytes = 0
    for entry in _entries(source):
        if entry.gap:
            faults.append("bytes {} to {} of the backup are damaged".format(*entry.gap))
        if found := _BLOB.fullmatch(entry.name):
            if _put(blobs, found[1], entry.file, added):
                done.add(found[1])
                size_bytes += entry.size_bytes
        elif entry.name == DATABASE:
            digests[DATABASE] = _write(data / f"{DATABASE}.part", entry.file)
        elif entry.name:
            small[entry.name] = entry.file.read()
    if META not in small and not digests and not done:
        raise BadInput(f"{source} is not a whole sweepd backup: nothing in it is one's")
    _check_format(source, small.get(META), faults)
    if DATABASE not in digests:
        raise BadInput(f"{source} ends too early: it holds no database; take it again")
    if KEY in small:
        digests[KEY] = hashlib.sha256(small[KEY]).hexdigest()
        _write_small(data / KEY, small[KEY])
    faults += _compare(digests, small.get(CHECKS))
    fresh = data / f"{DATABASE}.part"
    transfer.check(fresh)
    fresh.rename(data / DATABASE)
    try:
        faults += _missing(data / DATABASE, done)
    except (ValueError, TypeError) as error:  # values that this column cannot have
        raise BadInput(f"{source}: the database in it is damaged: {error}") from error
    return Restored(len(done), size_bytes, tuple(faults))


def _put(blobs: Blobs, name: str, file: IO[bytes], added: list[tuple[Blobs, str]]) -> bool:
    is_there = blobs.exists(name)
    try:
        blobs.put_parts(iter(lambda: file.read(1 << 20), b""), name)
    except BadInput:
        return False  # its holders are named at the end
    if not is_there:
        added.append((blobs, name))
    return True


def _check_format(source: Path, body: bytes | None, faults: list[str]) -> None:
    try:
        meta = json.loads(body or b"")
        found = meta.get("format")
    except (ValueError, AttributeError, RecursionError):
        faults.append(f"{META} is damaged: what sweepd wrote the backup is not known")
        return
    if found != FORMAT:
        raise BadInput(
            f"{source} is not a backup this sweepd reads: format {found!r}, expected {FORMAT}"
        )


def _compare(digests: dict[str, str], body: bytes | None) -> list[str]:
    """Which of database and key are not what was backed up, though they can be read."""
    if body is None:
        return []  # backups before these had none
    try:
        wanted = dict(json.loads(body))
    except (ValueError, TypeError, RecursionError):
        return [f"{CHECKS} is damaged"]
    faults = [
        f"some bytes of {name} are not those that were backed up"
        for name, digest in digests.items()
        if wanted.get(name, digest) != digest
    ]
    return faults + [f"{name} is missing" for name in wanted if name not in digests]


def _missing(path: Path, done: set[str]) -> list[str]:
    database = Database(sqlite_url(path))
    try:
        with database.read() as connection:
            lost = [name for name in run_files.list_blobs(connection) if name not in done]
            return [
                f"file {name[:12]} ({', '.join(integrity.list_holders(connection, name))}) is not "
                "in the backup, or damaged there"
                for name in lost
            ]
    finally:
        database.close()


def _entries(source: Path) -> Iterator[_Entry]:
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
                yield _Entry(entry.name, entry.size, entry.offset_data, body, gap)
            file.seek(expected)
            if any(any(part) for part in iter(lambda: file.read(1 << 20), b"")):
                yield _Entry("", 0, total, io.BytesIO(), (expected, total))
    except _UNREADABLE as error:
        raise BadInput(f"{source} is not a whole sweepd backup: {error}") from error


def _is_ours(entry: tarfile.TarInfo) -> bool:
    return entry.name in (META, DATABASE, KEY, CHECKS) or bool(_BLOB.fullmatch(entry.name))


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


def _write(path: Path, file: IO[bytes]) -> str:
    """Write a file for its owner alone, on disk; returns its SHA-256."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while part := file.read(1 << 20):
            digest.update(part)
            target.write(part)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _write_small(path: Path, body: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(body)


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
            for entry in _entries(source)
            if (found := _BLOB.fullmatch(entry.name))
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
