"""Whatever a client sends, it is never answered with a 500, and nothing of another's is told."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocol import page
from tests.protocol.anything import (
    SECRET,
    World,
    make_world,
    path_parts,
    stream_bodies,
    variables,
)
from tests.protocol.client_documents import Document
from tests.protocol.conftest import KEY, authorization

TRIES = settings(
    max_examples=int(os.environ.get("TRIES", "12")),  # more by hand, now and then
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[World]:
    database = ""
    if os.environ.get("ON_POSTGRESQL"):  # by hand, now and then
        database = request.getfixturevalue("postgresql") + "/postgres"
    made, parts = make_world(tmp_path_factory.mktemp("world"), database)
    yield made
    made.http.close()
    parts.core.db.close()


def check(response: Any) -> None:
    """Below 500, strict JSON, an error in the one shape the client reads, no word of bob's."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    assert response.status_code < 500, response.text
    assert SECRET not in response.text
    body = json.loads(response.text, parse_constant=refuse)
    if response.status_code == 200:
        assert set(body) == {"data"}
    else:
        assert body["data"] is None
        assert all(set(e) == {"message"} and e["message"] for e in body["errors"])
        assert len(body["errors"]) == 1


@pytest.mark.slow
def test_file_stream_of_anything(world: World) -> None:
    @settings(TRIES, max_examples=60)
    @given(stream_bodies(), path_parts(world), st.booleans())
    def run(body: Any, part: str, is_known: bool) -> None:
        path = "/files/ann/p/r/file_stream" if is_known else f"/files/ann/{part}/{part}/file_stream"
        response = world.http.post(path, content=json.dumps(body), headers=authorization(KEY))
        assert response.status_code < 500, response.text
        assert SECRET not in response.text

    run()


@pytest.mark.slow
def test_addresses_of_files_with_anything_in_them(world: World) -> None:
    document = """mutation F($f: [String!]!) { createRunFiles(input: {entityName: "ann",
      projectName: "p", runName: "r", files: $f}) { files { uploadUrl } } }"""
    [made] = world.ask(document, f=["a.txt"])["createRunFiles"]["files"]
    token = made["uploadUrl"].split("/-/blobs/")[1].split("/")[0]
    assert world.http.put(f"/-/blobs/{token}/a.txt", content=b"abc").status_code == 200
    read = (
        """{ project(name: "p") { run(name: "r") { files { edges { node { directUrl } } } } } }"""
    )
    [edge] = world.ask(read)["project"]["run"]["files"]["edges"]
    fetch = edge["node"]["directUrl"].split("/-/blobs/")[1].split("/")[0]
    tokens = st.sampled_from([token, fetch, token[:-1], token.replace(".", "", 1), "x", "%00"])
    methods = st.sampled_from(["GET", "HEAD", "PUT", "OPTIONS", "POST", "DELETE"])
    ranges = st.sampled_from(
        [
            "bytes=0-1",
            "bytes=-1",
            "bytes=-0",
            "bytes=9-",
            "bytes=1-0",
            "bytes=a-b",
            "bytes=--1",
            "bytes=0-1,2-3",
            "x",
            "",
            "bytes=-99999999999999999999",
            "bytes=0-" + "9" * 5000,
        ]
    )

    @settings(TRIES, max_examples=60)
    @given(methods, tokens, path_parts(world), ranges)
    def run(method: str, wanted: str, part: str, span: str) -> None:
        for path in (
            f"/-/blobs/{wanted}/{part}",
            f"/artifactsV2/default/{part}/p/set/{part}/{part}/x",
            f"/artifactsV2/default/ann/p/{part}/x/y/{part}/x",
        ):
            headers = {"Range": span, **authorization(KEY)}
            response = world.http.request(method, path, content=b"abc", headers=headers)
            assert response.status_code < 500, (path, response.text)
            assert SECRET not in response.text

    run()


READ = """query R($run: String!, $specs: [JSONString!]!) { project(name: "p") { run(name: $run) {
  config summaryMetrics systemMetrics wandbConfig historyTail eventsTail historyKeys history
  page: history(minStep: 0, maxStep: 9, samples: 9) events sampledHistory(specs: $specs)
  parquetHistory(liveKeys: ["_step"]) { liveData } runInfo { program } metricBest
  logLines(last: 9) { edges { node { line timestamp } } } } } }"""
REWIND = """mutation W($run: String!) { rewindRun(input: {entityName: "ann", projectName: "p",
  runName: $run, metricName: "_step", metricValue: 1}) { rewoundRun { historyLineCount } } }"""


@pytest.mark.slow
def test_runs_of_odd_content_are_read_and_rewound(world: World) -> None:
    specs = ['{"keys": ["_step", "loss"], "samples": 3}', '{"keys": ["loss"], "minStep": 0}']
    odd = [name for name in world.texts if name.startswith("odd")]
    assert len(odd) > 30
    for document in (READ, REWIND, READ):
        for run in odd:
            check(world.post({"query": document, "variables": {"run": run, "specs": specs}}))
    for order in ("+summary_metrics.loss", "-config.a", "+summary_metrics._step"):
        every = 'query ($o: String) { project(name: "p") { runs(order: $o) { totalCount } } }'
        check(world.post({"query": every, "variables": {"o": order}}))


def _rank(document: Document) -> tuple[bool, bool, str]:
    """Questions first, then changes, and what deletes at the end: so that there is content."""
    fields = page.root_fields(document)
    deletes = any("elete" in field or "unlink" in field for field in fields)
    return deletes, any(field.startswith("Mutation") for field in fields), document.name


@pytest.mark.parametrize(
    "document",
    sorted((d for d in page.documents() if page.reason(d) is None), key=_rank),
    ids=lambda d: f"{d.source.rsplit('/', 1)[-1]}:{d.name}",
)
def test_document_with_any_variables(document: Document, world: World) -> None:
    values = variables(world, page.schema(), document.text)

    @TRIES
    @given(values)
    def run(drawn: dict[str, Any]) -> None:
        check(world.post({"query": document.text, "variables": drawn, "operationName": ""}))

    run()
