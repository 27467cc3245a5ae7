"""Every way in of JSON: what is nested too deep is refused with the limit, and nothing fails."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, execute_sync, get_named_type, parse
from starlette.testclient import TestClient

from sweepd.domain.nesting import MAX_DEPTH
from sweepd.wandb_api.graphql.engine import build_schema
from tests.protocol.conftest import KEY, Ask, authorization
from tests.protocol.test_access_addresses import sign_in
from tests.protocol.test_edge import create_run, stream

TOLD = "may be nested 200 levels deep"
TOO_DEEP = [MAX_DEPTH + 1, 100_000]
Send = Callable[[TestClient, str], Any]


def nested(n: int) -> str:
    """An object of so many levels."""
    return '{"a": ' * n + "1" + "}" * n


def graphql(http: TestClient, text: str) -> Any:
    return http.post("/graphql", content=text, headers=authorization(KEY))


def as_variable(http: TestClient, text: str) -> Any:
    return graphql(http, f'{{"query": "{{ viewer {{ id }} }}", "variables": {{"x": {text}}}}}')


def as_field(document: str) -> Send:
    """As a JSONString."""

    def send(http: TestClient, text: str) -> Any:
        body = {"query": document, "variables": {"text": text, "texts": [text]}}
        return graphql(http, json.dumps(body))

    return send


def as_line(name: str) -> Send:
    """As a line of a file stream."""

    def send(http: TestClient, text: str) -> Any:
        return stream(http, {"files": {name: {"offset": 0, "content": ['{"_step": 0}', text]}}})

    return send


def as_stream(http: TestClient, text: str) -> Any:
    path = "/files/ann/p/r1/file_stream"
    return http.post(path, content=f'{{"x": {text}}}', headers=authorization(KEY))


def as_action(http: TestClient, text: str) -> Any:
    headers = sign_in(http, KEY)
    return http.post("/-/runs/ann/p/r1/actions", content=text, headers=headers)


def as_form(http: TestClient, text: str) -> Any:
    headers = sign_in(http, KEY)
    form = {"csrf": headers["X-CSRF-Token"], "wanted": text}
    return http.post("/-/projects/ann/p/runs.csv", data=form, headers=headers)


def as_manifest(http: TestClient, text: str) -> Any:
    """Its upload, and the commit that reads it."""
    own = {"entityName": "ann", "projectName": "p", "digest": f"d{len(text)}"}
    new = own | {"artifactTypeName": "data", "artifactCollectionName": "m"}
    made = field(
        http,
        "mutation C($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact { id } } }",
        i=new,
    )
    artifact = made["createArtifact"]["artifact"]["id"]
    made = field(
        http,
        """mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i) {
      artifactManifest { file { uploadUrl } } } }""",
        i=own | {"artifactID": artifact, "name": "m", "runName": "r1", "digest": ""},
    )
    url = made["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    whole = '{"version": 1, "contents": {}, "x": ' + text + "}"
    assert http.put("/" + url.split("/", 3)[3], content=whole).status_code == 200
    commit = "mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }"
    return graphql(http, json.dumps({"query": commit, "variables": {"id": artifact}}))


def field(http: TestClient, document: str, **variables: Any) -> Any:
    return graphql(http, json.dumps({"query": document, "variables": variables})).json()["data"]


PROJECT = 'project(name: "p", entityName: "ann")'
BUCKET = 'upsertBucket(input: {name: "r1", modelName: "p", %s: $text}) { bucket { id } }'
WAYS: dict[str, Send] = {
    "a variable": as_variable,
    "a config": as_field("mutation M($text: JSONString) { %s }" % (BUCKET % "config")),
    "a summary": as_field("mutation M($text: JSONString) { %s }" % (BUCKET % "summaryMetrics")),
    "a filter": as_field(
        f"query Q($text: JSONString) {{ {PROJECT} {{ runCount(filters: $text) }} }}"
    ),
    "a spec": as_field(
        f"query Q($texts: [JSONString!]!) {{ {PROJECT} "
        '{ run(name: "r1") { sampledHistory(specs: $texts) } } }'
    ),
    "a stream's request": as_stream,
    "a page's action": as_action,
    "a page's form": as_form,
    "a manifest": as_manifest,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_ends_at_the_same_depth(http: TestClient, ask: Ask, way: str) -> None:
    create_run(ask)
    answer = WAYS[way](http, nested(10))
    assert answer.status_code < 500, answer.text
    assert TOLD not in answer.text
    for n in TOO_DEEP:
        answer = WAYS[way](http, nested(n))
        assert answer.status_code == 400, answer.text[:300]
        assert TOLD in answer.text
    assert ask('{ project(name: "p", entityName: "ann") { run(name: "r1") { name } } }')


HISTORY = """{ project(name: "p", entityName: "ann") { run(name: "r1") { history(minStep: 0)
  summaryMetrics events } } }"""


@pytest.mark.slow
@pytest.mark.parametrize("n", TOO_DEEP)
def test_of_a_line_that_is_too_deep_only_what_is_goes(http: TestClient, ask: Ask, n: int) -> None:
    """On a refusal the client would give the run's whole stream up."""
    create_run(ask)
    rows = [{"_step": 0, "a": 1}, {"_step": 1, "deep": "?", "z": 3}, {"_step": 2, "a": 2}]
    lines = [json.dumps(row).replace('"?"', nested(n)) for row in rows]
    names = ["wandb-history.jsonl", "wandb-events.jsonl"]
    files = {name: {"offset": 0, "content": lines} for name in names}
    files["wandb-summary.json"] = {"offset": 0, "content": [lines[1]]}
    assert stream(http, {"files": files}).status_code == 200
    found = ask(HISTORY)["project"]["run"]
    for told in (found["history"], found["events"]):
        kept = [json.loads(line) for line in told]
        assert [row["_step"] for row in kept] == [0, 1, 2]
        assert kept[1].pop("deep") != "?"
        assert kept[1] == {"_step": 1, "z": 3}
    summary = json.loads(found["summaryMetrics"])
    assert summary["z"] == 3
    assert "…" in json.dumps(summary["deep"], ensure_ascii=False)
    page = http.get("/-/runs/ann/p/r1/history", headers=sign_in(http, KEY))
    assert page.status_code == 200


@pytest.mark.slow
def test_of_a_line_that_holds_too_much_the_rest_goes(http: TestClient, ask: Ask) -> None:
    create_run(ask)
    much = "[" + "[],0," * 600_000 + "0]"
    line = f'{{"_step": 0, "much": {much}, "more": [1, 2], "z": 3}}'
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [line]}}}
    assert stream(http, body).status_code == 200
    [told] = ask(HISTORY)["project"]["run"]["history"]
    kept = json.loads(told)
    assert kept["_step"] == 0
    assert kept["z"] == 3
    assert kept["much"][-1] == "…"
    assert kept["more"] == "…"


def test_a_console_line_is_text_whatever_its_brackets(http: TestClient, ask: Ask) -> None:
    create_run(ask)
    for text in (nested(100_000), "[" * 5000):
        assert as_line("output.log")(http, text).status_code == 200
    lines = ask(
        '{ project(name: "p", entityName: "ann") { run(name: "r1") { logLines(first: 5) '
        "{ edges { node { line } } } } } }"
    )
    assert len(lines["project"]["run"]["logLines"]["edges"]) == 2


def test_every_jsonstring_of_the_schema_is_looked_at() -> None:
    """By its scalar: also in inputs that no table names."""
    inputs = [
        (kind.name, name)
        for kind in build_schema().type_map.values()
        if isinstance(kind, GraphQLInputObjectType)
        for name, part in kind.fields.items()
        if get_named_type(part.type).name == "JSONString"
    ]
    assert len(inputs) > 10
    deep = nested(MAX_DEPTH + 1)
    for kind, name in inputs:
        document = parse(f"query Q($x: {kind}) {{ __typename }}")
        found = execute_sync(build_schema(), document, variable_values={"x": {name: deep}})
        assert any(TOLD in error.message for error in found.errors or []), (kind, name)
