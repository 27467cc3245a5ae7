"""Killed while lines are gathered into columns: nothing answered for is lost, twice or changed."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sweepd import server
from sweepd.services.streams.reading import Stream
from sweepd.settings import Settings
from sweepd.store import schema
from tests.conftest import ROOT, FakeClock
from tests.faults.gathering_host import line

pytestmark = pytest.mark.faults


def test_kill_9_while_lines_are_gathered_loses_nothing(tmp_path: Path, clock: FakeClock) -> None:
    chance, n_stored = random.Random(4), 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.gathering_host", str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert process.stdout is not None
        n_more = chance.randint(45, 130)  # posts; the first gathering comes after 40
        for _, said in zip(range(n_more), process.stdout, strict=False):
            n_stored = int(said)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        n_stored = int(rest.split()[-1]) if rest.split() else n_stored
    parts = server.build(Settings(data=tmp_path), clock)
    run = parts.services.runs.get(parts.services.users.get_caller("ann"), None, "p", "r")
    found = parts.services.reading.lines(run, Stream.HISTORY)
    with parts.core.db.read() as connection:
        n_segments = len(connection.execute(schema.segments.select()).all())
    parts.core.db.close()
    assert n_segments > 3
    assert len(found) == run.history_lines >= n_stored
    for step, text in enumerate(found):
        assert text.replace(" ", "") == line(step).replace(" ", ""), step
