"""Blobs by their hash: in a folder and in a bucket alike, whole or not at all, and the trash."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xxhash
from obstore.store import MemoryStore

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.errors import BadInput, NotFound, TooLarge, Unavailable
from sweepd.store.blobs import Blobs
from sweepd.store.bucket import Bucket
from sweepd.store.folder import ASIDE, PART_BYTES, Folder
from sweepd.store.trash import blob_place

BODY = b"some bytes"
NAME = hashlib.sha256(BODY).hexdigest()
MD5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()
XXH = base64.b64encode(xxhash.xxh3_128(BODY).digest()).decode()


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return Blobs(Folder(tmp_path / "b") if request.param == "folder" else Bucket(MemoryStore()))


async def stream(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def put(blobs: Blobs, *parts: bytes, most: int = 1 << 30, announced: Digest | None = None) -> str:
    return asyncio.run(blobs.put(stream(*parts), most, announced, "f.txt")).hash


def read(blobs: Blobs, name: str, start: int, end: int, size: int | None = None) -> bytes:
    async def collect() -> bytes:
        return b"".join([part async for part in blobs.stream(name, start, end, size)])

    return asyncio.run(collect())


def test_what_is_known_of_bytes(blobs: Blobs) -> None:
    found = asyncio.run(blobs.put(stream(b"some ", b"bytes"), 99))
    assert (found.hash, found.size_bytes, found.md5, found.xxh128) == (NAME, 10, MD5, XXH)
    assert blobs.put_bytes(BODY) == found == blobs.measure(NAME)
    assert blobs.exists(NAME) and not blobs.exists("0" * 64)
    assert blobs.get_bytes(NAME) == BODY
    assert [name for name, _ in blobs.list()] == [NAME]
    with blobs.open_file(NAME) as (file, size):
        assert (bytes(file.read(4)), size) == (b"some", 10)
    for missing in (blobs.get_bytes, blobs.measure, blobs.is_whole):
        with pytest.raises(NotFound):
            missing("0" * 64)
    blobs.delete(NAME)
    blobs.delete(NAME)
    assert not blobs.exists(NAME) and list(blobs.list()) == []


@pytest.mark.parametrize(("start", "end"), [(0, 10), (3, 7), (9, 10), (5, 5), (0, 0)])
def test_any_stretch_comes_back(blobs: Blobs, start: int, end: int) -> None:
    blobs.put_bytes(BODY)
    assert read(blobs, NAME, start, end) == BODY[start:end]


def test_long_ones_come_in_parts(blobs: Blobs) -> None:
    body = bytes(range(256)) * (3 * PART_BYTES // 256 + 1)
    name = blobs.put_bytes(body).hash
    assert (
        read(blobs, name, PART_BYTES - 3, 2 * PART_BYTES + 3)
        == (body[PART_BYTES - 3 : 2 * PART_BYTES + 3])
    )
    assert blobs.measure(name).size_bytes == len(body)
    sizes: list[int] = []
    assert blobs.is_whole(name, sizes.append)
    assert sum(sizes) == len(body) and len(sizes) > 1


@pytest.mark.slow
def test_no_more_than_allowed_is_taken(blobs: Blobs) -> None:
    assert put(blobs, BODY, most=10) == NAME
    blobs.delete(NAME)
    with pytest.raises(TooLarge, match="up to 9 bytes"):
        put(blobs, b"some ", b"bytes", most=9)
    assert list(blobs.list()) == [] and list(blobs.list_aside()) == []


@pytest.mark.parametrize(
    ("value", "algorithm"), [(MD5, DigestAlgorithm.MD5), (XXH, DigestAlgorithm.XXH128)]
)
def test_other_bytes_than_announced_are_asked_for_again_once(
    blobs: Blobs, value: str, algorithm: DigestAlgorithm
) -> None:
    assert put(blobs, BODY, announced=Digest(value, algorithm)) == NAME
    announced = Digest(value, algorithm)
    with pytest.raises(Unavailable, match=r"f\.txt: the bytes that came have .* send them again"):
        put(blobs, b"other", announced=announced)
    with pytest.raises(Unavailable):
        put(blobs, b"third", announced=announced)
    with pytest.raises(BadInput, match="changed after it was added"):
        put(blobs, b"other", announced=announced)
    assert [name for name, _ in blobs.list()] == [NAME]


def test_parts_are_kept_aside_and_come_one_after_the_other(blobs: Blobs) -> None:
    async def keep(number: int, body: bytes, md5: str | None = None) -> str:
        return await blobs.put_part("up", number, stream(body), 99, md5)

    md5 = hashlib.md5(b"b").hexdigest()
    assert asyncio.run(keep(2, b"b", md5.upper())) == md5
    asyncio.run(keep(1, b"a"))
    with pytest.raises(Unavailable, match="part 3"):
        asyncio.run(keep(3, b"c", md5))
    assert sorted(place for place, _ in blobs.list_aside()) == [f"{ASIDE}/up/1", f"{ASIDE}/up/2"]
    assert list(blobs.list()) == []

    async def collect(*numbers: int) -> bytes:
        return b"".join([part async for part in blobs.stream_parts("up", numbers)])

    assert asyncio.run(collect(1, 2)) == b"ab"
    with pytest.raises(BadInput, match="part 3 of this upload never came"):
        asyncio.run(collect(1, 3))
    asyncio.run(keep(10, b"x"))
    asyncio.run(blobs.delete_parts("other"))
    blobs.delete_place(f"{ASIDE}/up/10")
    asyncio.run(blobs.delete_parts("up"))
    assert list(blobs.list_aside()) == []


def test_bytes_that_are_not_what_their_name_says_are_set_aside(blobs: Blobs) -> None:
    blobs.put_bytes(BODY)
    blobs._store.write_now([b"damaged"], lambda: blob_place(NAME))
    assert not blobs.is_whole(NAME)
    blobs.set_damaged_aside(NAME)
    assert not blobs.exists(NAME)
    file, _ = blobs._store.open(f"damaged/{NAME}")
    with contextlib.closing(file):
        assert bytes(file.read()) == b"damaged"
    with pytest.raises(BadInput, match="are damaged"):
        blobs.put_parts([b"x"], NAME)
    blobs.put_parts([b"some ", b"bytes"], NAME)
    assert blobs.is_whole(NAME)


def test_owner_of_the_files(blobs: Blobs) -> None:
    assert blobs.owner() is None
    blobs.set_owner("me")
    assert blobs.owner() == "me"
    assert list(blobs.list()) == []


def test_the_trash_keeps_for_days_and_gives_back_what_is_whole(blobs: Blobs) -> None:
    blobs.put_bytes(BODY)
    other = blobs.put_bytes(b"other").hash
    blobs.trash.put(NAME, datetime(2026, 1, 5, 23, tzinfo=UTC))
    blobs.trash.put(other, datetime(2026, 1, 7, tzinfo=UTC))
    blobs.trash.put("0" * 64, datetime(2026, 1, 7, tzinfo=UTC))
    assert not blobs.exists(NAME)
    blobs._store.write_now([b"x"], lambda: f"trash/2026-13-45/{NAME}")
    blobs._store.write_now([b"x"], lambda: "trash/2026-01-05/notes.txt")
    found = sorted(blobs.trash.list())
    assert [(day, name) for _, day, name in found] == [
        (date(2026, 1, 5), NAME),
        (date(2026, 1, 7), other),
    ]
    assert blobs.trash.bring_back(found[0][0], NAME) and blobs.get_bytes(NAME) == BODY
    assert not blobs.trash.bring_back(found[0][0], NAME), "it is no longer there"
    assert not blobs.trash.bring_back(found[1][0], NAME), "those are other bytes"
    blobs.trash.put(NAME, datetime(2026, 1, 6, tzinfo=UTC))
    assert blobs.trash.empty(date(2026, 1, 6)) == 0
    assert blobs.trash.empty(date(2026, 1, 7)) == 1
    assert [name for _, _, name in blobs.trash.list()] == [other]
