"""A document made into calls is answered as GraphQL's own engine would, whatever comes with it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import parse
from hypothesis import HealthCheck, given, settings

from sweepd.wandb_api.graphql.compiling import compile_document
from sweepd.wandb_api.graphql.engine import Engine
from tests.protocol import page
from tests.protocol.anything import World, make_world, variables
from tests.protocol.client_documents import CORE, Document

TRIES = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
COMPILED = [
    document
    for document in page.documents()
    if page.reason(document) is None and compile_document(page.schema(), parse(document.text))
]
HOT = {  # what clients send all the time, as all of them write it
    "Heartbeat": {"id": "AGENT", "metrics": "{}", "runState": '{"r": true}'},
    "UpsertBucket": {"project": "p", "entity": "ann", "name": "r", "config": '{"a": {"value": 1}}'},
    "RunStoppedStatus": {"projectName": "p", "entityName": "ann", "runId": "r"},
    "RunState": {"project": "p", "entity": "ann", "name": "r"},
    "GetSweepState": {"project": "p", "entity": "ann", "sweep": "SWEEP", "name": "SWEEP"},
}


AGENT = """mutation A($sweep: String!) { createAgent(input: {host: "h", projectName: "p",
  sweep: $sweep}) { agent { id } } }"""

ENGINES = Engine(compiles=False), Engine()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made, parts = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.http.close()
    parts.core.db.close()


def answers(world: World, engines: list[Engine], body: dict[str, Any]) -> list[tuple[int, Any]]:
    """What each engine answers, one after the other."""
    found = []
    for engine in engines:
        world.http.app.state.engine = engine  # type: ignore[attr-defined]
        response = world.post(body)
        found.append((response.status_code, json.loads(response.text)))
    return found


def test_what_clients_send_all_the_time_is_compiled() -> None:
    names = {document.name for document in COMPILED}
    assert names >= set(HOT), names


@pytest.mark.slow
@pytest.mark.parametrize(
    "document",
    COMPILED,
    ids=[f"{d.source.rsplit('/', 1)[-1]}:{d.name}" for d in COMPILED],
)
def test_both_answer_alike(document: Document, world: World) -> None:
    slow, fast = ENGINES
    seen: Counter[bool] = Counter()
    known = {"SWEEP": _sweep(world)}
    known["AGENT"] = world.ask(AGENT, sweep=known["SWEEP"])["createAgent"]["agent"]["id"]

    def compare(given: dict[str, Any]) -> None:
        body = {"query": document.text, "variables": given, "operationName": ""}
        first, made, again = answers(world, [slow, fast, slow], body)
        if first == again:  # else it says when, or how many
            assert made == first, given
            seen[made[0] == 200] += 1

    if document.name in HOT:
        hot = {name: known.get(value, value) for name, value in HOT[document.name].items()}
        compare(hot)
        compare(hot)
        assert seen or document.source != CORE, "the usual request was compared"

    @TRIES
    @given(variables(world, page.schema(), document.text))
    def run(drawn: dict[str, Any]) -> None:
        compare(drawn)

    run()


def _sweep(world: World) -> str:
    asked = '{ project(name: "p") { sweeps(first: 1) { edges { node { name } } } } }'
    return str(world.ask(asked)["project"]["sweeps"]["edges"][0]["node"]["name"])


def test_another_operation_than_the_one_there_is_refused(world: World) -> None:
    document = next(document for document in COMPILED if document.name == "ServerInfo")
    body = {"query": document.text, "variables": {}, "operationName": "Other"}
    first, made = answers(world, list(ENGINES), body)
    assert made == first
    assert made[0] == 400
