"""Bytes in a folder of this machine: on disk once written, whole or not there at all."""

import contextlib
import os
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from sweepd.domain.errors import NotFound, Unavailable

T = TypeVar("T")

PART_BYTES = 1 << 20
ASIDE = "incoming"  # what is being written, and parts of large files
N_THREADS = 16  # of their own: a slow disk must not hold up requests that need none of it

_threads: RunVar[anyio.CapacityLimiter] = RunVar("threads of folders")


class Folder:
    """Files by place, a path of our own making. Safe to use from any thread and event loop."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with passing_faults(f"the folder {root} cannot be used"):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def write(self, body: AsyncIterator[bytes], place: Callable[[], str]) -> None:
        """Write a file; one that is there is replaced in one step.

        No thread is held while the sender is slow. When `body` or `place` fails nothing is left.

        Args:
            place: Where it goes; asked when all bytes have come.

        Raises:
            Unavailable: The disk refused (full, read-only, no permission).
        """
        aside = _Aside(self._root / ASIDE / uuid.uuid4().hex)
        held, n_held = [], 0
        try:
            async for part in body:
                held.append(part)
                n_held += len(part)
                if n_held >= PART_BYTES:
                    await _in_thread(partial(aside.append, held))
                    held, n_held = [], 0
            target = self._root / place()
            await _in_thread(partial(aside.finish, held, target))
        finally:
            aside.drop()

    def write_now(self, parts: Iterable[bytes], place: Callable[[], str]) -> None:
        """Write a file, as `write` does, in this thread."""
        aside = _Aside(self._root / ASIDE / uuid.uuid4().hex)
        try:
            for part in parts:
                aside.append([part])
            aside.finish([], self._root / place())
        finally:
            aside.drop()

    def open(self, place: str) -> tuple[FileIO, int]:
        """A file and its bytes; it can be read to its end even when it is deleted meanwhile.

        Raises:
            NotFound: It is gone.
        """
        with passing_faults("the file cannot be read now"):
            try:
                file = FileIO(self._root / place)
            except FileNotFoundError as error:
                raise gone() from error
        return file, os.fstat(file.fileno()).st_size

    def stream(
        self, place: str, start: int = 0, end: int | None = None, size_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """Bytes from `start` up to, not including, `end`, in parts of about a megabyte.

        Raises:
            NotFound: The file is gone, or has not `size_bytes`; raised before the first byte.
        """
        file, found = self.open(place)
        if size_bytes is not None and found != size_bytes:
            file.close()
            raise NotFound(
                f"the stored file is damaged: it has {found} bytes of {size_bytes}; upload it "
                "again, or restore a backup"
            )
        return _read(file, start, found if end is None else min(end, found))

    def exists(self, place: str) -> bool:
        """Whether there is such a file."""
        return (self._root / place).exists()

    def direct_address(self, place: str, seconds: int) -> str | None:
        """None: there is no way to a folder's files but through us."""
        return None

    def delete(self, place: str) -> None:
        """Remove a file; a missing one is fine."""
        path = self._root / place
        with passing_faults("the file cannot be deleted now"):
            path.unlink(missing_ok=True)
        if place.startswith(f"{ASIDE}/"):
            with contextlib.suppress(OSError):
                path.parent.rmdir()  # of a large file's last part

    def move(self, place: str, to: str) -> bool:
        """Give a file another place, one that is there replaced; False when it is gone."""
        with passing_faults("the file cannot be moved now"):
            try:
                _put_in_place(self._root / place, self._root / to)
            except FileNotFoundError:
                return False
        return True

    def tighten(self, place: str) -> None:
        """Let only its owner read a file."""
        path = self._root / place
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)

    def list(self, below: str = "") -> Iterator[tuple[str, datetime]]:
        """(place, when it was last written) of every file."""
        for folder, _, names in os.walk(self._root / below):
            for name in names:
                path = Path(folder) / name
                with contextlib.suppress(FileNotFoundError):
                    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield str(path.relative_to(self._root)), at

    def drop_cut_off(self) -> int:
        """Remove what earlier processes left half written; returns how many files that were.

        Only for the one process that writes here, before it begins. Whole parts of large files are
        kept: their upload may go on.
        """
        aside, n_removed = self._root / ASIDE, 0
        for path in aside.iterdir() if aside.is_dir() else ():
            if path.is_file():
                with contextlib.suppress(OSError):
                    path.unlink()
                    n_removed += 1
        return n_removed


async def _read(file: FileIO, start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        for first in range(start, end, PART_BYTES):
            n_bytes = min(PART_BYTES, end - first)
            yield await _in_thread(partial(os.pread, file.fileno(), n_bytes, first))


class _Aside:
    """A file being written; `drop` may come while a thread still writes, which then cleans up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._lock = threading.Lock()
        self._is_dropped = False

    def append(self, parts: Sequence[bytes]) -> None:
        """Write parts at the end."""
        with self._working():
            self._append(parts)

    def finish(self, parts: Sequence[bytes], target: Path) -> None:
        """Write the last parts and put the file in its place, on disk."""
        with self._working():
            file = self._append(parts)
            os.fsync(file.fileno())
            _put_in_place(self._path, target)

    def drop(self) -> None:
        """Let go of the file, and remove it if it was not put in place."""
        self._is_dropped = True
        if not self._lock.acquire(blocking=False):
            return
        with contextlib.suppress(OSError):
            self._path.unlink()
        if self._file is not None:
            self._file.close()
        self._lock.release()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        try:
            with self._lock, passing_faults("the file could not be stored"):
                yield
        finally:
            if self._is_dropped:
                self.drop()

    def _append(self, parts: Sequence[bytes]) -> FileIO:
        if self._file is None:
            self._path.parent.mkdir(exist_ok=True)
            self._file = self._path.open("xb", buffering=0)  # closing it cannot fail
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[self._file.write(rest) :]
        return self._file


@contextlib.contextmanager
def passing_faults(what: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn what a disk refuses, and errors of these kinds, into Unavailable: it may work later."""
    refusals: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except refusals as error:
        # Without paths of this machine, and without what a store's library says for its developers.
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise Unavailable(f"{what}: {reason}") from error


def gone() -> NotFound:
    """The error for bytes that should be there and are not."""
    return NotFound("the stored file is gone; upload it again, or restore a backup")


def _put_in_place(path: Path, target: Path) -> None:
    folder = target.parent
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
    path.replace(target)
    _sync(folder)  # else a power failure may take the name away


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        threads = _threads.get()
    except LookupError:
        threads = anyio.CapacityLimiter(N_THREADS)
        _threads.set(threads)
    return await anyio.to_thread.run_sync(work, limiter=threads)
