"""What a `Range` header asks for, and that the API and the pages ask the same rule."""

from pathlib import Path

import pytest

from sweepd.domain.byte_ranges import read_range

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", "bytes 0-9/10"),
        ("bytes=2-5", "bytes 2-5/10"),
        ("bytes = 2 - 5", "bytes 2-5/10"),
        ("bytes=2-99", "bytes 2-9/10"),
        ("bytes=-3", "bytes 7-9/10"),
        ("bytes=-99", "bytes 0-9/10"),
        ("bytes=9-9", "bytes 9-9/10"),
        ("bytes=10-", "bytes */10"),
        ("bytes=10-12", "bytes */10"),
        ("bytes=-0", "bytes */10"),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=1-2,4-5", None),
        ("bytes=a-b", None),
        ("bytes=1-" + "9" * 19, None),
        ("lines=1-2", None),
        ("", None),
    ],
)
def test_a_range_of_ten_bytes(header: str, expected: str | None) -> None:
    span = read_range(header, 10)
    assert (span and span.content_range) == expected


def test_of_an_empty_file_every_range_is_empty() -> None:
    for header in ("bytes=0-", "bytes=0-5", "bytes=-3"):
        span = read_range(header, 0)
        assert span is not None and span.is_empty


def test_only_one_place_reads_the_header() -> None:
    readers = [p for p in (ROOT / "sweepd").rglob("*.py") if '"range"' in p.read_text()]
    assert all("read_range(" in path.read_text() for path in readers) and len(readers) == 2
