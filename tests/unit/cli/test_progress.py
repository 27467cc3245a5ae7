"""What is guessed of the time a sweep takes yet, and how a command names itself."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sweepd.cli import options, out
from sweepd.cli.progress import Progress
from sweepd.domain.sweeps import AgentState
from sweepd.settings import Settings


def ended(seconds: int) -> dict[str, Any]:
    times = {"startedAt": "2026-01-01T00:00:00Z", "endedAt": f"2026-01-01T00:00:{seconds}Z"}
    return {"state": "finished", **times}


LIVE = {"state": "running", "startedAt": "2026-01-01T00:00:00Z", "endedAt": None}


def left(n_live: int, agents: list[AgentState], n_expected: int = 10) -> float | None:
    """Seconds left of a sweep two of whose runs have ended, after 20 s and 40 s."""
    edges = [{"node": {"state": str(state)}} for state in agents]
    sweep = {"config": "{}", "runCountExpected": n_expected, "agents": {"edges": edges}}
    return Progress("e", "p", sweep, [ended(20), ended(40), *[LIVE] * n_live]).seconds_left()


@pytest.mark.parametrize("n_live", [0, 1, 2])
def test_an_agent_between_two_runs_counts_as_one_that_works(n_live: int) -> None:
    assert left(n_live, [AgentState.RUNNING] * 2) == 8 * 30 / 2


def test_who_has_left_or_is_lost_does_not_work() -> None:
    assert left(1, [AgentState.RUNNING, AgentState.FINISHED, AgentState.LOST]) == 8 * 30
    assert left(0, []) == 8 * 30


def test_the_last_run_takes_no_less_time_for_many_agents() -> None:
    assert left(1, [AgentState.RUNNING] * 8, 3) == 30
    assert left(0, [AgentState.RUNNING] * 8, 2) == 0


def test_a_command_names_itself_as_it_can_be_called_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "env" / "bin" / "sweepd"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("PATH", str(elsewhere))
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.chdir(tmp_path)
    assert out.own_command() == os.path.join("env", "bin", "sweepd")
    monkeypatch.chdir(elsewhere)
    assert out.own_command() == str(script)
    monkeypatch.setenv("PATH", str(script.parent))
    assert out.own_command() == "sweepd"
    monkeypatch.setattr(sys, "argv", ["sweepd"])
    assert out.own_command() == "sweepd"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "sweepd" / "__main__.py")])
    assert out.own_command().endswith(" -m sweepd")


def test_a_further_command_is_told_where_the_data_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Settings(data=tmp_path / "a folder")
    assert options.data_again(elsewhere) == f" --data '{tmp_path}/a folder'"
    monkeypatch.setenv("SWEEPD_DATA", str(tmp_path / "a folder"))
    assert options.data_again(elsewhere) == ""
