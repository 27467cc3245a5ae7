"""What is known of bytes once they have passed by."""

import base64
import hashlib

import pytest

from sweepd.domain.artifacts import DigestAlgorithm
from sweepd.domain.errors import TooLarge
from sweepd.store.blob_names import by_md5
from sweepd.store.measuring import Measured

BYTES = b"some bytes"
SHA256, MD5 = hashlib.sha256(BYTES).hexdigest(), hashlib.md5(BYTES).hexdigest()


def seen(*parts: bytes, most: int | None = None) -> Measured:
    measured = Measured(most)
    for part in parts:
        assert measured.see(part) == part
    return measured


@pytest.mark.parametrize(
    ("name", "is_of"),
    [
        (SHA256, True),
        ("0" * 64, False),
        ("f" * 64, False),
        (by_md5(MD5), True),
        (by_md5("0" * 32), False),
        (by_md5("f" * 32), False),
    ],
    ids=["sha256", "smaller", "greater", "md5", "smaller md5", "greater md5"],
)
def test_bytes_are_those_of_a_name_or_not(name: str, is_of: bool) -> None:
    assert seen(BYTES[:4], b"", BYTES[4:]).is_of(name) is is_of


def test_all_that_is_known_is_of_the_bytes_in_whatever_parts_they_came() -> None:
    known = seen(BYTES[:1], BYTES[1:]).blob()
    assert known == seen(BYTES).blob()
    assert (known.hash, known.size_bytes) == (SHA256, len(BYTES))
    assert base64.b64decode(known.md5).hex() == MD5
    assert seen(BYTES).digest(DigestAlgorithm.XXH128).value == known.xxh128 != known.md5


def test_bytes_may_be_as_many_as_allowed_and_not_one_more() -> None:
    assert seen(BYTES, most=len(BYTES)).size_bytes == len(BYTES)
    with pytest.raises(TooLarge, match=r"up to 9 bytes"):
        seen(BYTES[:9], BYTES[9:], most=9)
