"""GraphQL as the client and people write it: operations, fragments, directives, bodies."""

import gzip
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.errors import Unavailable
from tests.protocol.conftest import KEY, Ask, authorization

TWO = "query A { viewer { username } } query B { serverInfo { cliVersionInfo } }"


def post(http: TestClient, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    return http.post("/graphql", content=content, headers=authorization(KEY) | headers)


def test_one_of_several_operations_is_chosen_by_name(http: TestClient) -> None:
    chosen = post(http, {"query": TWO, "operationName": "A"})
    assert chosen.json() == {"data": {"viewer": {"username": "ann"}}}
    for name in (None, "", "C"):
        refused = post(http, {"query": TWO, "operationName": name})
        assert refused.status_code == 400
        assert "operation" in refused.json()["errors"][0]["message"]


def test_fragments_aliases_and_directives(ask: Ask) -> None:
    document = """#graphql
    query ($with: Boolean!, $without: Boolean!) {
      me: viewer { ...Who, mail: email @include(if: $with) admin @skip(if: $without) }
    }
    fragment Who on User { __typename name: username, ... on User { entity } }"""
    found = ask(document, **{"with": False, "without": True})
    assert found == {"me": {"__typename": "User", "name": "ann", "entity": "ann"}}
    assert set(ask(document, **{"with": True, "without": False})["me"]) == {
        "__typename",
        "name",
        "entity",
        "mail",
        "admin",
    }


def test_schema_tells_what_it_has(ask: Ask) -> None:
    """Older clients look before they send a newer document."""
    found = ask("""query ProbeServerCapabilities { QueryType: __type(name: "Query") {
      fields { name } } UpsertSweep: __type(name: "UpsertSweepInput") { inputFields { name } } }""")
    assert {"name": "viewer"} in found["QueryType"]["fields"]
    assert {"name": "priorRunsFilters"} in found["UpsertSweep"]["inputFields"]
    assert ask("{ __schema { queryType { name } } }") == {
        "__schema": {"queryType": {"name": "Query"}}
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([{"query": "{ viewer { id } }"}], "JSON object"),
        (b"", "text `query`"),
        (b"\xff\xfe", "should be JSON"),
        (b'{"query": "{ viewer { id } }", "variables": {"a": NaN}}', "should be JSON"),
        ({"query": ""}, "not GraphQL"),
        ({"query": "subscription { x }"}, "does not support"),
        ({"query": "{ viewer { id } }", "operationName": ["A"]}, "operationName"),
        ({"query": "{ viewer { ...A } } fragment A on User { ...A }"}, "fragment"),
        ({"query": "fragment A on User { id }"}, "Fragment"),
        ({"query": "query ($a: Nope) { viewer { id } }"}, "Nope"),
        ({"query": "{ entity(name: 3) { id } }"}, "String"),
        ({"query": "{ viewer }"}, "selection"),
    ],
)
def test_what_is_no_request_is_told_so(http: TestClient, body: Any, message: str) -> None:
    response = post(http, body)
    assert response.status_code == 400, response.text
    assert response.json()["data"] is None
    assert message in response.json()["errors"][0]["message"]


def test_body_may_be_packed_and_of_any_content_type(http: TestClient) -> None:
    body = json.dumps({"query": "{ viewer { username } }"}).encode()
    for content, headers in (
        (gzip.compress(body), {"Content-Encoding": "gzip"}),
        (body, {"Content-Type": "text/plain"}),
        (body, {}),
    ):
        assert post(http, content, **headers).json()["data"]["viewer"]["username"] == "ann"
    assert post(http, body, **{"Content-Encoding": "gzip"}).status_code == 400


def test_passing_fault_is_503_which_the_client_tries_again(
    http: TestClient, parts: server.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(parts.services.projects, "find", fail)
    response = post(http, {"query": '{ project(name: "p") { id } }'})
    assert response.status_code == 503
    assert response.json()["errors"] == [{"message": "the disk is full"}]


def test_half_an_answer_is_none(ask: Ask) -> None:
    """The client takes what comes with 200 for the whole."""
    response = ask('{ viewer { username } models(entityName: "nobody") { edges { node { id } } } }')
    assert response.status_code == 404
    assert response.json()["data"] is None
