"""Small words of the protocol that scripts rely on."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.wandb_api import signing
from tests.protocol.conftest import KEY, Ask
from tests.unit.services.logging_versions import log


@pytest.fixture(autouse=True)
def prepared(parts: server.Parts) -> Iterator[None]:
    parts.services.registries.prepare("")
    yield


def test_a_team_is_answered_with_its_members_and_their_roles(ask: Ask, parts: server.Parts) -> None:
    parts.services.users.add_user("bob")
    admin = "eve-" + "e" * 40
    parts.services.users.add_user("eve", admin, is_admin=True)
    made = ask(
        """mutation { createTeam(input: {teamName: "crew"}) { entity { name
        members { username role admin } } } }""",
        key=admin,
    )["createTeam"]["entity"]
    assert made["members"] == [{"username": "eve", "role": "ADMIN", "admin": True}]
    invite = """mutation { createInvite(input: {entityName: "crew", username: "bob"}) {
      invite { id } } }"""
    ask(invite, key=admin)
    read = '{ entity(name: "crew") { members { username role } } }'
    members = ask(read, key=admin)["entity"]["members"]
    assert {m["username"]: m["role"] for m in members} == {"eve": "ADMIN", "bob": "USER"}


def test_keys_are_known_by_how_they_begin(ask: Ask) -> None:
    made = ask("mutation { generateApiKey(input: {}) { apiKey { name } } }")
    secret = made["generateApiKey"]["apiKey"]["name"]
    edges = ask("{ viewer { apiKeys { edges { node { id name } } } } }")["viewer"]["apiKeys"]
    names = [edge["node"]["name"] for edge in edges["edges"]]
    assert names == [KEY[:10], secret[:10]]


def test_files_lie_below_one_folder_and_no_other_region(
    ask: Ask, parts: server.Parts, ann_caller: Caller
) -> None:
    log(parts, ann_caller, b"bytes")
    read = """{ project(name: "p") { artifact(name: "m:latest") {
      files { edges { node { storagePath } } } } } }"""
    [edge] = ask(read)["project"]["artifact"]["files"]["edges"]
    assert edge["node"]["storagePath"].startswith("wandb_artifacts/")
    create = """mutation C($region: String) { createArtifact(input: {entityName: "ann",
      projectName: "p", artifactTypeName: "t", artifactCollectionName: "c", digest: "d",
      storageRegion: $region}) { artifact { id } } }"""
    for region in (None, "", "default"):
        assert ask(create, region=region)["createArtifact"]
    refused = ask(create, region="coreweave-us")
    assert refused.status_code == 400 and "storage region" in refused.text


def test_an_address_that_expires_midway_is_told_so_and_another_works(
    ask: Ask,
    http: TestClient,
    parts: server.Parts,
    ann_caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client fetches a large file in parts, and asks for a new address on 401 or 403."""
    log(parts, ann_caller, b"0123456789")
    read = """{ project(name: "p") { artifact(name: "m:latest") {
      files(names: ["f"], first: 1) { edges { node { directUrl } } } } } }"""

    def part(url: str, span: str) -> Any:
        return http.get("/" + url.split("/", 3)[3], headers={"Range": f"bytes={span}"})

    def address() -> str:
        [edge] = ask(read)["project"]["artifact"]["files"]["edges"]
        return str(edge["node"]["directUrl"])

    first = address()
    assert part(first, "0-4").content == b"01234"
    with monkeypatch.context() as aged:
        aged.setattr(signing, "LIFETIME_S", -1)
        assert part(first, "5-9").status_code == 403
    answer = part(address(), "5-9")
    assert (answer.status_code, answer.content) == (206, b"56789")


NAMES = [
    "a\nb",
    "a\n",
    "\n",
    "t\tb",
    'q"',
    "p%41",
    "p+",
    "#h",
    "w?h",
    "b\\s",
    "日本 ünï",
    " ",
    "d/e\nf",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_goes_up_and_comes_down(ask: Ask, http: TestClient, name: str) -> None:
    start = """mutation { upsertBucket(input: {modelName: "p", name: "r"}) { bucket { id } } }"""
    ask(start)
    make = """mutation F($f: [String!]!) { createRunFiles(input: {entityName: "ann",
      projectName: "p", runName: "r", files: $f}) { files { id name uploadUrl } } }"""
    [made] = ask(make, f=[name])["createRunFiles"]["files"]
    assert http.put("/" + made["uploadUrl"].split("/", 3)[3], content=b"abc").status_code == 200
    read = """query R($n: [String]) { project(name: "p") { run(name: "r") { files(names: $n) {
      edges { node { name directUrl } } } } } }"""
    [edge] = ask(read, n=[name])["project"]["run"]["files"]["edges"]
    assert edge["node"]["name"] == name
    assert http.get("/" + edge["node"]["directUrl"].split("/", 3)[3]).content == b"abc"
