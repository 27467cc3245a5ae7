"""Whatever value a script logs, no page and no read operation fails for it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from sweepd import server
from sweepd.services.runs import export
from sweepd.services.runs.records import TABLES, Records
from sweepd.settings import Settings
from sweepd.web import routes
from tests.conftest import FakeClock
from tests.in_process import InProcess
from tests.protocol import page
from tests.protocol.conftest import KEY, authorization, log_version
from tests.protocol.test_access_addresses import sign_in
from tests.protocol.test_nothing_fails import READ

pytestmark = pytest.mark.slow  # each operation on a folder of its own

_HALF = re.compile(r"\\ud[89a-f]")  # as JSON escapes halves of characters
NUMBERS: list[Any] = [
    10**19,
    2**63,
    -(2**63) - 1,
    10**400,
    -(10**400),
    10**4200,
    float("nan"),
    float("inf"),
    -float("inf"),
    1e308,
    5e-324,
    -0.0,
]
TEXTS: list[Any] = [
    "\ud800",
    "x\udfff",
    "\ud83d\ude00",
    "\0",
    "a\0b",
    "\r\n\t\x1b[31m",
    "\u2028",
    "\u202e",
    "",
    "=1+1",
    "-",
    "NaN",
    "Infinity",
    "x" * 20_000,
    "]]>",
    "</script>",
    "%s%n",
    "{{ 7*7 }}",
]
SHAPES: list[Any] = [
    None,
    True,
    [],
    {},
    [[[]]],
    {"": 1},
    {"\ud800": "\ud800"},
    {"a.b": {"c.d": 1}},
    {"\0": 1},
    {"_type": "image-file"},
    {"_type": 5},
    {"_type": "table-file", "path": 7, "ncols": "x"},
    {"value": {"value": 10**400}},
    [10**400, "\ud800", float("nan")],
    {"_type": "histogram"},
    {"min": 10**400, "max": "\ud800"},
    {"__proto__": 1},
    [1] * 500,
]


def _drawn() -> list[Any]:
    """Some values nobody thought of, the same each time."""
    leaf = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(10**500), 10**500),
        st.floats(),
        st.text(st.characters(), max_size=20),
    )
    keys = st.text(st.characters(), max_size=5)
    value = st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
    )
    quiet = settings(database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    return list(find(st.lists(value, min_size=12, max_size=12), lambda _: True, settings=quiet)) + [
        find(value, lambda found, n=n: len(repr(found)) > n, settings=quiet) for n in (5, 20, 60)
    ]


GROUPS: dict[str, Callable[[], list[Any]]] = {
    "numbers": lambda: NUMBERS,
    "texts": lambda: TEXTS,
    "shapes": lambda: SHAPES,
    "drawn": _drawn,
}
UPSERT = """mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"""
SWEEP = """mutation S($config: String!) { upsertSweep(input: {entityName: "ann",
  projectName: "p", config: $config}) { sweep { id name } } }"""
AGENT = """mutation A($sweep: String!) { createAgent(input: {entityName: "ann", projectName: "p",
  sweep: $sweep, host: "h"}) { agent { id } } }"""
BEAT = "mutation H($id: ID!) { agentHeartbeat(input: {id: $id}) { commands } }"
ALERT = """mutation N($i: NotifyScriptableRunAlertInput!) { notifyScriptableRunAlert(input: $i) {
  success } }"""


class Planted:
    """A server on which ann's script has logged values wherever a script can."""

    def __init__(self, http: TestClient, parts: server.Parts, values: list[Any]) -> None:
        self.http, self.parts = http, parts
        parts.services.users.add_user("ann", KEY)
        self.names = {"entity": ["ann"], "project": ["p"], "run": ["r"]}
        named = {f"k{i}": value for i, value in enumerate(values)}
        named |= {value: 1 for value in values if isinstance(value, str)}
        config = json.dumps({key: {"value": value} for key, value in named.items()})
        texts = [value for value in values if isinstance(value, str)] or ["t"]
        run: dict[str, Any] = {"entityName": "ann", "modelName": "p", "name": "r"}
        self.done(UPSERT, i=run | {"config": config})
        self.done(UPSERT, i=run | {"summaryMetrics": json.dumps(named)})
        for part in ("displayName", "notes", "groupName", "jobType", "host", "program"):
            for text in texts:
                self.ask(UPSERT, i=run | {part: text})
        self.ask(UPSERT, i=run | {"tags": texts})
        for text in texts:
            self.ask(
                ALERT,
                i={
                    "entityName": "ann",
                    "projectName": "p",
                    "runName": "r",
                    "title": text,
                    "text": text,
                },
            )
        self.stream("r", named, values)
        kept = json.dumps(named)
        log_version(lambda *a, **k: self.done(*a, **k), http, "set", "data", kept)
        self._sweep(values, named)

    def _sweep(self, values: list[Any], named: dict[str, Any]) -> None:
        """A sweep over those values, whose runs logged each of them as its metric."""
        # YAML has no escape for half a character: such files are refused, see the test below.
        values = [value for value in values if not _HALF.search(json.dumps(value))]
        parameters = {"x": {"values": [*values, 1]}, "y": {"value": values}}
        text = json.dumps({"method": "grid", "metric": {"name": "loss"}, "parameters": parameters})
        [sweep] = [self.done(SWEEP, config=text)["upsertSweep"]["sweep"]]
        agent = self.done(AGENT, sweep=sweep["name"])["createAgent"]["agent"]["id"]
        self.names["sweep"] = [sweep["name"]]
        for number, value in enumerate(values):
            told = json.loads(self.done(BEAT, id=agent)["agentHeartbeat"]["commands"])
            handed = [command["run_id"] for command in told if command["type"] == "run"]
            for run_id in handed:
                self.stream(run_id, named | {"loss": value}, [value])
                self.names["run"].append(run_id)
            assert handed or number

    def stream(self, run: str, row: dict[str, Any], steps: list[Any]) -> None:
        """What the run's client streams, as its lines: a step of each value, too."""
        rows = [json.dumps(row | {"_step": i}) for i in range(3)]
        rows += [json.dumps(row | {"_step": step, "_timestamp": step}) for step in steps]
        summary = json.dumps(row)
        console = [f"{step}" for step in steps if isinstance(step, str)]
        files = {
            "wandb-history.jsonl": {"offset": 0, "content": rows},
            "wandb-events.jsonl": {"offset": 0, "content": rows},
            "wandb-summary.json": {"offset": 0, "content": [summary]},
            "output.log": {"offset": 0, "content": console},
        }
        for name, part in files.items():
            body = json.dumps({"files": {name: part}})
            answer = self.http.post(
                f"/files/ann/p/{run}/file_stream", content=body, headers=authorization(KEY)
            )
            assert answer.status_code == 200 or name == "output.log", answer.text
            assert answer.status_code < 500, answer.text

    def ask(self, document: str, **variables: Any) -> Any:
        """The response, which is never one of ours failing."""
        body = json.dumps({"query": document, "variables": variables})
        answer = self.http.post("/graphql", content=body, headers=authorization(KEY))
        assert answer.status_code < 500, (document, variables, answer.text)
        strict(answer.text)
        return answer

    def done(self, document: str, **variables: Any) -> Any:
        """The answer's data."""
        answer = self.ask(document, **variables)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def strict(text: str) -> Any:
    """The value of strict JSON."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    assert text.encode()
    return json.loads(text, parse_constant=refuse)


@pytest.fixture(
    scope="module",
    params=[pytest.param(g, marks=pytest.mark.xdist_group(f"values-{g}")) for g in GROUPS],
)
def planted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("values")
    parts = server.build(Settings(data=folder), FakeClock())
    http = InProcess(parts)
    yield Planted(http, parts, GROUPS[request.param]())
    http.close()
    parts.core.db.close()


def test_every_page_is_shown(planted: Planted) -> None:
    http = planted.http
    headers = sign_in(http, KEY)
    parts = {
        "version": ["v0"],
        "type": ["data"],
        "collection": ["set"],
        "path": ["none"],
        "client_id": ["none"],
        "report": ["none"],
        **planted.names,
    }
    n_shown = 0
    for route in routes.routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        if "org" in route.param_convertors or route.path == "/-/events":
            continue
        for n in range(3):
            chosen = {name: found[n % len(found)] for name, found in parts.items()}
            path = re.sub(r"{(\w+)(?::\w+)?}", lambda m: quote(chosen[m[1]], safe=""), route.path)  # noqa: B023
            query = {"runs": ",".join(planted.names["run"]), "since": "0"}
            answer = http.get(path, params=query)
            assert answer.status_code < 500, (path, answer.text[:500])
            n_shown += answer.status_code == 200
            if answer.headers.get("content-type", "").startswith("application/json"):
                strict(answer.text)
    assert n_shown > 45
    rows = http.get("/-/projects/ann/p/runs").json()["runs"]
    columns = sorted(
        {f"{part}.{key}" for row in rows for part in ("config", "summary") for key in row[part]}
    )
    wanted = json.dumps({"runs": planted.names["run"], "columns": [*columns, "run.tags"]})
    form = {"csrf": headers["X-CSRF-Token"], "wanted": wanted}
    answer = http.post("/-/projects/ann/p/runs.csv", data=form, headers=headers)
    assert answer.status_code == 200
    assert answer.text.count("\n") > len(planted.names["run"])


def test_every_read_operation_is_answered(planted: Planted) -> None:
    run, sweep = planted.names["run"], planted.names["sweep"][0]
    specs = [['{"keys": ["_step", "k0"], "samples": 3}'], ['{"keys": ["loss"], "minStep": 0}']]
    keyed = ['{"config.k0": {"$gt": 0}}', '{"summary_metrics.k1": {"$lt": "x"}}', "{}", "{}"]
    values: dict[str, list[Any]] = {
        "entity": ["ann"],
        "entityName": ["ann"],
        "project": ["p"],
        "projectName": ["p"],
        "run": run,
        "runName": run,
        "runId": run,
        "name": [*run[:2], "p", "set:v0", "set"],
        "sweep": [sweep],
        "filters": keyed,
        "registryFilter": ["{}"],
        "collectionFilter": ["{}"],
        "artifactFilter": ["{}"],
        "type": ["data"],
        "artifactTypeName": ["data"],
        "collection": ["set"],
        "artifactCollectionName": ["set"],
        "first": [50],
        "perPage": [50],
        "last": [50],
        "pageSize": [100],
        "samples": [500],
        "specs": specs,
        "historySpecs": specs,
        "spec": [one[0] for one in specs],
        "minStep": [0, -(2**63)],
        "maxStep": [2**63 - 1, 9],
        "liveKeys": [["_step", "k0"]],
        "order": ["+summary_metrics.k0", "-config.k1", "-summary_metrics.loss", "+config.k2.value"],
    }
    n_answered = 0
    for document in page.documents():
        fields = page.root_fields(document)
        if page.reason(document) is not None or not all(f.startswith("Query") for f in fields):
            continue
        for n in range(4):
            chosen = {name: found[n % len(found)] for name, found in values.items()}
            n_answered += planted.ask(document.text, **chosen).status_code == 200
    assert n_answered > 100
    for name in run:
        planted.done(READ, run=name, specs=[one[0] for one in specs])


def test_export_is_written(planted: Planted, tmp_path: Path) -> None:
    records = Records(planted.parts.core, planted.parts.blobs, "ann", "p")
    for table in TABLES:
        counts = set()
        for ending in ("csv", "json", "jsonl", "parquet"):
            counts.add(export.write(records, table, tmp_path / f"rows.{ending}"))
            assert (tmp_path / f"rows.{ending}").read_bytes()
        assert len(counts) == 1, table
        strict((tmp_path / "rows.json").read_text())
        for line in (tmp_path / "rows.jsonl").read_text().split("\n")[:-1]:
            strict(line)
        if table == "runs":
            assert counts == {len(planted.names["run"])}


def test_a_sweep_file_with_half_a_character_is_refused_with_its_place(planted: Planted) -> None:
    text = json.dumps({"method": "grid", "parameters": {"x": {"values": ["\ud800"]}}})
    answer = planted.http.post(
        "/graphql",
        json={"query": SWEEP, "variables": {"config": text}},
        auth=("api", KEY),
    )
    assert answer.status_code == 400
    assert "not valid YAML at line 1" in answer.json()["errors"][0]["message"]
