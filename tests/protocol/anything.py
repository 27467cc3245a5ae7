"""A server with some content, and whatever a client might send it: values by type, mostly wrong."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    type_from_ast,
)
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sweepd import server
from tests.fuzz.values import IDS
from tests.in_process import InProcess
from tests.parts import build_parts
from tests.protocol.conftest import KEY, authorization, log_version

OTHER_KEY = "bob-" + "b" * 40
SECRET = "bobs-own-words"  # in all that is bob's, and in nothing that is sent
SWEEP = "method: grid\nparameters: {x: {values: [1, 2]}}\nmetric: {name: loss}\n"

_UPSERT = """mutation U($project: String, $name: String, $text: String, $json: JSONString) {
  upsertBucket(input: {modelName: $project, name: $name, displayName: $text, notes: $text,
    config: $json, summaryMetrics: $json, host: "h", tags: ["t"]}) {
    bucket { id project { id } } } }"""
_SWEEP = """mutation S($project: String, $config: String, $text: String) { upsertSweep(input: {
  projectName: $project, config: $config, description: $text}) { sweep { id name } } }"""
_AGENT = """mutation A($project: String, $sweep: String!) { createAgent(input: {host: "h",
  projectName: $project, sweep: $sweep}) { agent { id } } }"""
_BEAT = """mutation H($id: ID!) { agentHeartbeat(input: {id: $id}) { commands } }"""


@dataclass
class World:
    """The server in process and the names and ids of what is on it, ann's and bob's."""

    http: TestClient
    texts: list[str]
    ids: list[str]

    def ask(self, document: str, key: str = KEY, **variables: Any) -> Any:
        """The answer's data."""
        answer = self.post({"query": document, "variables": variables}, key)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def post(self, body: dict[str, Any], key: str = KEY) -> Any:
        """The response; NaN and lone surrogates go out as Python's json writes them."""
        return self.http.post("/graphql", content=json.dumps(body), headers=authorization(key))


def make_world(data: Path, database: str = "", **given: Any) -> tuple[World, server.Parts]:
    """Ann's run, sweep, agent, file and artifact, and bob's of the same kinds full of SECRET.

    Args:
        given: Further settings.
    """
    parts = build_parts(data, server.utc_now, database, **given)
    http = InProcess(parts)
    world = World(http, ["ann", "bob", "p", "r", "root", "set", "set:v0", "data", "loss"], [])
    for name, key, text in (("ann", KEY, "ann's"), ("bob", OTHER_KEY, SECRET)):
        parts.services.users.add_user(name, key, email=f"{name}@{text.replace(' ', '')}.example")
        _fill(world, name, key, text)
    for number, text in enumerate(_JSON):
        _add_odd_run(world, f"odd{number}", text)
    return world, parts


def _add_odd_run(world: World, name: str, text: str) -> None:
    """A run whose every part is a text, as far as the server takes it."""
    world.texts.append(name)
    for key in ("config", "summaryMetrics"):
        document = """mutation U($name: String, $json: JSONString) { upsertBucket(input: {
          modelName: "p", name: $name, KEY: $json}) { bucket { id } } }""".replace("KEY", key)
        assert (
            world.post({"query": document, "variables": {"name": name, "json": text}}).status_code
            < 500
        )
    files = {
        key: {"offset": 0, "content": [text, text]}
        for key in ("wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log")
    }
    for key, part in files.items():
        body = json.dumps({"files": {key: part}})
        path = f"/files/ann/p/{name}/file_stream"
        assert world.http.post(path, content=body, headers=authorization(KEY)).status_code < 500


def _fill(world: World, owner: str, key: str, text: str) -> None:
    project = "p" if owner == "ann" else "q"
    config = json.dumps({"lr": {"value": 0.1}, text: {"value": {"a": [1, text]}}})
    made = world.ask(_UPSERT, key, project=project, name="r", text=text, json=config)
    bucket = made["upsertBucket"]["bucket"]
    rows = [json.dumps({"_step": i, "loss": 1 / (i + 1), "say": text}) for i in range(5)]
    files = {
        "wandb-history.jsonl": {"offset": 0, "content": rows},
        "wandb-events.jsonl": {"offset": 0, "content": rows},
        "output.log": {"offset": 0, "content": [text]},
    }
    world.http.post(
        f"/files/{owner}/{project}/r/file_stream",
        json={"files": files},
        headers=authorization(key),
    )
    sweep = world.ask(_SWEEP, key, project=project, config=SWEEP, text=text)["upsertSweep"]["sweep"]
    agent = world.ask(_AGENT, key, project=project, sweep=sweep["name"])["createAgent"]["agent"]
    world.ask(_BEAT, key, id=agent["id"])
    world.ids += [bucket["id"], bucket["project"]["id"], sweep["id"], agent["id"]]
    world.texts.append(sweep["name"])
    if owner == "ann":
        world.ids.append(log_version(world.ask, world.http, "set"))
        collection = """{ project(name: "p") { artifactCollection(name: "set") { id } } }"""
        world.ids.append(world.ask(collection)["project"]["artifactCollection"]["id"])


_TEXTS = [
    "",
    " ",
    "x" * 3000,
    "日本 ünï 😀",
    "a/b",
    "../..",
    "%",
    "\x00",
    "\ud800",
    "-1",
    "null",
    "__proto__",
    "'; DROP TABLE runs; --",
]
_JSON = [
    "{}",
    "null",
    "[]",
    "1",
    '"x"',
    "",
    "{",
    "NaN",
    '{"a": NaN}',
    '{"a": 1e999}',
    "[" * 3000,
    '{"a": ' + "9" * 5000 + "}",
    '{"a": {"value": {"b": [1]}}, "_wandb": {"value": {"t": {}}}}',
    '{"keys": ["_step", "loss"], "samples": 10}',
    '{"keys": ["loss"], "samples": -1}',
    '{"keys": ["loss"], "samples": "x", "minStep": "y"}',
    '{"keys": [1], "maxStep": null}',
    '{"keys": ["loss"], "minStep": -5, "maxStep": 1e30}',
    '{"keys": "loss"}',
    '{"config.lr": {"$gt": 0}}',
    '{"$or": [{"name": "r"}]}',
    '{"name": {"$regex": "("}}',
    '{"created_at": {"$lt": 5}}',
    '{"state": null}',
    '{"$and": [1]}',
    '{"tags": {"$in": ["t"]}}',
    '{"\\ud800": 1}',
    '{"_wandb": 1}',
    '{"_wandb": {"value": [1]}}',
    '{"x": null}',
    '{"_step": "x", "loss": "y"}',
    '{"_step": null, "loss": null}',
    '{"_step": 1e400}',
    '{"_step": -5, "loss": true}',
    '{"_step": 5.5, "loss": {"a": 1}}',
    '{"_step": 99999999999999999999}',
    '{"_step": 9007199254740993, "loss": NaN}',
    '{"r": true}',
    '{"a\\u0000": "\\u0000"}',
]
_NUMBERS: list[Any] = [0, 1, -1, 2**31, -(2**31) - 1, 2**63, 10**30, 1.5, 1e308, float("nan")]
_ORDERS = ["+created_at", "-summary_metrics.loss", "config.lr", "-", "+bogus", "-createdAt"]
_ODD: list[Any] = [None, True, [], {}, "x", 7, [None], {"x": 1}]


def strategy(world: World, kind: GraphQLInputType, name: str = "") -> st.SearchStrategy[Any]:
    """Values for a variable: mostly of its type, of its name's kind where that is known."""
    return st.one_of(
        _fitting(world, kind, name), _fitting(world, kind, name), st.sampled_from(_ODD)
    )


def _fitting(world: World, kind: GraphQLInputType, name: str) -> st.SearchStrategy[Any]:
    if isinstance(kind, GraphQLNonNull):
        return _fitting(world, kind.of_type, name)
    if isinstance(kind, GraphQLList):
        return st.lists(strategy(world, kind.of_type, name), max_size=3)
    if isinstance(kind, GraphQLEnumType):
        return st.sampled_from(list(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {
            key: strategy(world, field.type, key)
            for key, field in kind.fields.items()
            if isinstance(field.type, GraphQLNonNull)
        }
        rest = {
            key: strategy(world, field.type, key)
            for key, field in kind.fields.items()
            if key not in needed
        }
        return st.fixed_dictionaries(needed, optional=rest)
    if kind.name in ("Int", "Int64", "Duration", "Float"):
        return st.sampled_from([*_NUMBERS, 3, 10])
    if kind.name == "Boolean":
        return st.booleans()
    if kind.name in ("JSONString", "JSON"):
        return st.sampled_from(_JSON)
    if kind.name == "ID" or name in ("id", "cursor", "after"):
        return st.sampled_from([*world.ids, *world.ids, *world.texts, *IDS])
    if name in ("config", "spec"):
        return st.sampled_from([SWEEP, *_JSON])
    if name == "order":
        return st.sampled_from(_ORDERS)
    usual = _usual(name)
    return st.sampled_from([*usual, *usual, *world.texts, *world.ids, *_TEXTS])


def _usual(name: str) -> list[str]:
    """What makes a request reach beyond the look-up of its project."""
    low = name.lower()
    if "entity" in low or low in ("username", "team", "org", "organization"):
        return ["ann"] * 12 + ["bob"]
    if "project" in low or low in ("modelname", "model"):
        return ["p"] * 12 + ["q"]
    if "run" in low or low == "name":
        return ["r"] * 4
    return []


def variables(world: World, schema: GraphQLSchema, document: str) -> st.SearchStrategy[Any]:
    """Values for the variables a document declares; some left out, some it does not declare."""
    found: dict[str, st.SearchStrategy[Any]] = {}
    for definition in parse(document).definitions:
        if isinstance(definition, OperationDefinitionNode):
            for variable in definition.variable_definitions or ():
                kind: Any = type_from_ast(schema, variable.type)
                found[variable.variable.name.value] = strategy(
                    world, kind, variable.variable.name.value
                )
    # Left out rarely: a missing one is refused before anything is done.
    dropped = st.sampled_from([None] * 9 + list(found)) if found else st.none()
    return st.tuples(st.fixed_dictionaries(found), dropped).map(
        lambda drawn: {k: v for k, v in drawn[0].items() if k != drawn[1]} | {"undeclared": 1}
    )


def stream_bodies() -> st.SearchStrategy[Any]:
    """What a run's client might stream: known files and others, contents of every kind."""
    content = st.one_of(st.lists(st.sampled_from(_JSON), max_size=3), st.sampled_from(_ODD))
    offset = st.one_of(st.integers(0, 6), st.sampled_from([*_NUMBERS, *_ODD]))
    block = st.one_of(
        st.fixed_dictionaries({}, optional={"offset": offset, "content": content}),
        st.sampled_from(_ODD),
    )
    names = ("wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log", "x")
    files = st.fixed_dictionaries({}, optional=dict.fromkeys(names, block))
    odd = st.sampled_from([*_ODD, *_NUMBERS])
    return st.fixed_dictionaries(
        {"files": st.one_of(files, files, st.sampled_from(_ODD))},
        optional=dict.fromkeys(("exitcode", "complete", "preempting", "dropped", "uploaded"), odd),
    )


def path_parts(world: World) -> st.SearchStrategy[str]:
    """A part of an address, as a client escapes it."""
    known = ["ann", "p", "r", "bob", "q", *world.texts, *world.ids, *_TEXTS, *IDS]
    return st.sampled_from(known).map(lambda text: quote(text.encode("utf-8", "replace"), safe=""))
