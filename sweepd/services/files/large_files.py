"""Large files of versions: they come in parts, which are put together at the end."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future

import anyio

from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.services.core import Core
from sweepd.store import manifests
from sweepd.store.blobs import Blobs

PutFile = Callable[[int, str, AsyncIterator[bytes], int, Digest | None], Awaitable[None]]


class LargeFiles:
    """Keeps parts aside, and makes files of them.

    The client waits half a minute for an answer, and reading gigabytes may take longer: it is then
    told to ask again, while the work goes on.

    Attributes:
        patience_s: How long a request waits for the work.
    """

    def __init__(self, core: Core, blobs: Blobs, put_file: PutFile) -> None:
        self._core = core
        self._blobs = blobs
        self._put_file = put_file
        self._lock = threading.Lock()
        self._begun: dict[str, Future[None]] = {}
        self.patience_s = 15.0

    async def put_part(
        self, upload: str, number: int, body: AsyncIterator[bytes], max_bytes: int, md5: str | None
    ) -> str:
        """Store one part of a large file; returns its MD5 in hexadecimal.

        Raises:
            BadInput: They are not the bytes announced; the part can be sent again.
        """
        return await self._blobs.put_part(upload, number, body, max_bytes, md5)

    def complete(
        self,
        artifact_pk: int,
        path: str,
        upload: str,
        numbers: Sequence[int],
        max_bytes: int,
        digest: Digest | None,
    ) -> None:
        """Make a file of its parts, in the order of their numbers; constant memory, idempotent.

        Raises:
            BadInput: A part never came, or together they are not the file announced.
            Unavailable: It takes its time; ask again.
        """

        async def work() -> None:
            body = self._blobs.stream_parts(upload, sorted(numbers))
            try:
                await self._put_file(artifact_pk, path, body, max_bytes, digest)
            except BadInput:
                if not self._is_there(artifact_pk, path, digest):  # another server was quicker
                    raise
            await self._blobs.delete_parts(upload)

        if self._is_there(artifact_pk, path, digest):
            return
        with self._lock:
            found = self._begun.get(upload)
            if found is None:
                found = self._begun[upload] = _start(lambda: anyio.run(work))
        try:
            found.result(self.patience_s)
        except TimeoutError as error:
            raise Unavailable(
                f"the parts of {path} are still being put together; ask again"
            ) from error
        finally:
            if found.done():
                self._begun.pop(upload, None)

    def _is_there(self, artifact_pk: int, path: str, digest: Digest | None) -> bool:
        with self._core.db.read() as connection:
            found = manifests.list_entries(connection, artifact_pk, [path])
        return any(
            entry.blob is not None and Digest(entry.digest, entry.algorithm) == digest
            for entry in found
        )


def _start(work: Callable[[], None]) -> Future[None]:
    """Do work in a thread of its own, which the end of the server cuts off."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
            future.set_result(None)
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="large-file", daemon=True).start()
    return future
