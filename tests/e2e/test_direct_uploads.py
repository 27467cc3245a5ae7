"""Files of artifacts that go straight into an S3 (moto's, on loopback), by addresses it signs."""

import base64
import hashlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.artifacts import Artifact, Digest
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.artifacts import direct_uploads
from sweepd.services.artifacts.direct_uploads import SignedPut
from sweepd.services.upkeep import backup, restoring
from sweepd.services.upkeep.housekeeping import UPLOAD_LIFETIME_S
from sweepd.store.blob_names import is_by_md5
from sweepd.store.blobs import Blobs
from tests.conftest import FakeClock, build_parts, start_server
from tests.e2e.object_stores import serving
from tests.protocol.conftest import authorization
from tests.proxy import Proxy
from tests.unit.services.logging_versions import begin, md5, put, put_manifest

SCRIPT = Path(__file__).parent / "scripts" / "object_store.py"
BODY = b"bytes of a file"
MIB = 1 << 20

shared_s3 = pytest.fixture(serving, scope="module")


@pytest.fixture
def s3(shared_s3: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The module's bucket; each test has a prefix of its own."""
    return shared_s3 | {"SWEEPD_FILES": f"s3://sweeps/{tmp_path.name}"}


@pytest.fixture
def parts(
    s3: dict[str, str], tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[server.Parts]:
    """A server's services, files in the bucket, uploads signed for an hour."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    built = build_parts(tmp_path / "data", clock, files=s3["SWEEPD_FILES"], direct_upload_s=3600)
    yield built
    built.core.db.close()


def bucket(s3: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=s3["AWS_ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def places(s3: dict[str, str]) -> dict[str, int]:
    """What lies in the bucket below this test's prefix, and its bytes."""
    prefix = s3["SWEEPD_FILES"].removeprefix("s3://sweeps/") + "/"
    found = bucket(s3).list_objects_v2(Bucket="sweeps", Prefix=prefix).get("Contents", ())
    return {item["Key"].removeprefix(prefix): item["Size"] for item in found}


def send(url: str, body: bytes, **headers: str) -> str:
    """Put bytes at a signed address; returns the ETag."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("PUT", f"{parts.path}?{parts.query}", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer
    return str(answer.headers["ETag"])


def announce(parts: server.Parts, ann: Caller, body: bytes = BODY) -> tuple[Artifact, SignedPut]:
    """A version with one file on its way, and where it goes."""
    uploads = parts.services.artifacts.uploads
    pending = begin(parts, ann, md5(body))
    assert uploads.announce_files(ann, [(pending.pk, "f", Digest(md5(body)))]) == [True]
    signed = uploads.direct.put_address(pending.pk, "f", Digest(md5(body)))
    assert signed is not None
    put_manifest(parts, pending.pk, {"f": {"digest": md5(body), "size": len(body)}})
    return pending, signed


def commit(parts: server.Parts, ann: Caller, pending: Artifact) -> str:
    """End the upload; returns the name of its file's bytes."""
    done = parts.services.artifacts.uploads.commit(ann, pending.pk, lambda _: pending.pk)
    [entry] = parts.services.artifacts.entries(done)
    assert entry.blob is not None and done.size_bytes == entry.size_bytes
    return entry.blob


@pytest.mark.e2e
def test_a_clients_artifact_passes_to_the_store_and_not_through_the_server(
    s3: dict[str, str], tmp_path: Path
) -> None:
    """Counted in front of both."""
    folder, size_bytes = tmp_path / "work", 256 * 5_000
    folder.mkdir()
    with Proxy() as proxy, Proxy(keeps_host=True) as store:
        store.behind = [int(s3["AWS_ENDPOINT"].rpartition(":")[2])]
        settings = {"SWEEPD_PUBLIC_URL": proxy.url, "SWEEPD_DIRECT_UPLOAD_S": "3600"}
        running = start_server(tmp_path / "data", **s3 | settings | {"AWS_ENDPOINT": store.url})
        proxy.behind = [running.port]
        done = subprocess.run(
            [sys.executable, SCRIPT, "p"],
            cwd=folder,
            env=running.environment(folder) | {"WANDB_BASE_URL": proxy.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        running.stop()
    assert done.returncode == 0 and "done" in done.stdout, done.stderr + running.log
    assert proxy.n_uploaded < size_bytes / 4
    assert size_bytes < store.n_uploaded < size_bytes * 1.5
    [head] = [head for head in store.heads if head.startswith("PUT") and "X-Amz-Signature" in head]
    sent = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert sent["Content-Md5"] == md5((folder / "model.bin").read_bytes())
    assert size_bytes in {n for place, n in places(s3).items() if place.startswith("m")}


def test_a_version_holds_what_its_uploader_put_and_cannot_change_any_more(
    parts: server.Parts, ann: Caller, s3: dict[str, str]
) -> None:
    pending, signed = announce(parts, ann)
    uploads = parts.services.artifacts.uploads
    with pytest.raises(BadInput, match="the bytes of 1 files never came: f"):
        uploads.commit(ann, pending.pk, lambda _: pending.pk)
    send(signed.url, BODY, **dict(signed.headers))
    blob = commit(parts, ann, pending)
    assert is_by_md5(blob) and parts.services.files.read(blob) == BODY
    send(signed.url, b"later", **dict(signed.headers))
    assert commit(parts, ann, pending) == blob and parts.services.files.read(blob) == BODY
    assert [place for place in places(s3) if place.endswith(blob[2:])] == [f"{blob[:2]}/{blob[2:]}"]


def test_other_bytes_than_announced_are_no_version(
    parts: server.Parts, ann: Caller, s3: dict[str, str]
) -> None:
    pending, signed = announce(parts, ann)
    send(signed.url, b"other", **dict(signed.headers))
    with pytest.raises(BadInput, match="f: the bytes in the object store have not MD5"):
        commit(parts, ann, pending)
    send(signed.url, BODY, **dict(signed.headers))
    assert parts.services.files.read(commit(parts, ann, pending)) == BODY


def test_bytes_are_sent_once_in_a_project_and_may_come_through_us_as_well(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    pending, signed = announce(parts, ann)
    send(signed.url, BODY, **dict(signed.headers))
    blob = commit(parts, ann, pending)
    uploads = parts.services.artifacts.uploads
    again = begin(parts, ann, "other", "n")
    assert uploads.announce_files(ann, [(again.pk, "f", Digest(md5(BODY)))]) == [False]
    put_manifest(parts, again.pk, {"f": {"digest": md5(BODY), "size": len(BODY)}})
    assert commit(parts, ann, again) == blob
    bobs, _ = announce(parts, bob)
    put(parts, bobs.pk, "f", BODY, BODY)
    assert not is_by_md5(commit(parts, bob, bobs))


def test_the_store_is_not_asked_for_ever_for_what_never_came(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct_uploads, "BATCH", 2)
    monkeypatch.setattr(direct_uploads, "MAX_MISSING", 3)
    uploads, pending = parts.services.artifacts.uploads, begin(parts, ann, "d")
    bodies = {f"f{n}": b"%d" % n for n in range(20)}
    uploads.announce_files(ann, [(pending.pk, f, Digest(md5(b))) for f, b in bodies.items()])
    put_manifest(parts, pending.pk, {f: {"digest": md5(b), "size": 1} for f, b in bodies.items()})
    asked: list[str] = []
    assert parts.blobs.direct is not None
    monkeypatch.setattr(parts.blobs.direct, "keep", lambda place, *_: asked.append(place))
    with pytest.raises(BadInput, match="the bytes of 20 files never came"):
        commit(parts, ann, pending)
    assert len(asked) == 4


def test_what_never_became_a_version_goes_and_what_did_stays(
    parts: server.Parts, ann: Caller, s3: dict[str, str], clock: FakeClock
) -> None:
    kept, signed = announce(parts, ann)
    send(signed.url, BODY, **dict(signed.headers))
    blob = commit(parts, ann, kept)
    _, left = announce(parts, ann, b"left")
    send(left.url, b"left", **dict(left.headers))
    parts.services.artifacts.uploads.direct.begin_parts(Digest(md5(b"x")), [(1, "0" * 32)])
    prefix = s3["SWEEPD_FILES"].removeprefix("s3://sweeps/")
    unfinished = {"Bucket": "sweeps", "Prefix": f"{prefix}/"}
    assert bucket(s3).list_multipart_uploads(**unfinished)["Uploads"]
    assert any(place.startswith("incoming/") for place in places(s3))
    clock.at = _newest(s3)
    clock.forward(UPLOAD_LIFETIME_S + 60)
    parts.housekeeping.remove_expired()
    assert not any(place.startswith("incoming/") for place in places(s3))
    assert "Uploads" not in bucket(s3).list_multipart_uploads(**unfinished)
    assert parts.services.files.read(blob) == BODY


def _newest(s3: dict[str, str]) -> Any:
    found = bucket(s3).list_objects_v2(Bucket="sweeps")["Contents"]
    return max(item["LastModified"] for item in found)


def test_backups_verification_and_trash_know_such_bytes(
    parts: server.Parts, ann: Caller, s3: dict[str, str], tmp_path: Path, clock: FakeClock
) -> None:
    pending, signed = announce(parts, ann)
    send(signed.url, BODY, **dict(signed.headers))
    blob = commit(parts, ann, pending)
    target = tmp_path / "backup.tar"
    url = parts.settings.database_url
    done = backup.write(url, parts.blobs, target, parts.core.now(), "1", tmp_path / "none")
    assert not done.damaged
    data = tmp_path / "restored"
    restored = restoring.restore(target, data, lambda: Blobs.open(str(data / "blobs")))
    assert restored.faults == ()
    assert Blobs.open(str(data / "blobs")).get_bytes(blob) == BODY
    assert list(parts.verification.check_files(parts.verification.names(), repair=True)) == []
    parts.blobs.trash.put(blob, clock.at)
    [found] = parts.verification.check_files(parts.verification.names(), repair=True)
    assert found.is_mended and parts.services.files.read(blob) == BODY
    place = f"{s3['SWEEPD_FILES'].removeprefix('s3://sweeps/')}/{blob[:2]}/{blob[2:]}"
    bucket(s3).put_object(Bucket="sweeps", Key=place, Body=b"damaged")
    [found] = parts.verification.check_files(parts.verification.names(), repair=False)
    assert "is damaged" in found.what


FILES = """mutation C($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
  files { edges { node { uploadUrl uploadHeaders uploadMultipartUrls {
    uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }"""
DONE = """mutation D($input: CompleteMultipartUploadArtifactInput!) {
  completeMultipartUploadArtifact(input: $input) { digest } }"""


def test_a_large_file_goes_in_parts_and_stands_for_itself_until_it_was_read(
    parts: server.Parts, ann: Caller, s3: dict[str, str]
) -> None:
    """Nobody has seen the MD5 of the whole: the client said it."""
    chunks = [os.urandom(5 * MIB), b"the end"]
    body, uploads = b"".join(chunks), parts.services.artifacts.uploads
    hashes = [hashlib.md5(chunk, usedforsecurity=False).digest() for chunk in chunks]
    pending = begin(parts, ann, md5(body))
    key = parts.services.users.add_key("ann")
    http = TestClient(server.make_app(parts), headers=authorization(key))

    def ask(document: str, **given: Any) -> Any:
        told = {"query": document, "variables": {"input": given}}
        answer = http.post("/graphql", json=told).json()
        assert "errors" not in answer, answer
        return answer["data"]

    artifact_id = base64.b64encode(f"Artifact:{pending.pk}".encode()).decode()
    numbered = [
        {"partNumber": number, "hexMD5": value.hex()} for number, value in enumerate(hashes, 1)
    ]
    announced = {"artifactID": artifact_id, "name": "f", "md5": md5(body)}
    asked = ask(
        FILES, artifactFiles=[announced | {"uploadPartsInput": numbered}], storageLayout="V2"
    )
    [edge] = asked["createArtifactFiles"]["files"]["edges"]
    given = edge["node"]["uploadMultipartUrls"]
    etags = [
        send(part["uploadUrl"], chunk, **{"Content-MD5": base64.b64encode(value).decode()})
        for part, chunk, value in zip(given["uploadUrlParts"], chunks, hashes, strict=True)
    ]
    completed = [{"partNumber": n, "hexMD5": etag} for n, etag in enumerate(etags, 1)]
    for _ in range(2):
        ask(
            DONE,
            completeMultipartAction="Complete",
            completedParts=completed,
            artifactID=artifact_id,
            storagePath="f",
            uploadID=given["uploadID"],
        )
    put_manifest(parts, pending.pk, {"f": {"digest": md5(body), "size": len(body)}})
    blob = commit(parts, ann, pending)
    assert parts.services.files.read(blob) == body
    assert parts.services.artifacts.bytes.find_bytes(ann, hashlib.md5(body).hexdigest(), pending.pk)

    other = begin(parts, ann, "other", "n")
    coming = [(other.pk, "f", Digest(md5(body)))]
    assert uploads.announce_files(ann, coming) == [True]
    assert list(parts.verification.check_files(parts.verification.names(), repair=False)) == []
    assert uploads.announce_files(ann, coming) == [False]


def test_without_an_s3_files_come_through_us_and_the_log_says_why_once(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    built = build_parts(tmp_path / "data", clock, direct_upload_s=3600)
    direct = built.services.artifacts.uploads.direct
    assert "in no S3" in caplog.text, "said at the start"
    for _ in range(2):
        assert direct.put_address(1, "f", Digest(md5(BODY))) is None
        assert direct.begin_parts(Digest(md5(BODY)), [(1, "0" * 32)]) is None
    [record] = caplog.records
    assert "pass through this server" in record.message and "in no S3" in record.message
    built.core.db.close()


def test_when_the_store_refuses_files_come_through_us(
    parts: server.Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    direct = parts.services.artifacts.uploads.direct

    def refuse(*_: object) -> str:
        raise Unavailable("it is being mended")

    assert parts.blobs.direct is not None
    monkeypatch.setattr(parts.blobs.direct, "begin", refuse)
    assert direct.begin_parts(Digest(md5(BODY)), [(1, "0" * 32)]) is None
    assert "it is being mended" in caplog.text
    assert direct.begin_parts(Digest(md5(BODY)), [(1, "")]) is None
    assert direct.put_address(1, "f", Digest("no base64")) is None
