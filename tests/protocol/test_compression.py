"""Text leaves the server packed for who takes it so, and not again for who has it already."""

import gzip
import re
from collections.abc import Iterator

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.web import compression, static_files
from sweepd.web.compression import Compressed

CONFIG = '{"words": {"value": "' + "many words " * 400 + '"}}'
PAGES = ["/", "/ann/p", "/ann/p/workspace", "/ann/p/runs", "/ann/p/runs/r", "/ann/p/reports"]
DATA = [
    "/-/projects/ann/p/runs",
    "/-/projects/ann/p/keys",
    "/-/projects/ann/p/view",
    "/-/runs/ann/p/r/overview",
    "/-/runs/ann/p/r/history",
    "/-/runs/ann/p/r/console",
    "/-/runs/ann/p/r/files",
]
STATIC = sorted(
    path.relative_to(static_files.HERE / "static").as_posix()
    for path in (static_files.HERE / "static").rglob("*")
    if path.is_file()
)


@pytest.fixture
def http(parts: server.Parts, ann: Caller) -> Iterator[TestClient]:
    """A signed-in browser, and a run with much to say."""
    parts.services.runs.upsert(ann, None, "p", "r", RunChange(config=CONFIG))
    with TestClient(server.make_app(parts)) as client:
        client.get(f"/authorize?token={parts.services.sessions.create_link('ann')}")
        yield client


def raw(client: TestClient, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer, and its body as it came."""
    with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def unsalted(body: bytes) -> bytes:
    """A page without what differs in each: the token, and moments."""
    return re.sub(rb'name="csrf" content="\w+"', b"", body)


@pytest.mark.parametrize("path", PAGES + DATA)
def test_what_is_long_comes_packed_and_is_the_same(http: TestClient, path: str) -> None:
    plain, body = raw(http, path, **{"accept-encoding": "identity"})
    packed, small = raw(http, path, **{"accept-encoding": "br, gzip;q=0.5"})
    assert plain.status_code == packed.status_code == 200
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert "content-encoding" not in plain.headers
    if len(body) < compression.LEAST_BYTES:
        assert unsalted(small) == unsalted(body)
    else:
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(small) < len(body)
        assert unsalted(gzip.decompress(small)) == unsalted(body)


@pytest.mark.slow
@pytest.mark.parametrize("path", DATA)
def test_data_that_a_browser_has_are_not_sent_again(http: TestClient, path: str) -> None:
    for encoding in ("identity", "gzip"):
        first, _ = raw(http, path, **{"accept-encoding": encoding})
        again = {"accept-encoding": encoding, "if-none-match": first.headers["etag"]}
        answer, body = raw(http, path, **again)
        assert (answer.status_code, body) == (304, b"")
        assert answer.headers["etag"].removeprefix("W/") == first.headers["etag"].removeprefix("W/")
        answer, _ = raw(http, path, **again | {"if-none-match": '"another"'})
        assert answer.status_code == 200


def test_data_that_changed_are_sent(http: TestClient, parts: server.Parts, ann: Caller) -> None:
    first, _ = raw(http, "/-/runs/ann/p/r/overview")
    parts.services.runs.upsert(ann, None, "p", "r", RunChange(display_name="renamed"))
    known = {"if-none-match": first.headers["etag"]}
    answer, body = raw(http, "/-/runs/ann/p/r/overview", **known)
    assert answer.status_code == 200 and b"renamed" in gzip.decompress(body)


@pytest.mark.slow
def test_our_own_files_are_packed_once_ahead(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert static_files.prepare() == len(STATIC) > 50

    def never(*_: object, **__: object) -> bytes:
        raise AssertionError("packed for a request")

    monkeypatch.setattr(static_files.gzip, "compress", never)
    for name in STATIC:
        path = f"/-/static/{name}"
        whole = (static_files.HERE / "static" / name).read_bytes()
        packed, small = raw(http, path, **{"accept-encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip", name
        assert gzip.decompress(small) == whole
        plain, body = raw(http, path, **{"accept-encoding": "identity"})
        assert body == whole and plain.headers["etag"] != packed.headers["etag"]
        for encoding, tag in (
            ("gzip", packed.headers["etag"]),
            ("identity", plain.headers["etag"]),
        ):
            again, body = raw(http, path, **{"accept-encoding": encoding, "if-none-match": tag})
            assert (again.status_code, body) == (304, b""), name


def test_each_page_has_a_token_of_its_own(http: TestClient) -> None:
    tokens = [re.search(r'name="csrf" content="(\w+)"', http.get("/").text) for _ in range(3)]
    texts = [found.group(1) for found in tokens if found]
    assert len(set(texts)) == 3
    for token in texts:
        answer = http.post(
            "/-/projects/ann/p/actions",
            json={"action": "describe", "description": "of it"},
            headers={"x-csrf-token": token},
        )
        assert answer.status_code == 200
    broken = texts[0][:-1] + ("0" if texts[0][-1] != "0" else "1")
    for token in (broken, texts[0][:16] + texts[1][16:], texts[0][16:], ""):
        answer = http.post("/-/projects/ann/p/actions", json={}, headers={"x-csrf-token": token})
        assert answer.status_code == 403


def packed(response: Response, encoding: str = "gzip") -> tuple[int, dict[str, str], bytes]:
    """What a response becomes behind the packer."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "headers": [(b"accept-encoding", encoding.encode())],
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    async def receive() -> Message:
        await anyio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(Compressed(app), scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:])


@given(parts=st.lists(st.binary(max_size=60_000), min_size=1, max_size=4))
def test_any_stream_of_text_is_whole_again(parts: list[bytes]) -> None:
    _, headers, body = packed(StreamingResponse(iter(parts), media_type="text/csv"))
    assert headers["content-encoding"] == "gzip" and "content-length" not in headers
    assert gzip.decompress(body) == b"".join(parts)


LONG = b"x" * 5000
LEFT = [
    pytest.param(Response(LONG, media_type="image/png"), "gzip", id="picture"),
    pytest.param(Response(LONG, media_type="text/event-stream"), "gzip", id="events"),
    pytest.param(Response(LONG, headers={"accept-ranges": "bytes"}), "gzip", id="file"),
    pytest.param(Response(LONG, 206, media_type="text/plain"), "gzip", id="part"),
    pytest.param(Response(b"short", media_type="text/plain"), "gzip", id="short"),
    pytest.param(Response(LONG, media_type="text/plain"), "identity", id="plain"),
    pytest.param(Response(LONG, media_type="text/plain"), "gzip;q=0", id="refused"),
]


@pytest.mark.parametrize(("response", "encoding"), LEFT)
def test_what_is_left_as_it_is(response: Response, encoding: str) -> None:
    status, headers, body = packed(response, encoding)
    assert status == response.status_code and "content-encoding" not in headers
    assert body == response.body
