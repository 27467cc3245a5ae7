"""The application in process, spoken to as the client does."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.settings import Settings
from tests.conftest import FakeClock, build_parts
from tests.in_process import InProcess
from tests.protocol import access_world
from tests.protocol.access_world import Guarded, World

Ask = Callable[..., Any]
KEY = "ann-" + "a" * 40


def authorization(key: str) -> dict[str, str]:
    """The header the client sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


@pytest.fixture
def http(parts: server.Parts) -> Iterator[TestClient]:
    """Whoever has no key."""
    parts.services.users.add_user("ann", KEY)
    client = InProcess(parts)
    yield client
    client.close()


@pytest.fixture
def ask(http: TestClient) -> Ask:
    """Ask GraphQL as ann; returns `data`, or the whole response when it failed."""

    def ask(document: str, key: str = KEY, **variables: Any) -> Any:
        body = {"query": document, "variables": variables, "operationName": ""}
        response = http.post("/graphql", json=body, headers=authorization(key))
        return response.json()["data"] if response.status_code == 200 else response

    return ask


@pytest.fixture
def ann_caller(http: TestClient, parts: server.Parts) -> Caller:
    """ann, who owns KEY."""
    return parts.services.users.get_caller("ann")


@pytest.fixture(scope="session")
def guarded_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A data folder that holds one of everything of ann's, and the names."""
    folder = tmp_path_factory.mktemp("access") / "data"
    parts = build_parts(folder, FakeClock(), notice_hosts="*")
    with TestClient(server.make_app(parts)) as http:
        world = access_world.build(http, parts)
    return folder, world


@pytest.fixture
def guarded(guarded_folder: tuple[Path, World], tmp_path: Path) -> Iterator[Guarded]:
    """A server on a copy of that folder."""
    folder, world = guarded_folder
    shutil.copytree(folder, tmp_path / "data")
    parts = server.build(Settings(data=tmp_path / "data", notice_hosts="*"), FakeClock())
    client = InProcess(parts)
    yield Guarded(client, parts, world)
    client.close()
    parts.core.db.close()


def log_version(
    ask: Ask, http: TestClient, collection: str, kind: str = "data", metadata: str = "{}"
) -> str:
    """Commit a version without files in ann's project p; its node id."""
    create = """mutation C($input: CreateArtifactInput!) { createArtifact(input: $input) {
      artifact { id } } }"""
    owner = {"entityName": "ann", "projectName": "p"}
    new = {"artifactTypeName": kind, "artifactCollectionName": collection, "digest": collection}
    new["metadata"] = metadata
    artifact = str(ask(create, input=owner | new)["createArtifact"]["artifact"]["id"])
    text = json.dumps({"version": 1, "contents": {}}).encode()
    digest = base64.b64encode(hashlib.md5(text, usedforsecurity=False).digest()).decode()
    manifest = {"artifactID": artifact, "name": "m", "digest": digest, "runName": "r"}
    made = ask(
        """mutation M($input: CreateArtifactManifestInput!) { createArtifactManifest(
      input: $input) { artifactManifest { file { uploadUrl } } } }""",
        input=owner | manifest,
    )["createArtifactManifest"]["artifactManifest"]
    path = "/" + made["file"]["uploadUrl"].split("/", 3)[3]
    assert http.put(path, content=text).status_code == 200
    ask(
        "mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }",
        id=artifact,
    )
    return artifact
