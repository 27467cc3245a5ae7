"""A backup put back: all of it that is whole, into an empty folder, or nothing.

A damaged part of the archive costs what lies in it.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sweepd.domain.errors import BadInput
from sweepd.services.upkeep.backup import CHECKS, DATABASE, FORMAT, KEY, META
from sweepd.services.upkeep.backup_files import BLOB, list_entries
from sweepd.store import integrity, run_files, transfer
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database
from sweepd.store.sqlite import sqlite_url

MARK = ".restoring"  # in a folder whose restoring was cut off


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and in sentences what was not."""

    n_files: int
    size_bytes: int
    faults: tuple[str, ...]


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
    for entry in list_entries(source):
        if entry.gap:
            faults.append("bytes {} to {} of the backup are damaged".format(*entry.gap))
        if found := BLOB.fullmatch(entry.name):
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
