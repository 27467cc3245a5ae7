"""Files in an S3 (moto's, on loopback): through the server, or straight from the store."""

import http.client
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import RunningServer, start_server, wait_until
from tests.e2e.object_stores import serving
from tests.faults.wire import Wire

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).parent / "scripts" / "object_store.py"


s3 = pytest.fixture(serving)


def work(server: RunningServer, folder: Path) -> None:
    """The client's files go there and come back."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, SCRIPT, "p"],
        cwd=folder,
        env=server.environment(folder),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0 and "done" in done.stdout, done.stdout + done.stderr + server.log


def test_files_go_up_and_come_down_again_also_straight_from_the_store(
    s3: dict[str, str], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "data", **s3)
    work(server, tmp_path / "first")
    server.stop()
    direct = start_server(tmp_path / "data", **s3, SWEEPD_DIRECT_DOWNLOAD_S="600")
    assert direct.key == server.key
    work(direct, tmp_path / "second")
    run = next((tmp_path / "second" / "wandb").glob("run-*-*")).name.rsplit("-", 1)[1]
    address = urlsplit(Wire(direct).run(run)["files"]["config.yaml"]["url"])
    connection = http.client.HTTPConnection(address.netloc)
    connection.request("GET", address.path)
    answer = connection.getresponse()
    assert answer.status == 307 and s3["AWS_ENDPOINT"] in str(answer.getheader("Location"))
    connection.close()
    direct.stop()
    assert not (tmp_path / "data" / "blobs").exists()


def test_a_store_that_refuses_is_said_at_the_start_and_once(
    s3: dict[str, str], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "data", **s3 | {"SWEEPD_FILES": "s3://elsewhere/kept"})
    wait_until(lambda: "files cannot go on" in server.log, 90, lambda: server.log)
    assert "settings of object stores are in docs/storage.md" in server.log
    server.stop()
    assert server.log.count("files cannot go on") == 1
