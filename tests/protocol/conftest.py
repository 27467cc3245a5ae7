"""The application in process, spoken to as the client does."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller

Ask = Callable[..., Any]
KEY = "ann-" + "a" * 40


def authorization(key: str) -> dict[str, str]:
    """The header the client sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


@pytest.fixture
def http(parts: server.Parts) -> Iterator[TestClient]:
    """Whoever has no key."""
    parts.services.users.add_user("ann", KEY)
    client = TestClient(server.make_app(parts), raise_server_exceptions=False)
    yield client
    client.close()


@pytest.fixture
def ask(http: TestClient) -> Ask:
    """Ask GraphQL as ann; returns `data`, or the whole response when it failed."""

    def ask(document: str, key: str = KEY, **variables: Any) -> Any:
        body = {"query": document, "variables": variables, "operationName": ""}
        response = http.post("/graphql", json=body, headers=authorization(key))
        return response.json()["data"] if response.status_code == 200 else response

    return ask


@pytest.fixture
def ann_caller(http: TestClient, parts: server.Parts) -> Caller:
    """ann, who owns KEY."""
    return parts.services.users.get_caller("ann")
