"""Every address that names a thing: to a stranger's session and key it is one that never was."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from sweepd.wandb_api import routes as wandb_routes
from sweepd.web import routes as web_routes
from tests.protocol import access_world
from tests.protocol.access_world import ANN, BOB, Guarded, World, rows
from tests.protocol.conftest import authorization

pytestmark = pytest.mark.slow  # each operation on a folder of its own


def sign_in(http: TestClient, key: str) -> dict[str, str]:
    """A browser's session; the header its pages send with a change."""
    http.cookies.clear()
    assert http.post("/authorize", data={"key": key}, follow_redirects=False).status_code == 303
    found = re.search(r'name="csrf" content="(\w+)"', http.get("/").text)
    assert found
    return {"X-CSRF-Token": found[1]}


def _addresses(world: World) -> dict[tuple[str, str], str]:
    """Every address of the pages and the client that names a thing; (method, pattern): path."""
    values = {
        "entity": world["entity"],
        "project": world["project"],
        "run": world["run"],
        "sweep": world["sweep"],
        "type": world["type"],
        "collection": world["collection"],
        "version": "v0",
        "path": "hush.txt",
        "region": "default",
        "ids": world["artifact_id"],
        "digest": base64.b64decode(world["md5"]).hex(),
        "name": "hush.txt",
        "client_id": world["client_id"],
        "report": f"title--{world['view_id'].rstrip('=')}",
    }
    found, names = {}, values.keys()
    for route in [*web_routes.routes, *wandb_routes.routes]:
        used = set(route.param_convertors) if isinstance(route, Route) else set()
        # A blob's address holds its right in its token: test_edge.py forges one. What the client
        # prints of an organisation leads on, for anybody, to an address that is tried here.
        if isinstance(route, Route) and used & names and not used & {"token", "org"}:
            path = re.sub(r"{(\w+)(?::\w+)?}", lambda m: quote(values[m[1]], safe=""), route.path)
            if route.path.endswith("/registry/model"):  # made by the client, with the place so
                place = f"{world['entity']}/{world['project']}/{world['portfolio']}"
                path += f"?selectionPath={quote(place, safe='')}"
            for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
                found[method, route.path] = path
    return found


def test_no_address_shows_or_changes_a_strangers_things(guarded: Guarded) -> None:
    http, parts, world = guarded.http, guarded.parts, guarded.world
    gone = access_world.absent(world)
    gone |= {"md5": base64.b64encode(b"\0" * 16).decode()}
    real, unreal = _addresses(world), _addresses(gone)
    assert len(real) > 25
    send = _sender(http, BOB)
    before = rows(parts)
    for key, path in real.items():
        answer, other = send(key, path), send(key, unreal[key])
        assert answer.status_code == other.status_code == 404, (key, path, answer.text)
        assert _anonymous(answer.text, world) == _anonymous(other.text, gone), (key, path)
    assert rows(parts) == before
    send = _sender(http, ANN)
    for key, path in real.items():
        answer = send(key, path)
        assert answer.status_code not in (401, 403, 404), (key, path, answer.text)


def test_no_news_of_a_strangers_things(guarded: Guarded) -> None:
    """What one may not see is left out of a stream as if it were not there; nothing left is 404."""
    world, none = guarded.world, access_world.absent(guarded.world)
    sign_in(guarded.http, BOB)
    for kind in ("sweeps", "runs"):
        there, absent = (
            guarded.http.get(
                "/-/events",
                params={"topic": f"{kind}/{w['entity']}/{w['project']}/{w[kind[:-1]]}"},
            )
            for w in (world, none)
        )
        assert there.status_code == absent.status_code == 404
        assert there.text == absent.text


def _sender(http: TestClient, key: str) -> Callable[[tuple[str, str], str], Any]:
    """How a person's browser, or their client, asks for an address or posts to it."""
    headers = sign_in(http, key) | authorization(key)
    wanted = json.dumps({"runs": [], "columns": []})
    form = {"csrf": headers["X-CSRF-Token"], "wanted": wanted}

    def send(method_and_pattern: tuple[str, str], path: str) -> Any:
        method, pattern = method_and_pattern
        if pattern.endswith(".csv"):
            return http.post(path, data=form, headers=headers)
        body = {"action": "no such action"} if method == "POST" else None
        return http.request(method, path, json=body, headers=headers)

    return send


def _anonymous(text: str, world: World) -> str:
    """A page without the names that were asked for, and without its own token."""
    text = re.sub(r'(name="csrf" content=)"\w+"', r"\1", text)
    named = [(name, value) for name, value in world.items() if not name.endswith("_id")]
    for name, value in sorted(named, key=lambda item: -len(item[1])):
        text = text.replace(quote(value, safe=""), f"@{name}").replace(value, f"@{name}")
    return text
