"""The edge: tolerant where the client is loose, clear where it is wrong, 401 without a key."""

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from tests.protocol.conftest import KEY, Ask, authorization

SWEEP = "method: grid\nparameters: {x: {values: [1, 2]}}\n"
CREATE = """mutation UpsertSweep($config: String, $projectName: String) {
  upsertSweep(input: {config: $config, projectName: $projectName}) {
    sweep { id name state project { name entity { name } } } configValidationWarnings } }"""
UPSERT = """mutation UpsertBucket($name: String, $project: String, $config: JSONString) {
  upsertBucket(input: {name: $name, modelName: $project, config: $config}) {
    bucket { id name displayName historyLineCount } inserted } }"""


def message_of(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["errors"][0]["message"])


def create_run(ask: Ask, name: str = "r1") -> dict[str, Any]:
    answer = ask(UPSERT, name=name, project="p", config='{"a": {"value": 1}}')
    return dict(answer["upsertBucket"]["bucket"])


def stream(http: TestClient, body: dict[str, Any], run: str = "r1", key: str = KEY) -> Any:
    path = f"/files/ann/p/{run}/file_stream"
    return http.post(path, content=json.dumps(body), headers=authorization(key))


def test_empty_operation_name_and_undeclared_variables_are_fine(ask: Ask) -> None:
    found = ask("#graphql\nquery A { viewer { username } }", undeclared=1, entity="x")
    assert found == {"viewer": {"username": "ann"}}


@pytest.mark.parametrize("headers", [{}, authorization("b" * 40), {"Authorization": "Basic !!"}])
@pytest.mark.parametrize("path", ["/graphql", "/files/ann/p/r/file_stream"])
def test_missing_or_wrong_key_is_401(http: TestClient, path: str, headers: dict[str, str]) -> None:
    response = http.post(path, json={"query": "{ viewer { id } }"}, headers=headers)
    assert "sweepd login" in message_of(response, 401)


def test_key_made_while_the_server_runs_works_at_once(
    ask: Ask, http: TestClient, parts: server.Parts
) -> None:
    assert ask("{ viewer { username } }", key="c" * 40).status_code == 401
    parts.services.users.add_user("carl", "c" * 40)
    assert ask("{ viewer { username } }", key="c" * 40) == {"viewer": {"username": "carl"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": "query {"}, "not GraphQL"),
        ({"query": "{ nothing }"}, "does not support"),
        ({"query": 7}, "text `query`"),
        ({"query": "{ viewer { id } }", "variables": []}, "object `variables`"),
        ({"query": "query A($a: String!) { entity(name: $a) { id } }"}, "'\\$a'"),
        ({"query": "{" + "a {" * 50 + "b" + "}" * 51}, "levels deep"),
    ],
)
def test_bad_request_says_what_is_wrong(
    http: TestClient, body: dict[str, Any], message: str
) -> None:
    import re

    response = http.post("/graphql", json=body, headers=authorization(KEY))
    assert re.search(message, message_of(response, 400))


def test_body_that_is_no_json_is_refused(http: TestClient) -> None:
    response = http.post("/graphql", content=b"\x00", headers=authorization(KEY))
    assert "should be JSON" in message_of(response, 400)


def test_oversize_body_is_413(http: TestClient, parts: server.Parts) -> None:
    big = b'{"query": "' + b"x" * (parts.settings.max_body_bytes + 1) + b'"}'
    response = http.post("/graphql", content=big, headers=authorization(KEY))
    assert "send less" in message_of(response, 413)


@pytest.mark.slow
def test_gzip_bomb_is_413(http: TestClient, parts: server.Parts) -> None:
    bomb = gzip.compress(b" " * (parts.settings.max_body_bytes + 1))
    headers = authorization(KEY) | {"Content-Encoding": "gzip"}
    assert message_of(http.post("/graphql", content=bomb, headers=headers), 413)


def test_bad_sweep_is_refused_and_nothing_is_created(ask: Ask) -> None:
    for text, expected in [
        ("method: [", "not valid YAML"),
        ("- 1", "is a mapping"),
        ("method: best\nparameters: {x: {value: 1}}", "method"),
        ("method: grid\nparameters: {x: {values: []}}", "values"),
        ("method: grid\nparameters: {x: {min: 0.5, max: 1.5}}", "a grid needs"),
    ]:
        assert expected in message_of(ask(CREATE, config=text, projectName="p"), 400)
    assert ask('{ project(name: "p") { totalSweeps } }') == {"project": None}


def test_one_users_things_are_invisible_to_another(
    ask: Ask, http: TestClient, parts: server.Parts
) -> None:
    other = "bob-" + "b" * 40
    parts.services.users.add_user("bob", other)
    sweep = ask(CREATE, config=SWEEP, projectName="p")["upsertSweep"]["sweep"]
    run = create_run(ask)
    see = 'query { project(entityName: "ann", name: "p") { id } entity(name: "ann") { id } }'
    assert ask(see, key=other) == {"project": None, "entity": None}
    stop = "mutation A($id: ID!) { stopRun(input: {id: $id}) { success } }"
    assert message_of(ask(stop, key=other, id=run["id"]), 404) == "no such run"
    change = (
        'mutation A($id: ID!) { upsertSweep(input: {id: $id, state: "PAUSED"}) { sweep { id } } }'
    )
    assert "no such sweep" in message_of(ask(change, key=other, id=sweep["id"]), 404)
    assert stream(http, {}, key=other).status_code == 404
    into = UPSERT.replace("name: $name,", 'name: $name, entityName: "ann",')
    assert "not a member" in message_of(ask(into, key=other, name="x", project="p"), 404)


def test_a_team_mate_sees_only_the_teams_that_both_belong_to(
    ask: Ask, http: TestClient, parts: server.Parts
) -> None:
    other = "bob-" + "b" * 40
    parts.services.users.add_user("bob", other)
    teams, people = parts.services.teams, parts.services.users
    teams.create(replace(people.get_caller("bob"), is_admin=True), "bobs")
    teams.create(replace(people.get_caller("ann"), is_admin=True), "both")
    teams.invite(people.get_caller("ann"), "both", "bob", False)
    make = """mutation U { upsertBucket(input: {entityName: "both", modelName: "p", name: "r"}) {
      bucket { id } } }"""
    ask(make, key=other)
    found = ask("""{ project(entityName: "both", name: "p") { run(name: "r") { user { username
      teams { edges { node { name } } } apiKeys { edges { node { id } } } } } } }""")
    assert found["project"]["run"]["user"] == {
        "username": "bob",
        "teams": {"edges": [{"node": {"name": "both"}}]},
        "apiKeys": {"edges": []},
    }


def test_file_stream_sent_twice_changes_nothing(ask: Ask, http: TestClient) -> None:
    create_run(ask)
    lines = [f'{{"_step": {i}, "loss": {i}}}' for i in range(3)]
    body = {
        "files": {
            "wandb-history.jsonl": {"offset": 0, "content": lines},
            "wandb-summary.json": {"offset": 0, "content": ['{"loss": NaN}']},
            "output.log": {"offset": 0, "content": ["2026-01-01T00:00:00.5 hello"]},
        }
    }
    for _ in range(2):
        assert stream(http, body).json() == {}
    found = ask(
        '{ project(name: "p") { run(name: "r1") { historyLineCount summaryMetrics state '
        "history logLines(last: 9) { edges { node { number line timestamp } } } } } }"
    )["project"]["run"]
    assert found["history"] == lines
    assert found["summaryMetrics"] == '{"loss": NaN}'
    assert found["state"] == "running"
    [edge] = found["logLines"]["edges"]
    assert edge["node"] == {"number": 0, "line": "hello", "timestamp": "2026-01-01T00:00:00.5"}


@pytest.mark.parametrize(
    "body",
    [
        {"files": []},
        {"files": {"wandb-history.jsonl": []}},
        {"files": {"wandb-history.jsonl": {"offset": -1, "content": ["{}"]}}},
        {"files": {"wandb-history.jsonl": {"offset": 0, "content": [1]}}},
        {"complete": True, "exitcode": "0"},
    ],
)
def test_odd_file_stream_is_400_and_stores_nothing(
    ask: Ask, http: TestClient, body: dict[str, Any]
) -> None:
    create_run(ask)
    assert stream(http, body).status_code == 400
    found = ask('{ project(name: "p") { run(name: "r1") { historyLineCount state } } }')
    assert found["project"]["run"] == {"historyLineCount": 0, "state": "running"}


def test_lines_that_are_no_json_are_kept_as_they_came(ask: Ask, http: TestClient) -> None:
    create_run(ask)
    lines = ["not json", "[1]", '{"_step": 5, "x": 1}']
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}}
    assert stream(http, body).status_code == 200
    assert ask('{ project(name: "p") { run(name: "r1") { history } } }') == {
        "project": {"run": {"history": lines}}
    }


def test_infinite_values_are_strings_in_inline_json(ask: Ask, http: TestClient) -> None:
    create_run(ask)
    body = {
        "files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step":0,"x":-Infinity}']}}
    }
    stream(http, body)
    spec = '{"keys": ["_step", "x"], "samples": 10}'
    document = """query A($s: [JSONString!]!) {
        project(name: "p") { run(name: "r1") { sampledHistory(specs: $s) } } }"""
    # The client sends a single text where the schema has a list.
    found = ask(document, s=spec)["project"]["run"]["sampledHistory"]
    assert found == [[{"_step": 0, "x": "-Infinity"}]]


def test_health_tells_no_secret(http: TestClient) -> None:
    assert set(http.get("/healthz").json()) == {"sweepd", "ok"}
    assert set(http.get("/readyz").json()) == {"sweepd", "ok", "database", "files"}


def test_telemetry_is_not_taken(http: TestClient) -> None:
    assert http.post("/sdk/otel/v1/metrics", content=b"").status_code == 404


BEAT = """mutation B($id: ID!, $also: String!) {
  agentHeartbeat(input: {id: $id}) { commands } ...More }
  fragment More on Mutation { upsertModel(input: {name: $also}) { model { id } } }"""


def test_a_heartbeat_comes_alone(ask: Ask) -> None:
    """It is answered on the event loop, where what reads the database must not run."""
    assert "stands alone" in message_of(ask(BEAT, id="QWdlbnQ6MQ==", also="q"), 400)


def test_heartbeat_tells_what_is_asked_of_its_agent(ask: Ask) -> None:
    config = "method: grid\nprogram: t.py\nparameters: {x: {values: [1, 2]}}\n"
    create = """mutation S($c: String) { upsertSweep(input: {projectName: "p", config: $c}) {
      sweep { name } } }"""
    sweep = ask(create, c=config)["upsertSweep"]["sweep"]["name"]
    register = """mutation A($s: String!) { createAgent(input: {host: "h", projectName: "p",
      sweep: $s}) { agent { id totalRuns } } }"""
    agent = ask(register, s=sweep)["createAgent"]["agent"]
    assert agent["totalRuns"] == 0
    beat = """mutation H($id: ID!) { agentHeartbeat(input: {id: $id}) { commands agent {
      id host totalRuns runs { edges { node { state } } } } } }"""
    told = ask(beat, id=agent["id"])["agentHeartbeat"]
    assert '"type": "run"' in told["commands"]
    assert (told["agent"]["id"], told["agent"]["host"]) == (agent["id"], "h")
    assert told["agent"]["totalRuns"] == len(told["agent"]["runs"]["edges"]) == 1


def test_whole_numbers_beyond_64_bits_are_answered(ask: Ask, http: TestClient) -> None:
    create_run(ask)
    lines = ['{"seed": 123456789012345678901, "loss": NaN, "_step": 0}']
    stream(http, {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}})
    document = """query S($s: [JSONString!]!) { project(name: "p") { run(name: "r1") {
      sampledHistory(specs: $s) } } }"""
    found = ask(document, s=['{"keys": ["seed"], "samples": 9}'])
    assert found["project"]["run"]["sampledHistory"][0][0] == {"seed": 123456789012345678901}
