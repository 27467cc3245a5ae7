"""A sweep's changes of state: which there are, what follows, what the log says."""

import itertools

import pytest

from sweepd import server
from sweepd.domain.automations import EventType
from sweepd.domain.errors import Conflict
from sweepd.domain.runs import RunState, StopOrigin
from sweepd.domain.sweeps import CellState, SweepState
from sweepd.domain.transitions import SWEEP
from sweepd.domain.users import Caller
from sweepd.services.sweeps import sweep_states
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.store import cells, happenings
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)


@pytest.mark.parametrize(("old", "new"), itertools.permutations(SweepState, 2))
def test_every_change_of_state_is_done_and_logged_or_refused(
    parts: server.Parts, ann: Caller, clock: FakeClock, old: SweepState, new: SweepState
) -> None:
    sweep = make_sweep(parts, ann)
    if old is not SweepState.PENDING:
        set_state(parts, ann, sweep, old)
    clock.forward(9)
    before = parts.services.sweeps.events(sweep)
    if new not in SWEEP[old]:
        with pytest.raises(Conflict, match=f"is {old} and cannot become {new}"):
            set_state(parts, ann, sweep, new)
        assert parts.services.sweeps.events(sweep) == before
        return
    found = set_state(parts, ann, sweep, new)
    is_over = new in (SweepState.FINISHED, SweepState.CANCELED)
    assert (found.state, found.updated_at) == (new, clock())
    assert found.ended_at == (clock() if is_over else None)
    [event] = parts.services.sweeps.events(sweep)[len(before) :]
    assert (event.kind, event.actor, event.at) == ("state", "ann", clock())
    assert event.message == f"{old} → {new}: {found.state_reason}"
    assert found.state_reason.endswith(" by ann")
    set_state(parts, ann, sweep, new)  # again changes nothing
    assert len(parts.services.sweeps.events(sweep)) == len(before) + 1


@pytest.mark.parametrize(
    ("state", "actor", "told"),
    [
        (SweepState.PAUSED, "ann", []),
        (SweepState.PAUSED, "", [EventType.SWEEP_PAUSED]),
        (SweepState.FINISHED, "ann", [EventType.SWEEP_ENDED]),
        (SweepState.CANCELED, "", [EventType.SWEEP_ENDED]),
    ],
)
def test_automations_are_told_of_ends_and_of_pauses_that_nobody_asked_for(
    parts: server.Parts,
    ann: Caller,
    monkeypatch: pytest.MonkeyPatch,
    state: SweepState,
    actor: str,
    told: list[EventType],
) -> None:
    found: list[EventType] = []
    monkeypatch.setattr(happenings, "happened", lambda _, event, *a, **b: found.append(event))
    sweep = set_state(parts, ann, make_sweep(parts, ann), SweepState.RUNNING)
    parts.core.db.write(
        lambda c: sweep_states.set_sweep_state(c, sweep, state, "why", actor, parts.core.now())
    )
    assert found == told


def test_cancel_ends_what_waits_stops_what_runs_and_resuming_brings_configs_back(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    done = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    end(parts, ann, done)
    live = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    [sent] = beat(parts, ann, register(parts, ann, sweep))
    queued = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "y"})
    clock.forward(5)
    set_state(parts, ann, sweep, "CANCELED")
    found = {
        name: parts.services.runs.get(ann, None, "p", name)
        for name in (done, live, str(sent.run_id), queued.run_id)
    }
    assert [run.state for run in found.values()] == [
        RunState.FINISHED,
        RunState.RUNNING,
        RunState.KILLED,
        RunState.KILLED,
    ]
    assert [run.stop_requested for run in found.values()] == [False, True, True, True]
    for run in list(found.values())[1:]:
        assert (run.stop_reason, run.stop_origin) == ("sweep canceled", StopOrigin.SWEEP)
        assert run.stop_requested_at == clock()
    assert found[queued.run_id].ended_at == clock()
    assert state_of(parts, ann, sweep).n_open == 0
    assert state_of(parts, ann, sweep).n_cells == 1, "the cap has their places back"
    with parts.core.db.read() as connection:
        states = [cell.state for cell in cells.list_cells(connection, sweep.pk)]
    assert states == [CellState.DONE] + [CellState.CANCELED] * 3
    end(parts, ann, live, 1)
    set_state(parts, ann, sweep, "RUNNING")
    assert state_of(parts, ann, sweep).n_open == 2, "the stopped one has ended and is done"
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4


@pytest.mark.parametrize("state", ["PAUSED", "FINISHED"])
def test_pausing_and_stopping_leave_runs_alone(
    parts: server.Parts, ann: Caller, state: str
) -> None:
    sweep = make_sweep(parts, ann)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    set_state(parts, ann, sweep, state)
    run = parts.services.runs.get(ann, None, "p", run_id)
    assert (run.state, run.stop_requested) == (RunState.RUNNING, False)
    with parts.core.db.read() as connection:
        [cell] = cells.list_cells(connection, sweep.pk)
    assert cell.state is CellState.RESERVED


def test_resuming_a_sweep_that_has_nothing_left_ends_it_again(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    work_off(parts, ann, register(parts, ann, sweep))
    assert set_state(parts, ann, sweep, "RUNNING").state is SweepState.FINISHED


def test_a_refused_state_undoes_the_rest_of_the_change(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    set_state(parts, ann, sweep, "RUNNING")
    change = SweepChange(state=SweepState.PENDING, display_name="x", config_yaml=GRID + "# other\n")
    with pytest.raises(Conflict):
        parts.services.sweeps.update(ann, sweep.pk, change)
    found = state_of(parts, ann, sweep)
    assert (found.display_name, found.config_yaml) == (None, GRID)
