"""Who comes with wrong keys is slowed down; a right key is answered meanwhile."""

import pytest
from starlette.testclient import TestClient

from sweepd.services.people import failed_sign_ins
from tests.conftest import FakeClock
from tests.protocol.conftest import KEY, authorization

WRONG = "nobody-" + "0" * 40


def test_wrong_keys_are_turned_away_right_ones_never(
    http: TestClient, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failed_sign_ins, "MAX_WAIT_S", 0.0)
    query = {"query": "{ viewer { username } }"}

    def client(key: str) -> int:
        return http.post("/graphql", json=query, headers=authorization(key)).status_code

    def stream(key: str) -> int:
        path = "/files/ann/p/r/file_stream"
        return http.post(path, json={}, headers=authorization(key)).status_code

    def form(key: str) -> int:
        return http.post("/authorize", data={"key": key}, follow_redirects=False).status_code

    def link(token: str) -> int:
        return http.get("/authorize", params={"token": token}).status_code

    assert [client(WRONG) for _ in range(20)] == [401] * 20
    assert [client(WRONG), stream(WRONG), form(WRONG), link("none")] == [429] * 4
    answer = http.post("/graphql", json=query, headers=authorization(WRONG))
    assert int(answer.headers["Retry-After"]) > 0
    assert "try again" in answer.json()["errors"][0]["message"]
    assert client(KEY) == 200
    assert stream(KEY) == 404
    assert form(KEY) == 303
    clock.forward(60 / 20)  # and one more is answered
    assert [client(WRONG), client(WRONG)] == [401, 429]
