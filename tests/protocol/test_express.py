"""A request answered on the connection itself is answered as the routes would: byte for byte."""

import asyncio
import base64
import itertools
import json
import random
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import uvloop

from sweepd import http_server, server
from sweepd.domain.patience import Patience
from sweepd.domain.users import Caller
from sweepd.express import STOPPING
from sweepd.http_server import HttpServer
from sweepd.settings import Settings
from sweepd.wandb_api.express import Answer, Express

KEY = "ann-" + "a" * 40
KEY_OF_BOB = "bob-" + "b" * 40
OF_ANN = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
SWEEP = """mutation S($config: String) { upsertSweep(input: {config: $config, projectName: "p"}) {
  sweep { name } } }"""
AGENT = """mutation A($sweep: String!) { createAgent(input: {host: "h", projectName: "p",
  sweep: $sweep}) { agent { id } } }"""
BEAT = """mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) {
    agent { id } commands } }"""
BUCKET = """mutation UpsertBucket($name: String, $config: JSONString) {
  upsertBucket(input: {name: $name, modelName: "p", config: $config}) {
    bucket { id name config } inserted } }"""
GRID = "method: grid\nprogram: t.py\nparameters: {a: {values: [1, 2, 3]}}"
ASKED = {"query": "{ viewer { username } }"}
POST = "/files/ann/p/r/file_stream"
LINES = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "x": 1}']}}}


class Switched:
    """May be told to leave all to the routes; counts what it did."""

    def __init__(self, express: Express) -> None:
        self.express, self.is_on, self.n_answered = express, True, 0
        self.held: threading.Event | None = None

    def digest_of(self, headers: Mapping[bytes, bytes]) -> str:
        """As `Express`."""
        return self.express.digest_of(headers)

    def caller_of(self, digest: str) -> Caller | None:
        """As `Express`."""
        return self.express.caller_of(digest)

    def begin(
        self,
        path: str,
        caller: Caller,
        headers: Mapping[bytes, bytes],
        body: bytes,
        waits: Patience,
        address: str,
    ) -> Coroutine[Any, Any, Answer] | None:
        """As `Express`, if it is on."""
        if not self.is_on:
            return None
        work = self.express.begin(path, caller, headers, body, waits, address)
        self.n_answered += work is not None
        return self._kept(work) if work is not None and self.held is not None else work

    async def _kept(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        assert self.held is not None
        self.held.set()
        try:
            await asyncio.Event().wait()
        finally:
            work.close()
        raise AssertionError


@dataclass
class Running:
    """A server in a thread of this process, and one connection to it."""

    address: tuple[str, int]
    switched: Switched
    http: HttpServer
    connection: socket.socket
    read: bytes = field(default=b"")

    def send(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to one request."""
        self.connection.sendall(request(path, body, **headers))
        return self.receive()

    def receive(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer."""
        while b"\r\n\r\n" not in self.read:
            self._more()
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        while len(self.read) < int(headers["content-length"]):
            self._more()
        size = int(headers.pop("content-length"))
        body, self.read = self.read[:size], self.read[size:]
        assert headers.pop("date")
        return int(first.split(" ")[1]), headers, body

    def _more(self) -> None:
        more = self.connection.recv(1 << 16)
        assert more, f"the connection was closed after {self.read!r}"
        self.read += more

    def ask(self, document: str, **variables: Any) -> Any:
        """One GraphQL request's `data`."""
        status, _, body = self.send("/graphql", {"query": document, "variables": variables})
        assert status == 200, body
        return json.loads(body)["data"]

    def both(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """What a request is answered either way, and that it is the same."""
        self.switched.is_on = False
        usual = self.send(path, body, **headers)
        self.switched.is_on = True
        n_before = self.switched.n_answered
        assert self.send(path, body, **headers) == usual
        assert self.switched.n_answered == n_before + 1
        return usual


def request(path: str, body: Any, **headers: str) -> bytes:
    """A POST as bytes."""
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"host": "x", "authorization": OF_ANN, "content_length": str(len(whole))} | headers
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items() if value]
    return f"POST {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + whole


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    patch = pytest.MonkeyPatch()
    patch.setattr("sweepd.services.people.users.CACHE_S", 3600.0)
    parts = server.build(Settings(data=tmp_path_factory.mktemp("express")))
    parts.services.users.add_user("ann", KEY)
    parts.services.users.add_user("bob", KEY_OF_BOB)
    app = server.make_app(parts)
    switched = Switched(Express(app.state))
    http = HttpServer(app, answering=switched)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: uvloop.run(http.serve([listener])), daemon=True)
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=60) as connection:
        yield Running(listener.getsockname(), switched, http, connection)
    http.should_exit = True
    thread.join(30)
    listener.close()
    patch.undo()
    assert not thread.is_alive()


@pytest.fixture
def made(running: Running) -> Iterator[Running]:
    """Somebody whose key was seen a moment ago, and their run."""
    running.ask(BUCKET, name="r", config="{}")
    yield running
    running.switched.is_on, running.switched.held = True, None


@pytest.mark.slow
def test_a_heartbeat(made: Running) -> None:
    sweep = made.ask(SWEEP, config=GRID)["upsertSweep"]["sweep"]["name"]
    agent = made.ask(AGENT, sweep=sweep)["createAgent"]["agent"]["id"]
    variables = {"id": agent, "metrics": "{}", "runState": '{"r": true}'}
    status, _, body = made.both("/graphql", {"query": BEAT, "variables": variables})
    assert status == 200
    assert json.loads(body)["data"]["agentHeartbeat"]["agent"]["id"] == agent
    variables["runState"] = "{}"  # hands out; asked again, it hands out the same once more
    status, _, body = made.both("/graphql", {"query": BEAT, "variables": variables})
    [command] = json.loads(json.loads(body)["data"]["agentHeartbeat"]["commands"])
    assert command["type"] == "run"


@pytest.mark.slow
def test_an_upsert_and_one_whose_answer_is_packed(made: Running) -> None:
    body = {"query": BUCKET, "variables": {"name": "r", "config": json.dumps({"a": "x" * 2000})}}
    plain = made.both("/graphql", body)
    packed = made.both("/graphql", body, accept_encoding="gzip, deflate")
    assert "content-encoding" not in plain[1]
    assert packed[1]["content-encoding"] == "gzip"
    assert len(packed[2]) < len(plain[2]) / 2
    long = {"query": BUCKET, "variables": {"name": "r", "config": json.dumps({"a": "x" * 50_000})}}
    assert made.both("/graphql", long, accept_encoding="gzip")[0] == 200


def test_a_post(made: Running) -> None:
    assert made.both(POST, LINES) == (
        200,
        {"content-type": "application/json", "vary": "Accept-Encoding"},
        b"{}",
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/files/ann/p/none/file_stream", LINES, 404),
        (POST, {"files": 3}, 400),
        (POST, {"files": {"output.log": {"offset": -1, "content": ["a"]}}}, 400),
        ("/graphql", {}, 400),
        ("/graphql", {"query": "{"}, 400),
        ("/graphql", {"query": "{ nothing }"}, 400),
        ("/graphql", {"query": "{ viewer { id } }", "operationName": 3}, 400),
        ("/graphql", {"query": BEAT, "variables": {"id": "no"}}, 400),
        ("/graphql", {"query": BEAT, "variables": {"id": "QWdlbnQ6OTk5"}}, 404),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refusal(made: Running, path: str, body: Any, status: int) -> None:
    assert made.both(path, body)[0] == status
    assert made.both(path, body, accept_encoding="gzip")[0] == status


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/graphql", b"[1]", {}, 400),
        ("/graphql", b"{", {}, 400),
        ("/graphql", {"query": "{ viewer { id } }"}, {"authorization": ""}, 401),
        ("/graphql", {"query": "{ viewer { id } }"}, {"authorization": "Bearer none"}, 401),
        ("/graphql", {"query": "{ viewer { id } }"}, {"expect": "other"}, 200),
        ("/graphql", {"query": "{ viewer { id } }"}, {"x_forwarded_proto": "https"}, 200),
        ("/graphql?a=1", {"query": "{ viewer { id } }"}, {}, 200),
        ("/files/ann/p%2Fq/r/file_stream", LINES, {}, 404),
        ("/files//p/r/file_stream", LINES, {}, 404),
        ("/elsewhere/file_stream", LINES, {}, 405),
        ("/graphql", {"query": "{ viewer { id } }", "more": "x" * 200_000}, {}, 200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_unusual_is_left_to_the_routes(
    made: Running, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    n_before = made.switched.n_answered
    assert made.send(path, body, **headers)[0] == status
    assert made.switched.n_answered == n_before


@pytest.mark.parametrize(
    ("path", "is_begun"),
    [
        ("/sweepd/graphql", True),
        ("/graphql", True),  # by a proxy that cuts the path off
        (f"/sweepd{POST}", True),
        ("/other/graphql", False),
        ("/sweepd", False),
    ],
)
def test_below_a_path_of_a_proxy(made: Running, path: str, is_begun: bool) -> None:
    express = Express(made.switched.express._state, "/sweepd")
    headers = {b"authorization": OF_ANN.encode()}
    made.send("/graphql", {"query": "{ viewer { username } }"})  # its key is known from now on
    caller = express.caller_of(express.digest_of(headers))
    assert caller is not None
    work = express.begin(path, caller, headers, b"{}", Patience(), "http://x")
    assert (work is not None) == is_begun
    if work is not None:
        work.close()


def test_each_request_of_a_connection_is_of_whom_its_own_headers_name(made: Running) -> None:
    asked = {"query": "{ viewer { username } }"}
    for user in ("ann", "bob", "ann", "bob", "bob", ""):
        key = {"ann": KEY, "bob": KEY_OF_BOB}.get(user, "")
        value = "Basic " + base64.b64encode(f"api:{key}".encode()).decode() if key else ""
        status, _, body = made.send("/graphql", asked, authorization=value)
        assert (status, json.loads(body).get("data")) == (
            (200, {"viewer": {"username": user}}) if user else (401, None)
        )
    n_before = made.switched.n_answered
    for odd in ({"host": "x y"}, {"expect": "200-ok"}, {"transfer_encoding": ""}):
        made.send("/graphql", asked)
        made.send("/graphql", asked, **odd)
    assert made.switched.n_answered == n_before + 4, "an odd header after a plain request is seen"


def test_a_body_in_pieces_and_requests_sent_before_the_answer(made: Running) -> None:
    whole = request(POST, LINES)
    for piece in (whole[:30], whole[30:-20], whole[-20:]):
        made.connection.sendall(piece)
    assert made.receive()[0] == 200
    asked = request("/graphql", {"query": "{ viewer { username } }"})
    made.connection.sendall(whole + asked + whole)
    answers = [made.receive() for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 200]
    assert [b"ann" in body for _, _, body in answers] == [False, True, False]


def test_who_leaves_before_the_answer_harms_nobody(made: Running) -> None:
    for body in (b"", request(POST, LINES)[:-5], request(POST, LINES)):
        with socket.create_connection(made.address) as gone:
            gone.sendall(body)
    assert made.both(POST, LINES)[0] == 200


def test_a_request_that_is_cut_off_is_told_to_come_again(made: Running) -> None:
    made.switched.held = threading.Event()
    made.connection.sendall(request(POST, LINES))
    assert made.switched.held.wait(30)
    [task] = made.http.server_state.tasks
    task.get_loop().call_soon_threadsafe(task.cancel)
    status, _, body = made.receive()
    assert (status, json.loads(body)) == (503, STOPPING)


@pytest.fixture
def parsed(made: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Running, list[bytes]]]:
    """A new connection, and the paths of its requests whose heads were parsed."""
    urls: list[bytes] = []
    usual = http_server._Protocol.on_url

    def noted(protocol: Any, url: bytes) -> None:
        urls.append(url)
        usual(protocol, url)

    made.send("/graphql", ASKED)  # its key is known from now on
    monkeypatch.setattr(http_server._Protocol, "on_url", noted)
    with socket.create_connection(made.address, timeout=60) as connection:
        yield replace(made, connection=connection), urls


def test_a_head_that_is_sent_again_is_not_parsed_again(
    parsed: tuple[Running, list[bytes]],
) -> None:
    made, urls = parsed
    note = "x"
    for n in range(1, 6):
        body = {"query": BUCKET, "variables": {"name": "r", "config": json.dumps({note: n})}}
        status, _, answer = made.send("/graphql", body)
        found = json.loads(json.loads(answer)["data"]["upsertBucket"]["bucket"]["config"])
        assert (status, found) == (200, {note: n})
        note *= 9
    assert urls == [b"/graphql"]


def test_what_is_not_answered_so_is_parsed_whatever_came_before(
    parsed: tuple[Running, list[bytes]],
) -> None:
    made, urls = parsed
    plain, long = (ASKED, 200), ({**ASKED, "more": "x" * 200_000}, 200)
    for body, status in (plain, (b"{", 400), plain, long, (b"", 400), plain):
        assert made.send("/graphql", body)[0] == status
    n_parsed = len(urls)
    made.switched.express._state.services.users.forget()
    assert b'"ann"' in made.send("/graphql", ASKED)[2]
    assert len(urls) == n_parsed + 1
    assert b'"ann"' in made.send("/graphql", ASKED)[2]


def test_many_bytes_of_requests_with_one_head_are_no_head_without_end(made: Running) -> None:
    for _ in range(12):
        assert made.send("/graphql", {**ASKED, "more": "x" * 20_000})[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_requests_cut_anywhere_are_answered_as_whole_ones(made: Running, seed: int) -> None:
    rng = random.Random(seed)
    asked = [
        (POST, LINES, {}),
        ("/graphql", {"query": "{ viewer { username } }"}, {}),
        ("/graphql", {"query": "{ nothing }"}, {}),
        ("/graphql", {"query": "{ viewer { username } }"}, {"authorization": ""}),
        (POST, {"files": 3}, {"x_more": "y"}),
    ]
    alone = {n: made.send(path, body, **more) for n, (path, body, more) in enumerate(asked)}
    order = [rng.choice([0, 0, 0, 1, 1, 2, 3, 4]) for _ in range(60)]
    made.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number in order:
        path, body, more = asked[number]
        sent = request(path, body, **more)
        cuts = sorted(rng.choices(range(len(sent)), k=rng.choice([0, 0, 1, 2])))
        for start, end in itertools.pairwise([0, *cuts, len(sent)]):
            made.connection.sendall(sent[start:end])
        assert made.receive() == alone[number]
