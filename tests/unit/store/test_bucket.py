"""Bytes in an object store, as far as one in memory and signatures without a network tell."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import MemoryStore, S3Store

from sweepd.store import bucket
from sweepd.store.bucket import Bucket
from sweepd.store.folder import Folder

SMALL, LARGE = b"0123456789", bytes(range(256)) * 40


async def body(text: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(text), 100):
        yield text[first : first + 100]


def places(store: Any) -> set[str]:
    return {str(item["path"]) for found in obstore.list(store) for item in found}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """One whose copies end at 1,000 bytes, as those of S3 end at 5 GiB."""
    monkeypatch.setattr(bucket, "MAX_COPY_BYTES", 1_000)
    monkeypatch.setattr(bucket, "COPY_PART_BYTES", 700)
    copy = obstore.rename

    def rename(store: MemoryStore, place: str, to: str) -> None:
        assert obstore.head(store, place)["size"] <= 1_000, "S3 refuses to copy this"
        copy(store, place, to)

    monkeypatch.setattr(obstore, "rename", rename)
    return MemoryStore()


@pytest.mark.parametrize("text", [b"", SMALL, LARGE[:1_000], LARGE[:1_001], LARGE])
def test_files_of_any_size_come_into_place_and_leave_nothing_aside(
    store: MemoryStore, text: bytes
) -> None:
    place = Bucket(store)
    asyncio.run(place.write(body(text), lambda: "ab/first"))
    place.write_now([text], lambda: "ab/second")
    place.move("ab/second", "trash/second")
    assert places(store) == {"ab/first", "trash/second"}
    for name in places(store):
        assert bytes(obstore.get(store, name).bytes()) == text


def test_a_file_that_is_refused_leaves_nothing(store: MemoryStore) -> None:
    def refuse() -> str:
        raise ValueError("other bytes came")

    with pytest.raises(ValueError, match="other bytes"):
        asyncio.run(Bucket(store).write(body(LARGE), refuse))
    assert places(store) == set()


def test_an_open_file_reads_as_any_other(store: MemoryStore, tmp_path: Path) -> None:
    """The store's own readers give texts of a type of their own, which no parser takes."""
    folder = Folder(tmp_path)
    for place in (Bucket(store), folder):
        place.write_now([LARGE], lambda: "ab/cd")
        file, size_bytes = place.open("ab/cd")
        with file:
            assert size_bytes == len(LARGE)
            first = file.read(10)
            assert type(first) is bytes and first == LARGE[:10]
            assert file.tell() == 10
            assert file.read() == LARGE[10:] and file.read() == b""
            file.seek(5)
            assert file.read(3) == LARGE[5:8]
            file.seek(-3, 2)
            rest = file.read()
            assert type(rest) is bytes and rest == LARGE[-3:]


def test_stores_that_sign_give_an_address_of_their_own() -> None:
    s3 = S3Store(
        "files",
        endpoint="https://s3.example.org",
        region="eu",
        access_key_id="id",
        secret_access_key="secret",
    )
    found = Bucket(s3).direct_address("ab/cd", 600)
    assert found is not None
    assert found.startswith("https://s3.example.org/files/ab/cd?")
    assert "X-Amz-Signature=" in found and "X-Amz-Expires=600" in found and "secret" not in found
    assert Bucket(MemoryStore()).direct_address("ab/cd", 600) is None
