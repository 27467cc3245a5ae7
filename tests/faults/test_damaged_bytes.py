"""One byte changed in each kind of file of a stopped server: named, never passed on as whole."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, start_server
from tests.faults.wire import RUN, Wire

pytestmark = pytest.mark.faults
BODY = b"the body of a file " * 400


def change_byte(path: Path, at: int) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 0x55
    path.write_bytes(body)


def sweepd(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sweepd", *words],
        cwd=ROOT,
        env=os.environ | {"SWEEPD_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was killed after it had answered for a file."""
    server = start_server(tmp_path_factory.mktemp("killed") / "data")
    wire = Wire(server)
    wire.ask(RUN, name="r")
    [url] = wire.upload_urls("r", "kept.txt")
    assert wire.send("PUT", url, BODY).status == 200
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)
    return server.data


@pytest.fixture
def stopped(killed: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(killed, tmp_path / "data"))


def the_file(data: Path) -> Path:
    [path] = data.glob("blobs/??/*")
    return path


def test_a_file_is_named_by_verify_and_by_backup(stopped: Path, tmp_path: Path) -> None:
    change_byte(the_file(stopped), 1000)
    done = sweepd("verify", "--data", str(stopped))
    assert done.returncode == 1 and "/p/r: kept.txt) is damaged" in done.stdout, done.stdout
    done = sweepd("backup", str(tmp_path / "b.tar"), "--data", str(stopped))
    assert done.returncode == 1 and "/p/r: kept.txt" in done.stderr, done.stderr
    assert sweepd("verify", "--repair", "--data", str(stopped)).returncode == 1
    server = start_server(stopped)
    wire = Wire(server)
    answer = wire.send("GET", wire.run("r")["files"]["kept.txt"]["url"])
    server.stop()
    assert answer.status == 404 and b"gone" in answer.body


def _first_page(data: Path) -> None:
    change_byte(data / "sweepd.db", 3)


def _owner(data: Path) -> None:
    change_byte(data / "blobs/server.id", 5)


@pytest.mark.parametrize(
    ("damage", "told"),
    [(_first_page, "not a database sweepd can read"), (_owner, "of another server")],
)
def test_a_server_that_cannot_start_says_why_in_one_line(
    stopped: Path, damage: Callable[[Path], None], told: str
) -> None:
    sweepd("verify", "--data", str(stopped))  # opening it moves what the WAL holds
    damage(stopped)
    done = sweepd("serve", "--data", str(stopped))
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert told in done.stderr and "sweepd restore" in done.stderr, done.stderr
    assert the_file(stopped).read_bytes() == BODY


def _started(data: Path) -> RunningServer:
    server = start_server(data)
    assert "Traceback" not in server.log
    return server


@pytest.mark.parametrize("name", ["local.key", "server.json", "server.lock"])
def test_small_files_are_made_anew(stopped: Path, name: str) -> None:
    path = stopped / name
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    server = _started(stopped)
    wire = Wire(server)
    answer = wire.send("GET", wire.run("r")["files"]["kept.txt"]["url"])
    server.stop()
    assert (answer.status, answer.body) == (200, BODY)


def test_damaged_pages_of_the_database_are_named_and_not_backed_up(
    stopped: Path, tmp_path: Path
) -> None:
    sweepd("verify", "--data", str(stopped))  # opening it moves what the WAL holds
    path = stopped / "sweepd.db"
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    for page in range(5, path.stat().st_size // size, 3):
        change_byte(path, page * size)  # what kind of page it is
    for words in (["verify"], ["backup", str(tmp_path / "b.tar")]):
        done = sweepd(*words, "--data", str(stopped))
        said = done.stdout + done.stderr
        assert done.returncode == 1 and "Traceback" not in said, said
        assert "damaged" in said or "not a database" in said, said
    assert not (tmp_path / "b.tar").exists()
    assert the_file(stopped).read_bytes() == BODY
