"""Uploads straight into an S3, as far as moto's in this process tells."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sweepd.domain.errors import BadInput, TooLarge, Unavailable
from sweepd.store.blob_names import blob_place, by_md5
from sweepd.store.direct import Direct, waiting_place
from sweepd.store.s3 import S3, Found

BODY = b"bytes of a file"
HEX = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
MD5 = base64.b64encode(bytes.fromhex(HEX)).decode()
PLACE = waiting_place(7, "dir/f", MD5)
LONG_AGO, SOON = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    from moto import mock_aws  # half a second

    with mock_aws():
        found = S3.open("s3://sweeps/kept", {})
        assert found is not None
        found._client.create_bucket(Bucket="sweeps")
        yield found


def keys(s3: S3) -> set[str]:
    listed = s3._client.list_objects_v2(Bucket="sweeps").get("Contents", ())
    return {item["Key"] for item in listed}


def signed(url: str) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.slow
def test_an_address_is_good_for_bytes_of_one_md5_only(s3: S3) -> None:
    url = Direct(s3).put_address(PLACE, MD5, 600)
    assert urlsplit(url).path == f"/sweeps/kept/{PLACE}"
    assert signed(url)["X-Amz-SignedHeaders"] == "content-md5;host"
    assert signed(url)["X-Amz-Expires"] == "600"
    other = Direct(s3).put_address(PLACE, base64.b64encode(bytes(16)).decode(), 600)
    assert signed(other)["X-Amz-Signature"] != signed(url)["X-Amz-Signature"]
    part = Direct(s3).part_address(by_md5(HEX), "u", 3, MD5, 600)
    assert signed(part)["X-Amz-SignedHeaders"] == "content-md5;host"
    assert (signed(part)["partNumber"], signed(part)["uploadId"]) == ("3", "u")


@pytest.mark.slow
def test_what_was_put_becomes_a_blob_out_of_reach_of_who_put_it(s3: S3) -> None:
    direct = Direct(s3)
    assert direct.keep(PLACE, "f", MD5, 100) is None
    s3.put(PLACE, BODY)
    blob = direct.keep(PLACE, "f", MD5, 100)
    assert blob is not None and (blob.size_bytes, blob.md5) == (len(BODY), MD5)
    s3.put(PLACE, b"other bytes, while the address is still good")
    assert s3.find(blob_place(blob.hash)) == Found(len(BODY), HEX)
    direct.delete([PLACE])
    assert keys(s3) == {f"kept/{blob_place(blob.hash)}"}


@pytest.mark.slow
def test_other_bytes_and_too_many_leave_nothing(s3: S3) -> None:
    s3.put(PLACE, b"other bytes")
    with pytest.raises(BadInput, match=r"dir/f: .* log the artifact again"):
        Direct(s3).keep(PLACE, "dir/f", MD5, 100)
    s3.put(PLACE, BODY)
    with pytest.raises(TooLarge, match="up to 3 bytes"):
        Direct(s3).keep(PLACE, "dir/f", MD5, 3)
    assert keys(s3) == set()


@pytest.mark.slow
def test_parts_become_a_blob_in_place_and_again_changes_nothing(s3: S3) -> None:
    direct, name = Direct(s3), by_md5(HEX)
    upload = direct.begin(name)
    with pytest.raises(BadInput, match="never came"):
        direct.finish(name, upload, [(1, f'"{HEX}"')], 100)
    given = {"Bucket": "sweeps", "Key": f"kept/{blob_place(name)}", "UploadId": upload}
    s3._client.upload_part(**given, PartNumber=1, Body=BODY)
    for _ in range(2):
        blob = direct.finish(name, upload, [(1, f'"{HEX}"')], 100)
        assert (blob.hash, blob.size_bytes, blob.md5) == (name, len(BODY), "")
    with pytest.raises(TooLarge):
        direct.finish(name, upload, [(1, f'"{HEX}"')], 3)
    assert keys(s3) == set()


@pytest.mark.slow
def test_unfinished_uploads_of_ours_are_forgotten_when_they_are_old(s3: S3) -> None:
    ours = [blob_place(by_md5(HEX)), "incoming/abc", "trash/2026-01-01/f"]
    for place in ours:
        s3.begin(place)
    others = s3.begin("somebody/elses")
    assert Direct(s3).drop_unfinished(LONG_AGO) == 0
    assert Direct(s3).drop_unfinished(SOON) == len(ours)
    assert [upload for _, upload, _ in s3.list_unfinished()] == [others]
    s3.abort("somebody/elses", others)
    s3.abort("somebody/elses", others)


@pytest.mark.slow
def test_a_store_that_does_not_tell_the_md5_is_noticed_by_asking_once(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that encrypts by KMS answers an ETag that is no digest."""
    assert Direct(s3).tells_md5()
    assert keys(s3) == set()
    find = S3.find
    asked = []

    def encrypted(self: S3, place: str) -> Found | None:
        asked.append(place)
        found = find(self, place)
        return found and Found(found.size_bytes, "0" * 32)

    monkeypatch.setattr(S3, "find", encrypted)
    direct = Direct(s3)
    assert not direct.tells_md5() and not direct.tells_md5()
    assert len(asked) == 1


@pytest.mark.slow
def test_a_store_that_refuses_may_work_later(s3: S3) -> None:
    elsewhere = S3.open("s3://nowhere", {})
    assert elsewhere is not None
    direct = Direct(elsewhere)
    for work in (
        direct.tells_md5,
        lambda: direct.begin(by_md5(HEX)),
        lambda: direct.drop_unfinished(SOON),
    ):
        with pytest.raises(Unavailable, match="bucket does not exist"):
            work()
    s3._client.create_bucket(Bucket="nowhere")
    assert direct.tells_md5()


def test_other_stores_and_a_python_without_boto3_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert S3.open("gs://sweeps/kept", {}) is None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert S3.open("s3://sweeps/kept", {}) is None


def test_a_copy_of_any_size_is_the_stores_own(s3: S3) -> None:
    s3.put(PLACE, BODY)
    s3.copy_large(PLACE, "ab/cd")
    assert keys(s3) == {f"kept/{PLACE}", "kept/ab/cd"}
