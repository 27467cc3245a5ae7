"""Files in a folder: durable, whole or not at all, whatever happens to the sender or the disk."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sweepd.domain.errors import NotFound, Unavailable
from sweepd.store.blobs import Blobs
from sweepd.store.folder import ASIDE, PART_BYTES, Folder

LIMIT = 1 << 30


async def stream(*parts: bytes, error: BaseException | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if error is not None:
        raise error


def put(blobs: Blobs, *parts: bytes, error: BaseException | None = None) -> str:
    return asyncio.run(blobs.put(stream(*parts, error=error), LIMIT)).hash


def read(blobs: Blobs, name: str, size_bytes: int) -> bytes:
    async def collect() -> bytes:
        return b"".join([part async for part in blobs.stream(name, 0, size_bytes, size_bytes)])

    return asyncio.run(collect())


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("n_bytes", [0, 1, PART_BYTES, 3 * PART_BYTES + 7])
def test_bytes_come_back_the_same(tmp_path: Path, n_bytes: int) -> None:
    blobs, body = Blobs.open(str(tmp_path)), os.urandom(n_bytes)
    name = put(blobs, *(body[i : i + 65_536] for i in range(0, n_bytes, 65_536)))
    assert read(blobs, name, n_bytes) == body
    assert len(files(tmp_path)) == 1


def test_file_and_its_name_are_on_disk_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    name = put(Blobs.open(str(tmp_path)), b"body")
    assert synced[0].startswith(str(tmp_path / ASIDE))
    assert synced[1:] == [str(tmp_path), str(tmp_path / name[:2])]


@pytest.mark.parametrize("n_bytes", [10, 2 * PART_BYTES])
def test_sender_that_goes_away_leaves_nothing(tmp_path: Path, n_bytes: int) -> None:
    blobs = Blobs.open(str(tmp_path))
    with pytest.raises(ConnectionError):
        put(blobs, b"x" * n_bytes, error=ConnectionError("gone"))
    assert files(tmp_path) == []


@pytest.mark.slow
def test_sender_canceled_while_a_thread_writes_leaves_nothing(tmp_path: Path) -> None:
    async def cancel() -> None:
        blobs = Blobs.open(str(tmp_path))
        parts = (b"x" * PART_BYTES for _ in range(1000))
        task = asyncio.create_task(blobs.put(stream(*parts), LIMIT))
        while not files(tmp_path):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert files(tmp_path) == []


def test_what_a_killed_server_left_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    blobs = Blobs.open(str(tmp_path))
    name = put(blobs, b"whole")
    asyncio.run(blobs.put_part("u" * 8, 1, stream(b"a part"), LIMIT))
    (tmp_path / ASIDE / "0123").write_bytes(b"half")
    assert blobs.drop_cut_off() == 1
    assert sorted(path.name for path in files(tmp_path)) == sorted(["1", name[2:]])


def test_download_goes_on_when_the_file_is_deleted(tmp_path: Path) -> None:
    blobs, body = Blobs.open(str(tmp_path)), os.urandom(3 * PART_BYTES)
    name = put(blobs, body)

    async def download() -> bytes:
        parts = blobs.stream(name, 0, len(body), len(body))
        first = await anext(parts)
        blobs.delete(name)
        return first + b"".join([part async for part in parts])

    assert asyncio.run(download()) == body


def test_damaged_and_missing_files_are_said_before_the_first_byte(tmp_path: Path) -> None:
    blobs = Blobs.open(str(tmp_path))
    name = put(blobs, b"whole")
    place = tmp_path / name[:2] / name[2:]
    place.write_bytes(b"who")
    with pytest.raises(NotFound, match="3 bytes of 5"):
        blobs.stream(name, 0, 5, 5)
    assert put(blobs, b"whole") == name  # sending it again mends it
    assert read(blobs, name, 5) == b"whole"
    place.unlink()
    with pytest.raises(NotFound, match="gone"):
        blobs.stream(name, 0, 5, 5)


def _remove(root: Path) -> None:
    root.rmdir()


def _occupy(root: Path) -> None:
    (root / ASIDE).write_text("not a folder")


@pytest.mark.parametrize("spoil", [_remove, _occupy])
def test_folder_that_cannot_be_written_is_unavailable_and_passes(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    root = tmp_path / "blobs"
    blobs = Blobs.open(str(root))
    spoil(root)
    with pytest.raises(Unavailable, match="could not be stored"):
        put(blobs, b"body")
    with pytest.raises(Unavailable, match="could not be stored"):
        blobs.put_bytes(b"body")
    root.mkdir(exist_ok=True)
    (root / ASIDE).unlink(missing_ok=True)
    assert read(blobs, put(blobs, b"body"), 4) == b"body"


def test_list_names_every_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write_now([b"1"], lambda: "ab/1")
    folder.write_now([b"2"], lambda: "ab/2")
    assert sorted(place for place, _ in folder.list()) == ["ab/1", "ab/2"]
