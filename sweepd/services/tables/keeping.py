"""Columns kept in files, so that a process that begins need not read every run again.

A file holds a table as it was. What changed since is found by each run's own time of change, all of
which are compared, so a file may be old, or of a database that was put back since. It is never the
only place of anything: one that is not whole, by a digest of all its bytes, is as good as none.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import xxhash

from sweepd.later import np
from sweepd.services.tables.column import Column
from sweepd.services.tables.row_index import RowIndex
from sweepd.services.tables.table import Table
from sweepd.store import run_rows

MAGIC = b"sweepd columns 2\n"
DIGEST_BYTES = 16  # of all that comes after it
LENGTH_BYTES = 8  # of the header's length
MAX_FILES = 8
MAX_AGE_S = 7 * 24 * 3600.0  # a run's row also tells names of others, which may go without it
SUFFIX = ".columns"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keeping:
    """Where tables are kept, and of which database: its identity."""

    folder: Path
    identity: str

    def save(self, table: Table) -> None:
        """Keep a table as it is now."""
        aside = self.folder / f".{uuid.uuid4().hex}"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with aside.open("wb") as file:
                _write(file, table, self.identity)
            aside.replace(self._path(table.project_pk))
            self.drop_old()
        except OSError as error:
            log.info("columns of a project are not kept: %s", error.strerror)
            aside.unlink(missing_ok=True)

    def load(self, project_pk: int) -> Table | None:
        """A table that was kept; it is as old as its file. None where there is none to be had."""
        try:
            with (
                self._path(project_pk).open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
                memoryview(mapped) as view,
            ):
                return _read(view, project_pk, self.identity)
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever it holds: all can be read again
            log.info("columns that were kept cannot be read: %s", error)
            return None

    def drop_old(self) -> None:
        """Drop files that nobody will read: too many, too old, or of a process that was killed."""
        now = time.time()
        found = sorted((path.stat().st_mtime, path) for path in self.folder.glob(f"*{SUFFIX}"))
        for place, (at, path) in enumerate(reversed(found)):
            if place >= MAX_FILES or not now - at < MAX_AGE_S:
                path.unlink(missing_ok=True)
        for path in self.folder.glob(".*"):
            if path.stat().st_mtime < now - 3600:
                path.unlink(missing_ok=True)

    def _path(self, project_pk: int) -> Path:
        return self.folder / f"{project_pk}{SUFFIX}"


def _arrays(table: Table) -> Iterator[np.ndarray[Any, Any]]:
    n = table.n_rows
    yield table.pks[:n]
    yield table.is_there[:n]
    for name in run_rows.TIMES:
        yield table.times[name][:n]
    for column in table.columns.values():
        yield column.kinds[:n]
        yield column.numbers[:n]
        yield np.frombuffer(json.dumps(column.texts).encode(), np.uint8)


def _write(file: BinaryIO, table: Table, identity: str) -> None:
    shapes = [(array.dtype.str, len(array)) for array in _arrays(table)]
    header = orjson.dumps(
        {
            "identity": identity,
            "project": table.project_pk,
            "read_at": table.read_at,
            "columns": list(table.columns),
            "arrays": shapes,
        }
    )
    digest = xxhash.xxh3_128()
    file.write(MAGIC + bytes(DIGEST_BYTES))
    arrays = (np.ascontiguousarray(array).data for array in _arrays(table))
    parts: Iterable[bytes | memoryview] = chain(
        (len(header).to_bytes(LENGTH_BYTES, "little"), header), arrays
    )
    for part in parts:
        digest.update(part)
        file.write(part)
    file.seek(len(MAGIC))
    file.write(digest.digest())
    file.flush()
    os.fsync(file.fileno())


def _read(view: memoryview, project_pk: int, identity: str) -> Table | None:
    if view[: len(MAGIC)] != MAGIC:
        raise ValueError("of another version")
    place = len(MAGIC) + DIGEST_BYTES
    if view[len(MAGIC) : place] != xxhash.xxh3_128_digest(view[place:]):
        raise ValueError("not whole")
    n_header = int.from_bytes(view[place : place + LENGTH_BYTES], "little")
    place += LENGTH_BYTES + n_header
    header = orjson.loads(view[place - n_header : place])
    is_ours = header["identity"] == identity and header["project"] == project_pk
    if not is_ours or not 0 <= time.time() - header["read_at"] < MAX_AGE_S:
        return None
    shapes = iter(header["arrays"])

    def array() -> Any:
        nonlocal place
        kind, n = next(shapes)
        found = np.frombuffer(view, kind, n, place).copy()
        place += found.nbytes
        return found

    table = Table(project_pk)
    table.read_at = header["read_at"]
    table.pks, table.is_there = array(), array()
    table.n_rows = len(table.pks)
    table.index = RowIndex(table.pks)
    table.times = {name: array() for name in run_rows.TIMES}
    for side, name in header["columns"]:
        kinds, numbers, texts = array(), array(), array()
        table.columns[side, name] = Column.of(kinds, numbers, json.loads(texts.tobytes()))
    table.is_kept = True
    return table
