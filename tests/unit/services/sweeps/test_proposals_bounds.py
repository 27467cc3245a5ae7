"""A sweep whose proposals never come, or break the search process, costs no other sweep its own."""

import dataclasses
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search.errors import NoFeasibleConfig
from sweepd.services.sweeps import proposals as proposing
from sweepd.services.sweeps import searching
from sweepd.services.sweeps.proposals import MAX_OVERRUNS
from tests.conftest import FakeClock, wait_until
from tests.unit.services.handing_out import beat, make_sweep, register, set_state, state_of
from tests.unit.services.sweeps import searches

pytestmark = pytest.mark.slow  # each begins processes that load SciPy

FINE = """
method: bayes
program: train.py
metric: {name: loss}
parameters: {a: {min: 0.0, max: 1.0}}
"""
BAD = FINE.replace("a:", "bad:")
ASK_S = 2.0  # a busy machine answers what is fine within it


@pytest.fixture
def parts(tmp_path: Path, parts: server.Parts, clock: FakeClock) -> Iterator[server.Parts]:
    """A server whose search has little time."""
    parts.core.db.close()
    built = server.build(dataclasses.replace(parts.settings, proposal_s=ASK_S), clock)
    yield built
    built.proposals.stop()
    built.core.db.close()


def warnings_of(parts: server.Parts, sweep: Sweep) -> list[str]:
    return [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]


def ask_until_paused(parts: server.Parts, ann: Caller, sweep: Sweep) -> int:
    """Agents ask until the sweep is paused; how many configs they were given by then."""
    n_given = 0

    def ask() -> bool:
        nonlocal n_given
        n_given += len(beat(parts, ann, register(parts, ann, sweep)))
        return state_of(parts, ann, sweep).state is SweepState.PAUSED

    wait_until(ask, 120, lambda: str(warnings_of(parts, sweep)))
    return n_given


def given(parts: server.Parts, ann: Caller, sweep: Sweep) -> dict[str, Any]:
    """The config that an agent of a sweep is given, as soon as there is one."""
    agent, found = register(parts, ann, sweep), []

    def ask() -> bool:
        found.extend(beat(parts, ann, agent))
        return bool(found)

    wait_until(ask, 60, lambda: str(warnings_of(parts, sweep)))
    assert found[0].config is not None
    return dict(found[0].config)


def test_a_sweep_that_hangs_the_search_is_paused_and_another_goes_on(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "propose", searches.hang_for_bad)
    bad, fine = make_sweep(parts, ann, BAD), make_sweep(parts, ann, FINE)
    parts.proposals.start()
    worker = parts.proposals._quick.worker
    wait_until(lambda: worker.pid, 60, lambda: "no process began")
    hung = worker.pid
    assert given(parts, ann, fine) == {"a": 0.5}
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(hung)), 0)
    assert 0 <= given(parts, ann, bad)["bad"] <= 1, "random ones go out meanwhile"
    ask_until_paused(parts, ann, bad)
    first, last = warnings_of(parts, bad)[0], warnings_of(parts, bad)[-1]
    assert "longer than 2 s" in first and "proposal_s" in first and "drawn at random" in first
    assert "paused" in last and f"{MAX_OVERRUNS} times in a row" in last and "--resume" in last
    assert warnings_of(parts, fine) == []
    assert given(parts, ann, fine) == {"a": 0.5}
    set_state(parts, ann, bad, "RUNNING")  # it is given another chance
    assert 0 <= given(parts, ann, bad)["bad"] <= 1


def test_a_sweep_that_ends_the_process_is_paused_and_another_goes_on(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "propose", searches.end_for_bad)
    bad, fine = make_sweep(parts, ann, BAD), make_sweep(parts, ann, FINE)
    parts.proposals.start()
    assert given(parts, ann, fine) == {"a": 0.5}
    assert ask_until_paused(parts, ann, bad) > 0
    assert any("ended twice" in warning for warning in warnings_of(parts, bad))
    assert warnings_of(parts, fine) == []


def test_a_search_that_raises_warns_once_logs_once_and_goes_on_at_random(
    parts: server.Parts,
    ann: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(searching, "propose", searches.raise_for_bad)
    bad = make_sweep(parts, ann, BAD)
    parts.proposals.start()
    with caplog.at_level(logging.ERROR):
        found = {given(parts, ann, bad)["bad"] for _ in range(4)}
    assert len(found) == 4
    [warning] = warnings_of(parts, bad)
    assert "ZeroDivisionError: of the search" in warning
    [record] = [r for r in caplog.records if "ZeroDivisionError" in r.getMessage()]
    assert "in raise_for_bad" in record.getMessage(), "the log says where"
    assert state_of(parts, ann, bad).state is SweepState.RUNNING


@pytest.mark.parametrize("is_ours", [True, False])
def test_where_nothing_can_be_drawn_either_the_sweep_is_paused(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    def break_too(*_: object) -> object:
        raise NoFeasibleConfig("nor these") if is_ours else RuntimeError("nor these")

    monkeypatch.setattr(searching, "propose", searches.never_for_bad)
    monkeypatch.setattr(proposing, "sample_some", break_too)
    bad, fine = make_sweep(parts, ann, BAD), make_sweep(parts, ann, FINE)
    parts.proposals.start()
    assert ask_until_paused(parts, ann, bad) == 0
    warnings = warnings_of(parts, bad)
    assert all("none meets them" in warning and "nor these" in warning for warning in warnings)
    assert "--resume" in warnings[-1] and len(warnings) == 2
    assert given(parts, ann, fine) == {"a": 0.5}


def test_nobody_waits_for_what_another_sweep_draws(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_drawing, may_go = threading.Event(), threading.Event()
    draw = proposing.sample_some

    def slowly(*given: Any) -> Any:
        is_drawing.set()
        assert may_go.wait(60)
        return draw(*given)

    monkeypatch.setattr(searching, "propose", searches.raise_for_bad)
    monkeypatch.setattr(proposing, "sample_some", slowly)
    bad, fine = make_sweep(parts, ann, BAD), make_sweep(parts, ann, FINE)
    parts.proposals.start()
    beat(parts, ann, register(parts, ann, bad))
    assert is_drawing.wait(60)
    for _ in range(3):
        assert given(parts, ann, fine) == {"a": 0.5}
    may_go.set()
    assert 0 <= given(parts, ann, bad)["bad"] <= 1


def test_a_sweep_that_takes_long_holds_up_nobody_who_is_quick(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "propose", searches.hang_for_bad)
    monkeypatch.setattr(parts.proposals, "_ask_s", 3600.0)
    parts.proposals._quick.share = 1 / 3600
    bad, fine = make_sweep(parts, ann, BAD), make_sweep(parts, ann, FINE)
    parts.proposals.start()
    slow = parts.proposals._slow.worker
    wait_until(lambda: slow.pid, 60, lambda: "the bad one did not go to the other process")
    for _ in range(3):
        assert given(parts, ann, fine) == {"a": 0.5}
    assert slow.pid is not None and warnings_of(parts, bad) == []
    set_state(parts, ann, bad, "CANCELED")


def test_the_process_for_long_asks_is_there_only_while_somebody_waits_for_it(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "propose", searches.hang_for_bad)
    bad = make_sweep(parts, ann, BAD)
    parts.proposals.start()
    assert 0 <= given(parts, ann, bad)["bad"] <= 1, "after all its time"
    ask_until_paused(parts, ann, bad)
    slow = parts.proposals._slow.worker
    wait_until(lambda: slow.pid is None, 60, lambda: "the process goes on")


def test_stopping_waits_for_no_answer(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "propose", searches.hang_for_bad)
    monkeypatch.setattr(parts.proposals, "_ask_s", 3600.0)
    bad = make_sweep(parts, ann, BAD)
    parts.proposals.start()
    worker = parts.proposals._quick.worker
    wait_until(lambda: worker.pid, 60, lambda: "no process began")
    parts.proposals.stop()
    assert worker.pid is None
    assert warnings_of(parts, bad) == []
