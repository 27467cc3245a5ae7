"""Files of runs: uploaded, listed, read, deleted."""

import logging
import mimetypes
from collections.abc import AsyncIterator, Sequence
from functools import partial

import anyio.to_thread

from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import NotFound
from sweepd.domain.ids import check_file_path
from sweepd.domain.paging import BEGINNING, Page, Start
from sweepd.domain.runs import Run, RunFile
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords
from sweepd.services.paging import MAX_NAMES, read_wanted
from sweepd.store import run_files, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection

log = logging.getLogger(__name__)

BATCH = 100  # files removed in one write


class Files:
    """What clients and people do with the files of runs."""

    def __init__(self, core: Core, blobs: Blobs, direct_download_s: int = 0) -> None:
        self._direct_download_s = direct_download_s
        self._core = core
        self._blobs = blobs
        self._blob_records = BlobRecords(core, blobs)

    def page_files(
        self,
        run: Run,
        pattern: str | None = None,
        names: Sequence[str] = (),
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[RunFile]:
        """A page of a run's files by name; `pattern` is SQL's LIKE, no names are all."""
        wanted = set(names)
        is_short = len(wanted) <= MAX_NAMES
        listing = run_files.files_of(run.pk, list(wanted) if is_short else (), pattern)
        test = None if is_short else lambda file: file.path in wanted
        return read_wanted(self._core, listing, start, first, test)

    def list_files(
        self, run: Run, pattern: str | None = None, names: Sequence[str] = ()
    ) -> list[RunFile]:
        """Every such file; see `page_files`."""
        return self.page_files(run, pattern, names).values

    def find_file(self, run: Run, path: str) -> RunFile | None:
        """One file of a run; None when there is none of that name."""
        found = self.list_files(run, names=[path])
        return found[0] if found else None

    def delete_files(self, caller: Caller, file_pks: Sequence[int]) -> None:
        """Remove files; bytes nobody else refers to go too.

        Raises:
            NotFound: One is missing, or none that the caller may see; then none is removed.
        """

        def blob_of(connection: Connection, pk: int) -> str:
            file = run_files.find_file_by_pk(connection, pk)
            run = runs.find_run_by_pk(connection, file.run_pk) if file else None
            if file is None or run is None or run.is_gone or run.entity not in caller.entities:
                raise NotFound("no such file; it may have been deleted")
            return file.blob

        def delete(connection: Connection, some: Sequence[int]) -> list[str]:
            hashes = []
            for pk in some:
                hashes.append(blob_of(connection, pk))
                run_files.delete_file(connection, pk)
            return run_files.forget_unused_blobs(connection, hashes)

        pks = list(dict.fromkeys(file_pks))
        with self._core.db.read() as connection:
            for pk in pks:
                blob_of(connection, pk)
        for first in range(0, len(pks), BATCH):  # others' writes come between
            some = pks[first : first + BATCH]
            self._blob_records.discard(self._core.db.write(partial(delete, some=some)))

    async def put_run_file(
        self,
        run_pk: int,
        path: str,
        body: AsyncIterator[bytes],
        mimetype: str,
        max_bytes: int,
        md5: str | None = None,
    ) -> RunFile:
        """Store a run's file with constant memory; one of the same name is replaced.

        Args:
            md5: Base64; what the bytes must have, when the client said.

        Raises:
            BadInput: The name would escape the run, or the bytes are not those announced, again.
            NotFound: The run is gone.
            TooLarge: More than `max_bytes` came.
        """
        check_file_path(path)
        announced = Digest(md5) if md5 else None
        blob = await self._blobs.put(body, max_bytes, announced, path)
        kind = mimetype or mimetypes.guess_type(path)[0] or "application/octet-stream"

        def keep(connection: Connection) -> tuple[RunFile, list[str]]:
            run = runs.find_run_by_pk(connection, run_pk)
            if run is None or run.is_gone:
                raise NotFound("this file's run was deleted")
            at = self._core.now()
            self._blob_records.record(connection, blob)
            old = run_files.upsert_file(connection, run_pk, path, blob, kind, at)
            unused = run_files.forget_unused_blobs(connection, [old]) if old else []
            return run_files.files_of(run_pk, [path]).all(connection)[0], unused

        file, unused = await anyio.to_thread.run_sync(self._core.db.write, keep)
        await anyio.to_thread.run_sync(self._blob_records.discard, unused)
        self._core.changes.touch("run", run_pk)
        return file

    async def blob_size(self, blob: str) -> int:
        """As `size_of`, on the event loop."""
        return await anyio.to_thread.run_sync(self.size_of, blob)

    def size_of(self, blob: str) -> int:
        """How many bytes a blob has, whatever a manifest says.

        Raises:
            NotFound: It was deleted.
        """
        with self._core.db.read() as connection:
            size_bytes = run_files.blob_size(connection, blob)
        if size_bytes is None:
            raise NotFound("this file was deleted")
        return size_bytes

    def direct_address(self, blob: str) -> str | None:
        """Where a client gets the bytes from the object store itself; None when only through us."""
        if not self._direct_download_s:
            return None
        return self._blobs.direct_address(blob, self._direct_download_s)

    def stream(self, blob: str, start: int, end: int, size_bytes: int) -> AsyncIterator[bytes]:
        """Bytes from `start` up to, not including, `end`.

        Args:
            size_bytes: Of the whole file.

        Raises:
            NotFound: The bytes are gone or damaged.
        """
        try:
            return self._blobs.stream(blob, start, end, size_bytes)
        except NotFound as error:
            log.error("blob %s: %s", blob, error)
            raise

    def read(self, blob: str) -> bytes:
        """A whole small file."""
        return self._blobs.get_bytes(blob)
