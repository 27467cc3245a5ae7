"""The flags of the file stream, up and down: the same lines arrive, in another form."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, start_server
from tests.proxy import Proxy

pytestmark = pytest.mark.e2e

FLAGS = ("STRUCTURED_CONSOLE_LOGS", "FILESTREAM_GZIP")
READ = """query R($run: String!) { project(name: "streams") { run(name: $run) { historyLineCount
  logLines(first: 100) { edges { node { level line timestamp } } } } } }"""


@pytest.fixture(params=[True, False], ids=["up", "down"])
def watched(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[RunningServer, Proxy, bool]]:
    """A server with both flags so, and a proxy in front that sees what the client sends."""
    with Proxy(keeps_host=True) as proxy:
        server = start_server(
            tmp_path / "server",
            flags=dict.fromkeys(FLAGS, request.param),
            SWEEPD_PUBLIC_URL=proxy.url,
        )
        proxy.behind = [server.port]
        yield server, proxy, request.param
        server.stop()


def test_console_and_history_arrive_alike(
    watched: tuple[RunningServer, Proxy, bool], tmp_path: Path
) -> None:
    server, proxy, is_up = watched
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "e2e" / "scripts" / "stream_flags.py", "r1"],
        cwd=tmp_path,
        env=server.environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = server.client.query(READ, run="r1")["project"]["run"]
    assert run["historyLineCount"] == 300
    lines = [edge["node"] for edge in run["logLines"]["edges"]]
    by_text = {line["line"]: line for line in lines}
    assert {"a plain line, \u00e9 \u2713", "a line of stderr", "bar 100%"} <= set(by_text), lines
    assert by_text["a line of stderr"]["level"] == "error"
    assert not by_text["bar 100%"]["level"] and by_text["bar 100%"]["timestamp"]
    packed = [
        "content-encoding: gzip" in head.lower()
        for head in proxy.heads
        if "/file_stream " in head.partition("\r\n")[0]
    ]
    assert packed and all(packed) if is_up else not any(packed)
