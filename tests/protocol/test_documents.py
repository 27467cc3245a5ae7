"""Every GraphQL document the installed client holds is answered, or refused for a stated reason."""

import pytest
from starlette.testclient import TestClient

from sweepd.wandb_api.graphql import refused
from tests.protocol import page
from tests.protocol.client_documents import CLIENT_VERSION, CORE, Document
from tests.protocol.conftest import KEY, authorization


def test_the_walk_finds_what_the_client_is_known_to_send() -> None:
    python = {d.name for d in page.documents() if d.source != CORE}
    core = {d.name for d in page.documents() if d.source == CORE}
    assert {"Runs", "Run", "GetSweeps", "Heartbeat", "UpsertSweep", "DeleteRun"} <= python
    assert {"Viewer", "UpsertBucket", "CreateRunFiles", "CommitArtifact"} <= core
    assert len(page.documents()) > 150


@pytest.mark.parametrize(
    "document",
    [d for d in page.documents() if page.reason(d) is None],
    ids=lambda d: f"{d.source.rsplit('/', 1)[-1]}:{d.name}",
)
def test_document_is_answered(document: Document) -> None:
    assert page.problems(document) == [], document.text


def test_every_reason_is_given_for_something_the_schema_has_not() -> None:
    for field in refused.REASONS:
        kind, name = field.split(".")
        assert name not in getattr(page.schema().get_type(kind), "fields", ()), field


def test_what_is_both_answered_and_refused_is_named() -> None:
    """Operations of one name and several forms, of which only some can be answered."""
    answered = {d.name for d in page.documents() if page.reason(d) is None}
    assert answered & {d.name for d in page.documents() if page.reason(d)} == set()


def test_refusal_gives_the_reason_and_is_logged_once_with_the_document(
    http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    document = next(d for d in page.documents() if d.name == "ProjectRunQueues")
    for _ in range(3):
        response = http.post("/graphql", json={"query": document.text}, headers=authorization(KEY))
        assert response.status_code == 400
        assert "sweepd has no launch queues" in response.json()["errors"][0]["message"]
    assert len([r for r in caplog.records if "query ProjectRunQueues" in r.getMessage()]) == 1


def test_protocol_page_is_up_to_date() -> None:
    text = page.PAGE.read_text()
    assert page.with_generated(text) == text, "run `python -m tests.protocol.page`"
    assert f"wandb {CLIENT_VERSION}" in text
