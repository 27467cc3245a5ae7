"""Bytes of artifacts over HTTP: large files in parts, downloads by digest, parts of files."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest
import xxhash
from starlette.testclient import TestClient

from sweepd import server
from tests.protocol.conftest import KEY, Ask, authorization

CREATE = """mutation C($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state } } }"""
FILES = """mutation F($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
  files { edges { node { storagePath uploadUrl uploadMultipartUrls {
    uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }"""
COMPLETE = """mutation M($input: CompleteMultipartUploadArtifactInput!) {
  completeMultipartUploadArtifact(input: $input) { digest } }"""
MANIFEST = """mutation A($input: CreateArtifactManifestInput!) { createArtifactManifest(
  input: $input) { artifactManifest { id file { uploadUrl } } } }"""
COMMIT = """mutation A($id: ID!) { commitArtifact(input: {artifactID: $id}) {
  artifact { versionIndex files { edges { node { directUrl sizeBytes } } } } } }"""
LINK = """mutation L($input: LinkArtifactInput!) { linkArtifact(input: $input) {
  versionIndex } }"""
UNLINK = """mutation U($input: UnlinkArtifactInput!) { unlinkArtifact(input: $input) {
  success } }"""
BODY = bytes(range(256)) * 5000
PARTS = [BODY[i : i + 500_000] for i in range(0, len(BODY), 500_000)]


def md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


DIGEST = base64.b64encode(md5(BODY)).decode()


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def create(ask: Ask, name: str = "big") -> str:
    values = {
        "entityName": "ann",
        "projectName": "p",
        "artifactTypeName": "dataset",
        "artifactCollectionName": name,
        "digest": name,
    }
    return str(ask(CREATE, input=values)["createArtifact"]["artifact"]["id"])


def announce(ask: Ask, artifact: str) -> dict[str, Any]:
    parts = [{"partNumber": n, "hexMD5": md5(p).hex()} for n, p in enumerate(PARTS, 1)]
    spec = {"artifactID": artifact, "name": "big.bin", "md5": DIGEST, "uploadPartsInput": parts}
    answer = ask(FILES, input={"artifactFiles": [spec], "storageLayout": "V2"})
    [edge] = answer["createArtifactFiles"]["files"]["edges"]
    return dict(edge["node"])


def complete(ask: Ask, artifact: str, node: dict[str, Any], etags: list[str]) -> Any:
    values = {
        "completeMultipartAction": "Complete",
        "artifactID": artifact,
        "storagePath": "big.bin",
        "uploadID": node["uploadMultipartUrls"]["uploadID"],
        "completedParts": [{"partNumber": n, "hexMD5": e} for n, e in enumerate(etags, 1)],
    }
    return ask(COMPLETE, input=values)


def commit(ask: Ask, http: TestClient, artifact: str) -> dict[str, Any]:
    entry = {"digest": DIGEST, "size": len(BODY), "birthArtifactID": artifact}
    text = json.dumps({"version": 1, "contents": {"big.bin": entry}}).encode()
    values = {
        "artifactID": artifact,
        "name": "m",
        "digest": base64.b64encode(md5(text)).decode(),
        "entityName": "ann",
        "projectName": "p",
        "runName": "r",
        "type": "FULL",
    }
    manifest = ask(MANIFEST, input=values)["createArtifactManifest"]["artifactManifest"]
    assert http.put(path_of(manifest["file"]["uploadUrl"]), content=text).status_code == 200
    return dict(ask(COMMIT, id=artifact)["commitArtifact"]["artifact"])


@pytest.mark.slow
def test_large_file_comes_in_parts_and_is_read_in_parts(ask: Ask, http: TestClient) -> None:
    artifact = create(ask)
    node = announce(ask, artifact)
    urls = [part["uploadUrl"] for part in node["uploadMultipartUrls"]["uploadUrlParts"]]
    wrong = http.put(path_of(urls[0]), content=b"wrong")
    assert wrong.status_code == 503 and "announced was" in wrong.text
    assert wrong.headers["retry-after"] == "1"
    assert http.put(path_of(urls[0]), content=b"wrong").status_code == 400
    etags = []
    for url, part in reversed(list(zip(urls, PARTS, strict=True))):
        answer = http.put(path_of(url), content=part)
        assert answer.status_code == 200
        etags.insert(0, answer.headers["etag"])
    assert etags[0] == f'"{md5(PARTS[0]).hex()}"'
    done = complete(ask, artifact, node, etags)
    assert done["completeMultipartUploadArtifact"] == {"digest": DIGEST}
    [edge] = commit(ask, http, artifact)["files"]["edges"]
    url = path_of(edge["node"]["directUrl"])
    assert http.get(url).content == BODY
    some = http.get(url, headers={"Range": "bytes=1000000-1000099"})
    assert (some.status_code, some.content) == (206, BODY[1_000_000:1_000_100])
    assert http.get(url, headers={"Range": "bytes=-7"}).content == BODY[-7:]
    assert http.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    for no_range in ("bytes=5-2", "bytes=0-1,3-4", "bytes=-", "rows=1-2", "bytes=0-" + "9" * 5000):
        whole = http.get(url, headers={"Range": no_range})
        assert (whole.status_code, whole.content) == (200, BODY), no_range
    again = announce(ask, create(ask, "other"))
    assert again["uploadUrl"] is None and again["uploadMultipartUrls"] is None


def test_missing_part_is_named_and_another_files_upload_is_refused(
    ask: Ask, http: TestClient
) -> None:
    artifact = create(ask)
    node = announce(ask, artifact)
    first = node["uploadMultipartUrls"]["uploadUrlParts"][0]["uploadUrl"]
    assert http.put(path_of(first), content=PARTS[0]).status_code == 200
    missing = complete(ask, artifact, node, ["x"] * len(PARTS))
    assert missing.status_code == 400 and "part 2" in missing.text
    other = complete(ask, create(ask, "other"), node, ["x"])
    assert other.status_code == 400 and "another file" in other.text


@pytest.mark.slow
def test_file_is_found_by_its_digest_where_the_caller_may_read(
    ask: Ask, http: TestClient, parts: Any
) -> None:
    artifact = create(ask)
    assert http.put(path_of(announce(ask, artifact)["uploadUrl"]), content=BODY).status_code == 200
    commit(ask, http, artifact)
    path = f"/artifactsV2/default/ann/p/big/{artifact}/{md5(BODY).hex()}/big.bin"
    key = "ann-" + "a" * 40
    assert http.get(path, headers=authorization(key)).content == BODY
    assert http.get(path).status_code == 401
    assert http.get(path.replace("/p/", "/q/"), headers=authorization(key)).status_code == 404
    unknown = path.replace(md5(BODY).hex(), "0" * 32)
    assert http.get(unknown, headers=authorization(key)).status_code == 404
    bob = "bob-" + "b" * 40
    parts.services.users.add_user("bob", bob)
    assert http.get(path, headers=authorization(bob)).status_code == 404


def test_xxh128_judges_the_bytes_and_is_no_md5(ask: Ask, http: TestClient) -> None:
    """The two have the same length: what came as one must never be found as the other."""
    digest = base64.b64encode(xxhash.xxh3_128(BODY).digest()).decode()

    def upload_url(artifact: str, value: str, algorithm: str) -> str | None:
        spec = {"artifactID": artifact, "name": "f", "md5": DIGEST, "digest": value}
        values = {"artifactFiles": [spec], "digestAlgorithm": algorithm}
        [edge] = ask(FILES, input=values)["createArtifactFiles"]["files"]["edges"]
        url: str | None = edge["node"]["uploadUrl"]
        return url

    first = create(ask)
    url = upload_url(first, digest, "MANIFEST_XXH128")
    assert url is not None
    assert http.put(path_of(url), content=BODY[1:]).status_code == 503  # damaged on the way?
    refused = http.put(path_of(url), content=BODY[1:])
    assert refused.status_code == 400 and "XXH128" in refused.text
    assert http.put(path_of(url), content=BODY).status_code == 200
    assert upload_url(create(ask, "b"), digest, "MANIFEST_XXH128") is None
    assert upload_url(create(ask, "c"), digest, "MANIFEST_MD5") is not None
    address = f"/artifactsV2/default/ann/{first}/{base64.b64decode(digest).hex()}"
    assert http.get(address, headers=authorization(KEY)).content == BODY


def test_unknown_digest_algorithm_is_refused(ask: Ask) -> None:
    values = {"artifactFiles": [], "digestAlgorithm": "MANIFEST_CRC32"}
    assert ask(FILES, input=values).status_code == 400


@pytest.mark.slow
def test_file_is_found_by_its_digest_at_every_address_clients_know(
    ask: Ask, http: TestClient, parts: server.Parts
) -> None:
    artifact = create(ask)
    node = announce(ask, artifact)
    http.put(path_of(node["uploadUrl"]), content=BODY)
    commit(ask, http, artifact)
    ask(
        LINK,
        input={
            "artifactID": artifact,
            "artifactPortfolioName": "shown",
            "entityName": "ann",
            "projectName": "other",
        },
    )
    stranger = "bob-" + "b" * 40
    parts.services.users.add_user("bob", stranger)
    digest, node_id = md5(BODY).hex(), quote(artifact)
    for path in (
        f"ann/p/big/{node_id}/{digest}/big.bin",
        f"ann/p/big//{digest}/big.bin",
        f"ann/p/big/{node_id}/{node_id}/{digest}/big.bin",
        f"ann/other/shown/{node_id}/{digest}/big.bin",
        f"ann/other/shown/{node_id}/{node_id}/{digest}/big.bin",
        f"ann/{node_id}/{digest}",
    ):
        answer = http.get(f"/artifactsV2/default/{path}", headers=authorization(KEY))
        assert answer.content == BODY, (path, answer.text[:200])
        refused = http.get(f"/artifactsV2/default/{path}", headers=authorization(stranger))
        assert refused.status_code == 404, path
        wrong = path.replace(digest, "0" * 32)
        assert (
            http.get(f"/artifactsV2/default/{wrong}", headers=authorization(KEY)).status_code == 404
        )
    ask(UNLINK, input={"artifactID": artifact, "artifactPortfolioID": portfolio(ask)})
    gone = f"/artifactsV2/default/ann/other/shown/{node_id}/{digest}/big.bin"
    assert http.get(gone, headers=authorization(KEY)).status_code == 404


def portfolio(ask: Ask) -> str:
    found = ask('{ project(name: "other") { artifactCollection(name: "shown") { id } } }')
    return str(found["project"]["artifactCollection"]["id"])


def test_files_are_listed_as_clients_before_0_28_ask(ask: Ask, http: TestClient) -> None:
    document = """query GetArtifactFiles($type: String!, $name: String!, $names: [String!]) {
      project(name: "p", entityName: "ann") { artifactType(name: $type) { artifact(name: $name) {
        files(names: $names, first: 50) { edges { node { name } } } } } } }"""

    def named(kind: str, name: str) -> Any:
        return ask(document, type=kind, name=name)["project"]["artifactType"]["artifact"]

    artifact = create(ask)
    http.put(path_of(announce(ask, artifact)["uploadUrl"]), content=BODY)
    commit(ask, http, artifact)
    [edge] = named("dataset", "big:v0")["files"]["edges"]
    assert edge["node"]["name"] == "big.bin"
    assert ask(document, type="model", name="big:v0")["project"]["artifactType"] is None
