"""A disk without room, one that is read-only: clients are told to try again, nothing is lost."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningServer, start_server
from tests.faults import disks
from tests.faults.wire import RUN, Wire

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not disks.can_be_made(), reason="mounting a small disk needs root"),
]

MB = 1 << 20
CLIENT = """
import sys, time, wandb
from pathlib import Path
with wandb.init(project="p", id="stock") as run:
    Path("saved.bin").write_bytes(bytes(3_000_000))
    run.save("saved.bin")
    art = wandb.Artifact("model", "model")
    art.add_file("saved.bin", "w.bin")
    run.log_artifact(art)
    for n in range(200):
        run.log({"n": n})
    Path("ready").touch()
"""


class Poster:
    """Posts history; counts the lines that were answered for."""

    def __init__(self, wire: Wire, run: str) -> None:
        self._wire, self._entity, self._run = wire, wire.entity(), run
        self.n_lines = 0

    def post(self, n_lines: int = 500) -> int:
        """The status."""
        lines = [json.dumps({"_step": self.n_lines + i, "x": "y" * 100}) for i in range(n_lines)]
        block = {"offset": self.n_lines, "content": lines}
        path = f"/files/{self._entity}/p/{self._run}/file_stream"
        body = json.dumps({"files": {"wandb-history.jsonl": block}}).encode()
        answer = self._wire.send("POST", path, body)
        if answer.status == 200:
            self.n_lines += n_lines
        return answer.status


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[disks.Disk, RunningServer]]:
    with disks.disk(tmp_path / "data", 8) as disk:
        server = start_server(tmp_path / "data")
        yield disk, server
        server.stop()
        assert "Traceback" not in server.log, server.log


def test_full_disk_is_503_for_everything_that_writes_and_passes(
    small: tuple[disks.Disk, RunningServer], tmp_path: Path
) -> None:
    disk, server = small
    wire = Wire(server)
    wire.ask(RUN, name="r")
    poster = Poster(wire, "r")
    [url] = wire.upload_urls("r", "f")
    while (status := poster.post()) == 200:
        pass
    assert status == 503
    ballast = disk.fill()
    (tmp_path / "client.py").write_text(CLIENT)
    with (tmp_path / "client.log").open("wb") as log:
        client = subprocess.Popen(
            [sys.executable, "client.py"],
            cwd=tmp_path,
            env=server.environment(tmp_path),
            stdout=log,
            stderr=log,
        )
    answers = [wire.send("PUT", url, b"x" * 2 * MB), wire.send("PUT", url, b"x")]
    assert [answer.status for answer in answers] == [503] * 2
    assert b"No space left" in answers[0].body
    others = (wire.query(RUN, name=f"other{n}") for n in itertools.count())
    answer = next(other for other in others if other.status != 200)  # SQLite's log may have room
    assert answer.status == 503 and b"full" in answer.body
    while (status := poster.post(1)) == 200:
        pass
    assert status == 503
    assert wire.run("r")["historyLineCount"] == poster.n_lines  # what is there can be read
    assert wire.send("GET", "/").status == 401  # the page that asks for a key
    ballast.unlink()
    disk.resize(64)
    assert [poster.post(), wire.send("PUT", url, b"x" * 2 * MB).status] == [200, 200]
    found = wire.run("r")
    assert found["historyLineCount"] == poster.n_lines
    assert found["files"]["f"]["sizeBytes"] == 2 * MB
    said = (tmp_path / "client.log").read_text
    assert client.wait(200) == 0, said()
    stock = wire.run("stock")
    assert (stock["state"], stock["historyLineCount"]) == ("finished", 200)
    assert stock["files"]["saved.bin"]["sizeBytes"] == 3_000_000


def test_files_apart_may_be_full_or_read_only_while_history_goes_on(tmp_path: Path) -> None:
    with disks.disk(tmp_path / "files", 4) as disk:
        server = start_server(tmp_path / "data", SWEEPD_FILES=str(disk.path))
        wire = Wire(server)
        wire.ask(RUN, name="r")
        poster = Poster(wire, "r")
        [url] = wire.upload_urls("r", "f")
        answer = wire.send("PUT", url, b"x" * 6 * MB)
        assert answer.status == 503 and b"No space left" in answer.body
        assert {path.name for path in disk.path.rglob("*")} == {"incoming", "server.id"}
        assert poster.post() == 200
        disk.make_read_only(True)
        answer = wire.send("PUT", url, b"x")
        assert answer.status == 503 and b"Read-only" in answer.body
        assert poster.post() == 200
        disk.make_read_only(False)
        assert wire.send("PUT", url, b"x").status == 200
        server.stop()
        assert "Traceback" not in server.log, server.log
