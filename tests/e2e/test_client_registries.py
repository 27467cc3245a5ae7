"""Registries with the stock client: one user publishes, another uses; flags up and down."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunningServer, start_server

pytestmark = pytest.mark.e2e

SCRIPTS = ROOT / "tests" / "e2e" / "scripts"
DOWN = {
    "ARTIFACT_REGISTRY_SEARCH": False,
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION": False,
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING": False,
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE": False,
}


def run(live: RunningServer, home: Path, script: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{script}.py", *words],
        cwd=home,
        capture_output=True,
        text=True,
        env=live.environment(home),
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:] + live.log[-3000:]
    return done.stdout


def add_user(live: RunningServer) -> tuple[str, RunningServer]:
    """Another user's name, and the same server as they reach it."""
    name = f"other-{uuid.uuid4().hex[:6]}"
    key = uuid.uuid4().hex + uuid.uuid4().hex
    words = ["users", "add", name, "--key", key, "--data", str(live.data)]
    subprocess.run([sys.executable, "-m", "sweepd", *words], cwd=ROOT, check=True)
    return name, replace(live, key=key)


def test_a_user_publishes_and_others_use_what_they_may(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    project = f"r-{uuid.uuid4().hex[:6]}"
    (viewer, as_viewer), (_, as_nobody) = add_user(shared_live), add_user(shared_live)
    owner = json.loads((shared_live.data / "local.key").read_text())["user"]
    assert "done" in run(shared_live, tmp_path, "registries", project, viewer)
    assert "done" in run(as_viewer, tmp_path, "registries_other", project, owner, as_nobody.key)


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without the flags of registries."""
    running = start_server(tmp_path_factory.mktemp("lowered"), flags=DOWN)
    yield running
    running.stop()


def said_by_script(live: RunningServer, home: Path) -> dict[str, Any]:
    name = f"f-{uuid.uuid4().hex[:6]}"
    out = run(live, home, "registry_flags", name)
    said: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert said["linked"] == f"organization/wandb-registry-model/{name}:v0", said
    return said


def test_registries_are_read_and_made_with_the_flags_up(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    said = said_by_script(shared_live, tmp_path)
    assert said["listed"] is True and said["loaded"] == "model", said
    assert said["made"].startswith("f-") and said["ordered"][0] == "v0", said


def test_client_refuses_by_itself_with_the_flags_down_and_links_all_the_same(
    lowered: RunningServer, tmp_path: Path
) -> None:
    said = said_by_script(lowered, tmp_path)
    assert said["listed"].startswith("RuntimeError: Registry search API is not enabled"), said
    assert said["loaded"].startswith("RuntimeError: api.registry() is not enabled"), said
    assert said["made"].startswith("RuntimeError: create_registry api is not enabled"), said
