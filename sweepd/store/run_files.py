"""Files of runs, and the blobs that files and artifacts share."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from sweepd.domain.runs import RunFile
from sweepd.store import schema
from sweepd.store.blob_names import md5_in
from sweepd.store.database import Connection, insert
from sweepd.store.measuring import StoredBlob
from sweepd.store.paging import Listing, SortKey

_files = schema.run_files.c
HOLDERS = (  # every column that refers to a blob
    schema.run_files.c.blob,
    schema.entries.c.blob,
    schema.artifacts.c.manifest_blob,
    schema.segments.c.blob,
)


def record_blob(connection: Connection, blob: StoredBlob, at: datetime) -> None:
    """Remember that these bytes are in place, and hold the record to the transaction's end."""
    known = {"size_bytes": blob.size_bytes, "md5": blob.md5, "xxh128": blob.xxh128}
    connection.execute(
        insert(connection, schema.blobs)
        .values(hash=blob.hash, created_at=at, **known)
        .on_conflict_do_update(index_elements=["hash"], set_=known)
    )


def claim_absent_blob(connection: Connection, name: str, at: datetime) -> bool:
    """Take the record of bytes nobody has recorded; whoever records them now has to wait."""
    row = connection.execute(
        insert(connection, schema.blobs)
        .values(hash=name, created_at=at)
        .on_conflict_do_nothing()
        .returning(schema.blobs.c.hash)
    ).first()
    return row is not None


def forget_blob(connection: Connection, name: str) -> None:
    """Remove the record of bytes."""
    connection.execute(sa.delete(schema.blobs).where(schema.blobs.c.hash == name))


def confirm_md5(connection: Connection, name: str) -> None:
    """Record the MD5 that a blob's name tells, its bytes having been read."""
    md5 = base64.b64encode(bytes.fromhex(md5_in(name))).decode()
    unknown = (schema.blobs.c.hash == name) & (schema.blobs.c.md5 == "")
    connection.execute(sa.update(schema.blobs).where(unknown).values(md5=md5))


def blob_size(connection: Connection, name: str) -> int | None:
    """How many bytes a blob has; None when it is gone."""
    query = sa.select(schema.blobs.c.size_bytes).where(schema.blobs.c.hash == name)
    return connection.execute(query).scalar()


def known_blobs(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of the blobs that are recorded."""
    query = sa.select(schema.blobs.c.hash).where(schema.blobs.c.hash.in_(names))
    return set(connection.execute(query).scalars())


def forget_unused_blobs(connection: Connection, names: Iterable[str]) -> list[str]:
    """Those of the blobs that nothing refers to any more, their records removed."""
    unused = []
    for name in sorted(set(names)):
        held = sa.select(schema.blobs.c.hash).where(schema.blobs.c.hash == name)
        connection.execute(held.with_for_update())  # an upload that is recording it comes first
        if any(
            connection.execute(sa.select(column).where(column == name).limit(1)).first()
            for column in HOLDERS
        ):
            continue
        forget_blob(connection, name)
        unused.append(name)
    return unused


def list_blobs(connection: Connection) -> dict[str, int]:
    """Bytes of every blob recorded, by name."""
    query = sa.select(schema.blobs.c.hash, schema.blobs.c.size_bytes).order_by("hash")
    return {str(name): int(size_bytes) for name, size_bytes in connection.execute(query)}


def list_blob_names(connection: Connection, after: str, limit: int) -> list[str]:
    """Names of blobs recorded, in their order, those that come after `after`."""
    name = schema.blobs.c.hash
    query = sa.select(name).where(name > after).order_by(name).limit(limit)
    return [str(found) for found in connection.execute(query).scalars()]


def list_idle_blobs(connection: Connection, before: datetime) -> list[str]:
    """Blobs recorded before then that nothing refers to now."""
    name = schema.blobs.c.hash
    query = (
        sa.select(name)
        .where(schema.blobs.c.created_at < before)
        .order_by(schema.blobs.c.created_at, name)
    )
    for column in HOLDERS:
        query = query.where(~sa.exists().where(column == name))
    return [str(found) for found in connection.execute(query).scalars()]


def upsert_file(
    connection: Connection, run_pk: int, path: str, blob: StoredBlob, mimetype: str, at: datetime
) -> str | None:
    """Give a run a file; one of the same name is replaced.

    Returns:
        The blob the name stood for before, if any.
    """
    old = connection.execute(
        sa.select(_files.blob).where(_files.run_pk == run_pk, _files.path == path)
    ).scalar()
    values = {
        "blob": blob.hash,
        "size_bytes": blob.size_bytes,
        "md5": blob.md5,
        "mimetype": mimetype,
        "updated_at": at,
    }
    connection.execute(
        insert(connection, schema.run_files)
        .values(run_pk=run_pk, path=path, **values)
        .on_conflict_do_update(index_elements=["run_pk", "path"], set_=values)
    )
    return str(old) if old is not None and old != blob.hash else None


def files_of(
    run_pk: int, names: Sequence[str] = (), pattern: str | None = None
) -> Listing[RunFile]:
    """A run's files by name: those of some names, if any are given; `pattern` is SQL's LIKE."""
    query = sa.select(schema.run_files).where(_files.run_pk == run_pk)
    if names:
        query = query.where(_files.path.in_(names))
    if pattern:
        is_cut = (len(pattern) - len(pattern.rstrip("\\"))) % 2  # PostgreSQL refuses such a pattern
        query = query.where(_files.path.like(pattern + "\\" * is_cut, escape="\\"))
    return Listing(query, (SortKey(_files.path),), lambda _, rows: [_file(row) for row in rows])


def find_file_by_pk(connection: Connection, pk: int) -> RunFile | None:
    """A file by our key."""
    row = connection.execute(sa.select(schema.run_files).where(_files.id == pk)).first()
    return _file(row) if row else None


def delete_file(connection: Connection, pk: int) -> None:
    """Remove a file's row; its blob is the caller's business."""
    connection.execute(sa.delete(schema.run_files).where(_files.id == pk))


def _file(row: sa.Row[tuple[object, ...]]) -> RunFile:
    return RunFile(
        row.id,
        row.run_pk,
        row.path,
        row.size_bytes,
        row.md5,
        row.mimetype,
        row.blob,
        row.updated_at,
    )
