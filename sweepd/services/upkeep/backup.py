"""A server's whole state in one file, and back: database, files, this machine's key.

The file is a tar: `backup.json`, `sweepd.db` (SQLite, whatever the server uses), `blobs/…` by
content hash, `local.key`. Taken while the server works: bytes are archived, then the database, then
the bytes that came meanwhile, so every row's bytes are there.
"""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sweepd.domain.errors import BadInput, NotFound
from sweepd.store import run_files, transfer
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database, sqlite_url

FORMAT = 1
_META, _DATABASE, _KEY = "backup.json", "sweepd.db", "local.key"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    n_files: int
    size_bytes: int
    damaged: tuple[str, ...] = ()  # files the server has lost, by content hash: left out


def write(
    url: str, blobs: Blobs, target: Path, at: datetime, version: str, key_file: Path
) -> Contents:
    """Write a backup; the server may be running.

    Args:
        url: The database's address.
        target: The file; only its owner may read it, since it holds secrets.

    Raises:
        BadInput: The file exists.
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
            _add(archive, _META, json.dumps(meta).encode(), at)
            done: set[str] = set()
            _add_blobs(archive, blobs, _list_blobs(url), done, at)
            copy = Path(folder) / _DATABASE
            transfer.snapshot(url, copy)
            recorded = _list_blobs(sqlite_url(copy))
            _add_blobs(archive, blobs, recorded, done, at)
            archive.add(copy, _DATABASE)
            if key_file.exists():
                archive.add(key_file, _KEY)
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    return Contents(len(done), target.stat().st_size, tuple(sorted(set(recorded) - done)))


def _list_blobs(url: str) -> dict[str, int]:
    database = Database(url)
    try:
        with database.read() as connection:
            return run_files.list_blobs(connection)
    finally:
        database.close()


def _add(archive: tarfile.TarFile, name: str, body: bytes, at: datetime) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(body), int(at.timestamp()), 0o600
    archive.addfile(entry, io.BytesIO(body))


def _add_blobs(
    archive: tarfile.TarFile, blobs: Blobs, sizes: dict[str, int], done: set[str], at: datetime
) -> None:
    for name, wanted in sizes.items():
        if name in done:
            continue
        try:
            with blobs.open_file(name) as (file, size_bytes):
                if size_bytes != wanted:
                    continue  # damaged: one lost file must not cost all others their backup
                entry = tarfile.TarInfo(f"blobs/{name}")
                entry.size, entry.mtime, entry.mode = size_bytes, int(at.timestamp()), 0o600
                archive.addfile(entry, file)
        except NotFound:
            continue  # deleted since it was listed, or lost
        done.add(name)


def read(source: Path, data: Path, place: Callable[[], Blobs]) -> Contents:
    """Put a backup into an empty data folder; every file is checked against its hash.

    Args:
        place: Where the files go, opened once the backup has been looked at.

    Raises:
        BadInput: The folder is not empty, or the file is not a whole backup; then nothing is kept.
    """
    if data.exists() and any(data.iterdir()):
        raise BadInput(f"{data} is not empty; restore into a new folder with --data")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    n_files = size_bytes = 0
    try:
        with tarfile.open(source, "r:") as archive:
            _check_meta(source, archive)
            blobs = place()
            for entry in archive:
                file = archive.extractfile(entry)
                if file is None:
                    raise BadInput(f"{source}: {entry.name!r} is not a file")
                if entry.name in (_DATABASE, _KEY):
                    _write_file(data / f"{entry.name}.part", file)
                elif entry.name.startswith("blobs/"):
                    blobs.put_file(file, entry.name.removeprefix("blobs/"))
                    n_files, size_bytes = n_files + 1, size_bytes + entry.size
        fresh = data / f"{_DATABASE}.part"
        if not fresh.exists():
            raise BadInput(f"{source} ends too early: it holds no database; take it again")
        transfer.check(fresh)
        for name in (_KEY, _DATABASE):
            if (data / f"{name}.part").exists():
                (data / f"{name}.part").rename(data / name)
    except (tarfile.TarError, EOFError) as error:
        raise BadInput(f"{source} is not a whole sweepd backup: {error}") from error
    finally:
        for rest in data.glob("*.part*"):
            rest.unlink()
    return Contents(n_files, size_bytes)


def _check_meta(source: Path, archive: tarfile.TarFile) -> None:
    first = archive.next()
    file = archive.extractfile(first) if first is not None and first.name == _META else None
    meta = json.load(file) if file is not None else {}
    if meta.get("format") != FORMAT:
        raise BadInput(
            f"{source} is not a backup this sweepd reads: format {meta.get('format')!r}, expected "
            f"{FORMAT}"
        )


def _write_file(path: Path, file: IO[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        while part := file.read(1 << 20):
            target.write(part)
