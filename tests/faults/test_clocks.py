"""Several servers on one database, one of them with a wrong clock: no live run is lost by it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import wrong_clock
from sweepd import server
from sweepd.services.sweeps.commands import Command
from sweepd.settings import Settings
from tests.conftest import ROOT, RunningServer, start_server
from tests.faults.wire import RUN, Wire
from tests.unit.services.handing_out import beat, log, make_sweep, next_run, register

pytestmark = pytest.mark.faults

AHEAD_S = 100.0
ONE = """
method: grid
program: train.py
metric: {name: loss}
parameters: {a: {values: [1]}}
"""


@pytest.fixture
def replicas(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[server.Parts, server.Parts]]:
    """Two servers of one database; the second one's machine is 100 s ahead."""

    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=AHEAD_S)

    common = {"database": postgresql_url, "files": str(tmp_path / "files"), "run_silent_s": 60.0}
    right = server.build(Settings(data=tmp_path / "right", **common))
    monkeypatch.setattr(server, "utc_now", ahead)
    wrong = server.build(Settings(data=tmp_path / "wrong", **common), ahead)
    yield right, wrong
    right.core.db.close()
    wrong.core.db.close()


@pytest.mark.postgres
def test_a_server_whose_clock_is_ahead_takes_no_live_run(
    replicas: tuple[server.Parts, server.Parts],
) -> None:
    right, wrong = replicas
    right.services.users.add_user("ann")
    ann = right.services.users.get_caller("ann")
    sweep = make_sweep(right, ann, ONE)
    run = next_run(right, ann, register(right, ann, sweep))
    log(right, ann, str(run.run_id), 0, 1.0)
    wrong.core.listening.since = wrong.core.now() - timedelta(hours=1)  # it has heard all along
    assert wrong.leases.expire() == []
    assert not [
        command
        for command in beat(wrong, ann, register(wrong, ann, sweep))
        if isinstance(command, Command) and command.kind == "run"
    ]


@pytest.mark.postgres
def test_times_written_through_it_are_right(tmp_path: Path, postgresql_url: str) -> None:
    """A real process below libfaketime, which leaves the clock that nobody sets alone."""
    clock = wrong_clock.environment(f"+{AHEAD_S:.0f}s")
    if clock is None:
        pytest.skip("libfaketime is not installed (Debian: libfaketime)")
    running = start_server(tmp_path / "data", SWEEPD_DATABASE=postgresql_url, **clock)
    wire = Wire(running)
    wire.ask(RUN, name="r")
    made = wire.ask('{ project(name: "p") { run(name: "r") { createdAt } } }')["project"]["run"]
    running.stop()
    assert "100 s ahead of the database's" in running.log, running.log
    skew = datetime.fromisoformat(made["createdAt"]).replace(tzinfo=UTC) - datetime.now(UTC)
    assert abs(skew.total_seconds()) < AHEAD_S / 2, made


@pytest.mark.parametrize("told", ["-400d", "+400d"])
def test_a_client_whose_clock_is_wrong_loses_nothing(
    shared_live: RunningServer, tmp_path: Path, told: str
) -> None:
    """Its runs, files and artifacts go up and come down; only the server's clock is believed."""
    clock = wrong_clock.environment(told)
    if clock is None:
        pytest.skip("libfaketime is not installed (Debian: libfaketime)")
    project = "ahead" if told.startswith("+") else "behind"
    done = subprocess.run(
        [sys.executable, ROOT / "tests/e2e/scripts/object_store.py", project],
        cwd=tmp_path,
        env=shared_live.environment(tmp_path) | clock,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0 and "done" in done.stdout, done.stdout + done.stderr
    query = "query R($p: String!) { project(name: $p) { runs { edges { node { createdAt } } } } }"
    runs = shared_live.client.query(query, p=project)["project"]["runs"]["edges"]
    for edge in runs:
        made = datetime.fromisoformat(edge["node"]["createdAt"]).replace(tzinfo=UTC)
        assert abs((made - datetime.now(UTC)).total_seconds()) < 3600
