"""Names say what the bytes must be, whichever digest they tell."""

import base64
import hashlib

import pytest

from sweepd.store.blob_names import (
    LAST,
    Check,
    blob_place,
    by_md5,
    hex_md5,
    is_by_md5,
    md5_in,
    name_at,
)

BODY = b"bytes"
SHA256 = hashlib.sha256(BODY).hexdigest()
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("name", [SHA256, by_md5(MD5)], ids=["sha256", "md5"])
def test_bytes_are_held_against_what_their_name_tells(name: str) -> None:
    right, wrong = Check(name), Check(name)
    right.see(BODY[:2])
    right.see(BODY[2:])
    wrong.see(BODY[:2])
    assert right.is_whole and not wrong.is_whole


@pytest.mark.parametrize("name", [SHA256, by_md5(MD5)], ids=["sha256", "md5"])
def test_a_name_is_found_again_by_its_place(name: str) -> None:
    assert len(name) == 64 and name < LAST
    assert name_at(blob_place(name)) == name
    assert name_at(f"x{blob_place(name)}") is None and name_at(f"incoming/{name}") is None


def test_equal_bytes_that_came_twice_have_two_names_that_tell_their_md5() -> None:
    first, second = by_md5(MD5), by_md5(MD5)
    assert first != second
    assert md5_in(first) == md5_in(second) == MD5
    assert is_by_md5(first) and not is_by_md5(SHA256)


def test_an_md5_is_sixteen_bytes_in_base64() -> None:
    assert hex_md5(base64.b64encode(bytes.fromhex(MD5)).decode()) == MD5
    text = base64.b64encode(bytes.fromhex(MD5)).decode()
    for wrong in ("", "no base64!", "YWJj", f"{text[:5]}-{text[5:]}", f" {text}"):
        with pytest.raises(ValueError):
            hex_md5(wrong)
