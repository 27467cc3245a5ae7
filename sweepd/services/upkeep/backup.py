"""A server's whole state in one file: database, files, this machine's key.

The file is a tar: `backup.json`, `blobs/…` by content hash, `sweepd.db` (SQLite, whatever the
server uses), `local.key`, and `checks.json` with the digests of the last two. Taken while the
server works: bytes are archived, then the database, then the bytes that came meanwhile, so every
row's bytes are there. `restoring.py` reads it.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sweepd.domain.errors import BadInput, NotFound, SweepdError
from sweepd.store import integrity, run_files, transfer
from sweepd.store.blob_names import Check
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database
from sweepd.store.sqlite import sqlite_url

FORMAT = 1
META, DATABASE, KEY, CHECKS = "backup.json", "sweepd.db", "local.key", "checks.json"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds.

    Attributes:
        damaged: Files that are lost or whose bytes are others, by content hash; left out.
        faults: The same in sentences, with what refers to them.
    """

    n_files: int
    size_bytes: int
    damaged: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def write(
    url: str, blobs: Blobs, target: Path, at: datetime, version: str, key_file: Path
) -> Contents:
    """Write a backup; the server may be running. Every file's digest is checked as it is read.

    Args:
        url: The database's address.
        target: The file; only its owner may read it, since it holds secrets.

    Raises:
        BadInput: The file exists, or the database is damaged: then there is no backup, lest it
            should take the place of a good one.
    """
    if target.exists():
        raise BadInput(f"{target} exists; name a new file, or remove it first")
    aside = target.with_name(target.name + ".part")
    descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with (
            os.fdopen(descriptor, "w+b") as file,
            tarfile.open(fileobj=file, mode="w") as archive,
            tempfile.TemporaryDirectory(dir=target.parent) as folder,
        ):
            meta = {"format": FORMAT, "sweepd": version, "taken_at": at.isoformat()}
            _add(archive, META, json.dumps(meta).encode(), at)
            done: set[str] = set()
            _add_blobs(archive, blobs, _list_blobs(url), done, at)
            copy = Path(folder) / DATABASE
            transfer.snapshot(url, copy)
            recorded = _list_blobs(sqlite_url(copy))
            _add_blobs(archive, blobs, recorded, done, at)
            damaged = tuple(sorted(set(recorded) - done))
            faults = _look_into(copy, damaged)
            digests = {DATABASE: _digest(copy)}
            archive.add(copy, DATABASE)
            if key_file.exists():
                digests[KEY] = _digest(key_file)
                archive.add(key_file, KEY)
            _add(archive, CHECKS, json.dumps(digests).encode(), at)
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    return Contents(len(done), target.stat().st_size, damaged, faults)


def _look_into(copy: Path, damaged: tuple[str, ...]) -> tuple[str, ...]:
    database = Database(sqlite_url(copy))
    try:
        with database.read() as connection:
            if wrong := integrity.check_pages(connection):
                raise BadInput(
                    f"{wrong[0]}: not backed up, so that good backups stay; restore the last one"
                )
            return tuple(
                f"{name[:12]} ({', '.join(integrity.list_holders(connection, name))})"
                for name in damaged
            )
    finally:
        database.close()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_blobs(url: str) -> dict[str, int]:
    database = Database(url)
    try:
        with database.read() as connection:
            return run_files.list_blobs(connection)
    finally:
        database.close()


def _entry(name: str, size_bytes: int, at: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size_bytes, int(at.timestamp()), 0o600
    return entry


def _add(archive: tarfile.TarFile, name: str, body: bytes, at: datetime) -> None:
    archive.addfile(_entry(name, len(body), at), io.BytesIO(body))


def _add_blobs(
    archive: tarfile.TarFile, blobs: Blobs, sizes: dict[str, int], done: set[str], at: datetime
) -> None:
    """Add the blobs that are whole: one lost file must not cost all others their backup."""
    for name, wanted in sizes.items():
        if name in done:
            continue
        try:
            with blobs.open_file(name) as (file, size_bytes):
                entry = _entry(f"blobs/{name}", size_bytes, at)
                if size_bytes == wanted and _add_whole(archive, entry, _Checked(file, name)):
                    done.add(name)
        except NotFound:
            continue  # deleted since it was listed, or lost


def _add_whole(archive: tarfile.TarFile, entry: tarfile.TarInfo, file: "_Checked") -> bool:
    """Add a file; one that turns out to be damaged is taken out again."""
    start = archive.offset
    try:
        archive.addfile(entry, file)  # type: ignore[arg-type]
    except OSError:
        if not file.is_over:  # the disk that is written to
            raise
    archive.members = []  # type: ignore[attr-defined]  # what was added need not be remembered
    if file.is_whole:
        return True
    assert archive.fileobj is not None
    archive.fileobj.seek(start)
    archive.fileobj.truncate()  # type: ignore[attr-defined]
    archive.offset = start
    return False


class _Checked:
    """A file that is hashed as it is read; one that cannot be read seems to end."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self._check = file, Check(name)
        self.is_over = False

    def read(self, size: int) -> bytes:
        """As a file's."""
        try:
            part = bytes(self._file.read(size))
        except (OSError, SweepdError):
            part = b""
        self.is_over = self.is_over or not part
        self._check.see(part)
        return part

    @property
    def is_whole(self) -> bool:
        """Whether the bytes read are those that the name says."""
        return self._check.is_whole
