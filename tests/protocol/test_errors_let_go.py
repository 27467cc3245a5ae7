"""What a failed request held is free once it is answered, without the collector of circles.

One commit of a large manifest that is refused took 100 MB, kept until that collector came by.
"""

import gc
import json
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.errors import Unavailable
from tests.protocol.conftest import KEY, authorization
from tests.protocol.test_access_addresses import sign_in

Send = Callable[[TestClient, dict[str, str]], Any]
BUCKET = """mutation { upsertBucket(input: {entityName: "ann", modelName: "p", name: "r1"}) {
  bucket { id } } }"""
PLAIN = 'query { project(name: "p", entityName: "ann") { id name } }'
NESTED = """query { project(name: "p", entityName: "ann") { runs(first: 5) { edges { node {
  historyKeys files { edges { node { name } } } } } } } }"""


def graphql(document: str) -> Send:
    return lambda http, _: http.post(
        "/graphql", json={"query": document}, headers=authorization(KEY)
    )


def stream(http: TestClient, _: dict[str, str]) -> Any:
    lines = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}
    return http.post("/files/ann/p/r1/file_stream", json=lines, headers=authorization(KEY))


def get(path: str) -> Send:
    return lambda http, _: http.get(path)


def act(http: TestClient, headers: dict[str, str]) -> Any:
    return http.post("/-/runs/ann/p/r1", json={"action": "rename", "name": "x"}, headers=headers)


def csv(http: TestClient, headers: dict[str, str]) -> Any:
    wanted = json.dumps({"runs": ["r1"], "columns": ["run.tags"]})
    form = {"csrf": headers["X-CSRF-Token"], "wanted": wanted}
    return http.post("/-/projects/ann/p/runs.csv", data=form, headers=headers)


REQUESTS = {
    "mutation": graphql(BUCKET),
    "plain query": graphql(PLAIN),
    "nested query": graphql(NESTED),
    "file stream": stream,
    "page": get("/ann/p/runs"),
    "page's data": get("/-/projects/ann/p/runs"),
    "action": act,
    "csv": csv,
}


class Held:
    """What a frame holds."""


BEGUN = {("csv", 3)}  # its first bytes are on their way by then: it is cut off, not answered
TRIED = [(name, n) for name in REQUESTS for n in range(1, 5) if (name, n) not in BEGUN]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n"), TRIED)
def test_nothing_is_held_once_the_answer_is_given(
    http: TestClient, parts: server.Parts, monkeypatch: pytest.MonkeyPatch, name: str, n: int
) -> None:
    """The database fails at the n-th look or change."""
    http.post("/graphql", json={"query": BUCKET}, headers=authorization(KEY))
    headers = sign_in(http, KEY)
    database, left = parts.core.db, n
    held: list[weakref.ref[Held]] = []
    read, write, write_async = database.read, database.write, database.write_async

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            mine = Held()
            held.append(weakref.ref(mine))
            raise Unavailable("away")

    @contextmanager
    def failing_read() -> Iterator[Any]:
        fail()
        with read() as connection:
            yield connection

    def failing_write(change: Any) -> Any:
        fail()
        return write(change)

    async def failing_write_async(change: Any, *more: Any) -> Any:
        fail()
        return await write_async(change, *more)

    monkeypatch.setattr(database, "read", failing_read)
    monkeypatch.setattr(database, "write", failing_write)
    monkeypatch.setattr(database, "write_async", failing_write_async)
    gc.collect()
    gc.disable()
    try:
        status = REQUESTS[name](http, headers).status_code
        assert bool(held) == (status == 503), status
        assert [ref() for ref in held if ref() is not None] == []
    finally:
        gc.enable()
