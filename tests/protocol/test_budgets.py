"""A request costs what it may, and ends."""

import gzip
import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from sweepd.wandb_api.graphql import budget, engine
from tests.protocol.conftest import KEY, authorization


def with_settings(http: TestClient, **changed: object) -> None:
    state = http.app.state  # type: ignore[attr-defined]
    state.settings = replace(state.settings, **changed)


def ask(http: TestClient, document: str):
    return http.post("/graphql", json={"query": document}, headers=authorization(KEY))


NESTED = "{ " + " ".join(f"a{i}: viewer {{ id username email }}" for i in range(200)) + " }"


@pytest.mark.parametrize("changed", [{"max_query_fields": 100}, {"max_query_s": -1.0}])
def test_a_request_ends_when_its_budget_is_spent(
    http: TestClient, changed: dict[str, object]
) -> None:
    assert ask(http, NESTED).status_code == 200
    with_settings(http, **changed)
    answer = ask(http, NESTED)
    assert answer.status_code == 413
    assert "ask for less at once" in answer.text
    assert ask(http, "{ viewer { id } }").status_code == 200


@pytest.mark.parametrize(
    ("document", "one"),
    [
        (
            """mutation M($x: [String!]!) { createRunFiles(input: {entityName: "ann",
            projectName: "p", runName: "r", files: $x}) { runID } }""",
            "f",
        ),
        ("mutation M($x: [ID!]!) { deleteFiles(input: {files: $x}) { success } }", "RmlsZTox"),
        (
            "mutation M($x: [String!]) { upsertBucket(input: {tags: $x}) { bucket { id } } }",
            "tag",
        ),
    ],
)
def test_a_list_of_things_to_change_has_an_end(http: TestClient, document: str, one: str) -> None:
    def send(n: int) -> int:
        body = {"query": document, "variables": {"x": [one] * n}}
        return http.post("/graphql", json=body, headers=authorization(KEY)).status_code

    assert send(1) != 413
    assert send(engine.MAX_CHANGES + 1) == 413


def test_an_abandoned_request_ends_at_its_next_glance() -> None:
    spent = budget.Budget(10**9, 1e9)
    spent.request.abandon()
    with pytest.raises(budget.Ended):
        for _ in range(budget.EACH + 1):
            spent.spend()


def test_long_requests_give_their_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "LONG_S", -1.0)
    for _ in range(5):
        spent = budget.Budget(10**9, 60.0)
        for _ in range(budget.EACH + 1):
            spent.spend()
        spent.close()


@pytest.mark.parametrize("line", ['""', "0", "[]", '"a,b"'])
def test_values_are_counted_before_they_are_read(http: TestClient, line: str) -> None:
    with_settings(http, max_body_items=1000)
    for n, status in ((900, 200), (2000, 413)):
        lines = ",".join([line] * n)
        text = f'{{"query": "{{ viewer {{ id }} }}", "x": [{lines}]}}'
        packed = gzip.compress(text.encode())
        headers = {**authorization(KEY), "Content-Encoding": "gzip"}
        assert http.post("/graphql", content=packed, headers=headers).status_code == status


def test_commas_within_texts_are_no_values(http: TestClient) -> None:
    with_settings(http, max_body_items=1000)
    body = {"query": "{ viewer { id } }", "x": json.dumps(["\\", '"', *range(5000)])}
    assert http.post("/graphql", json=body, headers=authorization(KEY)).status_code == 200
