"""How clients find and enter a server: feature flags, a path before every address, limits."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.wandb_api import features
from tests.conftest import ROOT
from tests.protocol.client_documents import CLIENT
from tests.protocol.conftest import KEY, Ask, authorization
from tests.protocol.flags import DOWN, OLDER, TRIED
from tests.protocol.test_edge import UPSERT, message_of

FLAGS = "{ serverInfo { features { name isEnabled } } }"
FILES = """mutation A { createRunFiles(input: {entityName: "ann", projectName: "p", runName: "r1",
  files: ["a/b.txt"]}) { files { name uploadUrl } } }"""


@pytest.fixture
def below(parts: server.Parts) -> Iterator[TestClient]:
    """A server whose public address has a path."""
    parts.services.users.add_user("ann", KEY)
    settings = replace(parts.settings, public_url="http://testserver/sweeps/")
    client = TestClient(server.make_app(replace(parts, settings=settings)))
    yield client
    client.close()


@pytest.mark.parametrize("prefix", ["", "/sweeps"])
def test_path_of_the_public_address_is_answered_kept_or_cut_off(
    below: TestClient, prefix: str
) -> None:
    def post(document: str, **variables: Any) -> Any:
        body = {"query": document, "variables": variables}
        answer = below.post(f"{prefix}/graphql", json=body, headers=authorization(KEY))
        return answer.json()["data"]

    post(UPSERT, name="r1", project="p", config="{}")
    [file] = post(FILES)["createRunFiles"]["files"]
    assert file["uploadUrl"].startswith("http://testserver/sweeps/-/blobs/")
    assert below.put(file["uploadUrl"], content=b"hello").status_code == 200
    read = '{ project(name: "p") { run(name: "r1") { files { edges { node { url } } } } } }'
    [edge] = post(read)["project"]["run"]["files"]["edges"]
    assert below.get(edge["node"]["url"]).content == b"hello"
    path = f"{prefix}/files/ann/p/r1/file_stream"
    assert below.post(path, json={}, headers=authorization(KEY)).json() == {}


def test_other_paths_are_not_ours(below: TestClient) -> None:
    assert below.get("/sweepsx/healthz").status_code == 401  # an entity's page
    assert below.get("/sweeps/healthz").json()["ok"] is True


@pytest.mark.parametrize("raised", [True, False])
def test_flags_are_told_as_they_stand(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, raised: bool
) -> None:
    monkeypatch.setitem(features.FEATURES, "STRUCTURED_CONSOLE_LOGS", raised)
    told = {f["name"]: f["isEnabled"] for f in ask(FLAGS)["serverInfo"]["features"]}
    assert told["STRUCTURED_CONSOLE_LOGS"] is raised
    assert not told.get("EVAL_TABLES_CES", False)


@pytest.mark.slow
def test_every_flag_of_the_client_is_up_or_down_for_a_reason() -> None:
    from wandb.proto.wandb_internal_pb2 import ServerFeature

    known = {name for name, _ in ServerFeature.items() if name != "SERVER_FEATURE_UNSPECIFIED"}
    assert known == features.FEATURES.keys() | DOWN.keys()
    assert all(features.FEATURES.values()) and not features.FEATURES.keys() & DOWN.keys()


def test_every_flag_that_is_up_is_tried_up_and_down() -> None:
    assert features.FEATURES.keys() == TRIED.keys() | OLDER
    for name, path in TRIED.items():
        text = (ROOT / path).read_text()
        assert f'"{name}"' in text and "flags=" in text, f"{path} does not try {name}"


@pytest.mark.slow
def test_flags_for_older_clients_are_asked_for_by_no_code_of_the_installed_one() -> None:
    """One that is needs a test of both settings, and a place in TRIED."""
    texts = [path.read_text() for path in CLIENT.rglob("*.py") if "proto" not in path.parts]
    asked = {name for name in OLDER for text in texts if re.search(rf"\b{name}\b", text)}
    assert asked == set()


def test_document_that_unfolds_without_end_is_refused(ask: Ask) -> None:
    levels = "".join(
        f'fragment F{i} on Project {{ a: entity {{ p: project(name: "p") {{ ...F{i + 1} }} }} '
        f'b: entity {{ p: project(name: "p") {{ ...F{i + 1} }} }} }}\n'
        for i in range(13)
    )
    document = f'{{ project(name: "p") {{ ...F0 }} }}\n{levels}fragment F13 on Project {{ id }}'
    assert "may ask for 10000 fields" in message_of(ask(document), 400)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{y}: &{y} [{','.join(['*' + x] * 10)}]\n"
                for x, y in zip("abcdef", "bcdefg", strict=True)
            )
            + "method: grid\nparameters: {x: {values: *g}}\n",
            "unfolds into more than",
        ),
        ("method: grid\nparameters: &p {x: *p}\n", "stands for a value that it is in"),
        ("method: " + "[" * 5000 + "]" * 5000, "nested more than 60 levels deep"),
    ],
    ids=["bomb", "endless", "deep"],
)
def test_yaml_bomb_is_refused(ask: Ask, text: str, message: str) -> None:
    create = (
        'mutation A($c: String) { upsertSweep(input: {config: $c, projectName: "p"}) '
        "{ sweep { id } } }"
    )
    assert message in message_of(ask(create, c=text), 400)


def test_only_who_looks_after_a_team_changes_it(ask: Ask, parts: server.Parts) -> None:
    other = "bob-" + "b" * 40
    parts.services.users.add_user("bob", other)
    parts.services.users.add_team("team", ["ann", "bob"])
    invite = (
        'mutation A($u: String) { createInvite(input: {entityName: "team", username: $u}) '
        "{ invite { name } } }"
    )
    assert "looks after team" in message_of(ask(invite, key=other, u="ann"), 403)
    make = 'mutation A { createTeam(input: {teamName: "t2"}) { entity { name } } }'
    assert "administrator" in message_of(ask(make), 403)
    add = 'mutation A { createUser(input: {email: "eve@x"}) { user { name } } }'
    assert "administrator" in message_of(ask(add), 403)
    see = '{ entity(name: "team") { members { username accountType } } }'
    assert [m["username"] for m in ask(see)["entity"]["members"]] == ["ann", "bob"]
    assert ask('{ users(query: "b") { edges { node { username } } } }')["users"]["edges"] == []


def test_lookup_of_clients_before_0_28_is_answered(ask: Ask) -> None:
    ask(UPSERT, name="r1", project="p", config="{}")
    older = (
        'query ArtifactByName($n: String!, $t: Boolean) { project(name: "p") { '
        'artifact(name: $n, enableTracking: $t) { id } bucket(name: "r1", desc: "d") { name } } }'
    )
    assert ask(older, n="model:latest", t=True) == {
        "project": {"artifact": None, "bucket": {"name": "r1"}}
    }
