"""Artifacts, files and offline runs with the stock client: scripts that assert, run as users do."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningServer, start_server

pytestmark = pytest.mark.e2e

LOWERED = (
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
    "ARTIFACT_DIGEST_ALGORITHM",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
)
SCRIPTS = Path(__file__).parent / "scripts"


def run_script(live: RunningServer, folder: Path, name: str, *words: str) -> str:
    """Run a client script in a project of its own; it ends with `done` when all of it held."""
    project = f"{name.replace('_', '-')}-{uuid.uuid4().hex[:6]}"
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{name}.py", project, *words],
        cwd=folder,
        text=True,
        capture_output=True,
        env=live.environment(folder),
        timeout=200,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "done" in done.stdout, said[-6000:] + live.log[-3000:]
    return project


def test_versions_drafts_references_and_lineage(shared_live: RunningServer, tmp_path: Path) -> None:
    run_script(shared_live, tmp_path, "artifact_versions")


def test_collections_portfolios_models_and_tables(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "artifact_places")


def test_references_to_http_s3_and_elsewhere(shared_live: RunningServer, tmp_path: Path) -> None:
    run_script(shared_live, tmp_path, "artifact_references")


def test_shared_writers_many_files_and_digest_addresses(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "artifact_many")


def test_saved_files_media_listing_and_deletion(shared_live: RunningServer, tmp_path: Path) -> None:
    run_script(shared_live, tmp_path, "run_files")


def test_flags_raised(shared_live: RunningServer, tmp_path: Path) -> None:
    run_script(shared_live, tmp_path, "artifact_flags", "up")


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with the flags lowered that change what the client asks about artifacts."""
    running = start_server(tmp_path_factory.mktemp("lowered"), flags=dict.fromkeys(LOWERED, False))
    yield running
    running.stop()


def test_flags_lowered(lowered: RunningServer, tmp_path: Path) -> None:
    run_script(lowered, tmp_path, "artifact_flags", "down")


def test_tables_of_every_mode_come_back_from_their_versions(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    run_script(shared_live, tmp_path, "run_tables")
