"""A browser's session over HTTP: every page and every stream of news ends with it."""

import asyncio
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.web import events
from sweepd.web.session import cookie_name
from tests.protocol.conftest import KEY


def sign_in(http: TestClient) -> None:
    answer = http.post("/authorize", data={"key": KEY}, follow_redirects=False)
    assert answer.status_code == 303


def test_a_cookie_kept_after_signing_out_is_worth_nothing(
    http: TestClient, parts: server.Parts
) -> None:
    sign_in(http)
    kept = dict(http.cookies)
    assert list(kept) == [cookie_name(parts.services.users.secret("sessions"))]
    assert http.get("/").status_code == 200
    assert http.post("/-/sign-out", follow_redirects=False).status_code == 303
    assert not dict(http.cookies)
    http.cookies.update(kept)
    answer = http.get("/")
    assert answer.status_code == 401 and "has ended" in answer.text


def test_forged_cookies_and_those_of_before_sign_nobody_in(
    http: TestClient, parts: server.Parts
) -> None:
    name = cookie_name(parts.services.users.secret("sessions"))
    for value in ("", "x", "eyJ1c2VyIjoiYW5uIn0.aaaa.bbbb", "'; --", "é" * 9, "x" * 4000):
        http.cookies.clear()
        answer = http.get("/", headers={"Cookie": f"{name}={value}".encode()})
        assert answer.status_code == 401, value


def test_the_account_page_signs_out_elsewhere_and_keeps_this_session(
    http: TestClient, parts: server.Parts
) -> None:
    other = parts.services.sessions.begin(KEY)
    sign_in(http)
    found = re.search(r'name="csrf" content="(\w+)"', http.get("/-/account").text)
    assert found
    answer = http.post(
        "/-/account/actions", json={"action": "end-sessions"}, headers={"X-CSRF-Token": found[1]}
    )
    assert answer.status_code == 200
    assert http.get("/").status_code == 200
    http.cookies.set(cookie_name(parts.services.users.secret("sessions")), other)
    http.cookies.clear()
    http.cookies.set(cookie_name(parts.services.users.secret("sessions")), other)
    assert http.get("/").status_code == 401


def test_a_stream_of_news_ends_with_the_session(
    http: TestClient, parts: server.Parts, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask('mutation { upsertBucket(input: {name: "r", modelName: "p"}) { inserted } }')
    monkeypatch.setattr(events, "LOOK_S", 0.01)
    monkeypatch.setattr(events, "ASK_S", 0.0)
    session = parts.services.sessions.begin(KEY)
    name = cookie_name(parts.services.users.secret("sessions"))
    messages: list[dict[str, Any]] = []

    async def listen() -> None:
        began, never = asyncio.Event(), asyncio.Event()

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)
            if message.get("body"):
                began.set()

        async def receive() -> dict[str, Any]:
            await never.wait()
            return {}

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/-/events",
            "query_string": b"topic=runs/ann/p/r",
            "headers": [(b"cookie", f"{name}={session}".encode())],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
            "root_path": "",
        }
        app = server.make_app(parts)
        task = asyncio.create_task(app(scope, receive, send))
        await asyncio.wait_for(began.wait(), 30)
        parts.services.sessions.end(session)
        await asyncio.wait_for(task, 30)

    asyncio.run(listen())
    assert messages[0]["status"] == 200
    assert messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
