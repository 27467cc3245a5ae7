"""Every GraphQL document the installed client holds is answered, or refused for a stated reason."""

import pytest
from starlette.testclient import TestClient

from tests.protocol import page
from tests.protocol.client_documents import CLIENT_VERSION, CORE, Document
from tests.protocol.conftest import KEY, authorization
from tests.protocol.refused import REFUSED


def test_the_walk_finds_what_the_client_is_known_to_send() -> None:
    python = {d.name for d in page.documents() if d.source != CORE}
    core = {d.name for d in page.documents() if d.source == CORE}
    assert {"Runs", "Run", "GetSweeps", "Heartbeat", "UpsertSweep", "DeleteRun"} <= python
    assert {"Viewer", "UpsertBucket", "CreateRunFiles", "CommitArtifact"} <= core
    assert len(page.documents()) > 150


@pytest.mark.parametrize(
    "document",
    [d for d in page.documents() if d.name not in REFUSED],
    ids=lambda d: f"{d.source.rsplit('/', 1)[-1]}:{d.name}",
)
def test_document_is_answered(document: Document) -> None:
    assert page.problems(document) == [], document.text


def test_what_is_refused_is_refused_and_nothing_else_is_listed() -> None:
    refused = {d.name for d in page.documents() if d.name in REFUSED and page.problems(d)}
    assert refused == set(REFUSED)


def test_refusal_says_so_and_is_logged_once_with_the_document(
    http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    document = next(d for d in page.documents() if d.name == "ProjectViews")
    for _ in range(3):
        response = http.post("/graphql", json={"query": document.text}, headers=authorization(KEY))
        assert response.status_code == 400
        assert "sweepd does not support" in response.json()["errors"][0]["message"]
    assert len([r for r in caplog.records if "query ProjectViews" in r.getMessage()]) == 1


def test_protocol_page_is_up_to_date() -> None:
    text = page.PAGE.read_text()
    assert page.with_generated(text) == text, "run `python -m tests.protocol.page`"
    assert f"wandb {CLIENT_VERSION}" in text
