"""Automations with the stock client: each kind is made, changed, told once, and signed."""

import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, start_server, wait_until
from tests.receiver import Receiver

pytestmark = pytest.mark.e2e
DOWN = {
    "AUTOMATION_SCOPE_ENTITY": False,
    "AUTOMATION_ACTION_NO_OP": False,
    "AUTOMATION_EVENT_RUN_METRIC": False,
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE": False,
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE": False,
    "AUTOMATION_EVENT_RUN_STATE": False,
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG": False,
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG": False,
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG": False,
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG": False,
    "AUTOMATION_EVENT_UNLINK_ARTIFACT": False,
    "QUERY_AUTOMATIONS_ON_ENTITY": False,
}
OLD = {
    "RUN_METRIC": 1,
    "RUN_METRIC_CHANGE": 2,
    "RUN_STATE": 1,
    "CREATE_ARTIFACT": 1,
    "LINK_MODEL": 1,
    "ADD_ARTIFACT_ALIAS": 1,
}
NEW = {
    "RUN_METRIC_ZSCORE": 1,
    "ADD_ARTIFACT_TAG": 1,
    "REMOVE_ARTIFACT_TAG": 1,
    "ADD_COLLECTION_TAG": 1,
    "REMOVE_COLLECTION_TAG": 1,
    "UNLINK_ARTIFACT": 1,
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


def add_webhook(live: RunningServer, url: str) -> str:
    """Name a webhook; its secret."""
    entity = live.client.query("{ viewer { entity } }")["viewer"]["entity"]
    live.client.query(
        """mutation C($i: CreateGenericWebhookIntegrationInput!) {
        createGenericWebhookIntegration(input: $i) { integration { __typename } } }""",
        i={"entityName": entity, "name": "hook", "urlEndpoint": url},
    )
    with sqlite3.connect(live.data / "sweepd.db") as database:
        return str(database.execute("SELECT secret FROM integrations").fetchone()[0])


@pytest.mark.parametrize("flags", [{}, DOWN], ids=["up", "down"])
def test_each_kind_is_told_once_and_signed(
    receiver: Receiver, tmp_path: Path, flags: dict[str, bool]
) -> None:
    live = start_server(
        tmp_path / "server", flags=flags, SWEEPD_NOTICE_HOSTS=f"127.0.0.1:{receiver.port}"
    )
    try:
        secret = add_webhook(live, receiver.url)
        done = subprocess.run(
            [
                sys.executable,
                ROOT / "tests/e2e/scripts/automations.py",
                f"a-{uuid.uuid4().hex[:6]}",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=live.environment(tmp_path) | {"FLAGS": "down" if flags else "up"},
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:] + live.log[-3000:]
        assert ("refused UnsupportedError" in done.stdout) == bool(flags)
        expected = Counter(OLD if flags else OLD | NEW)
        wait_until(
            lambda: len(receiver.got) >= expected.total(),
            60,
            lambda: f"{receiver.bodies()} {live.log[-3000:]}",
        )
    finally:
        live.stop()
    bodies = receiver.bodies()
    assert Counter(body["event"] for body in bodies) == expected
    assert receiver.is_signed(secret)
    assert len({headers["x-sweepd-delivery"] for headers, _ in receiver.got}) == len(bodies)
    assert {"event": "ADD_ARTIFACT_ALIAS", "run": "${run_name}", "of": {"v": "better"}} in bodies
    assert {body["run"] for body in bodies if body["event"].startswith("RUN_")} == {"told"}
