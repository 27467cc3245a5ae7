"""Editing a running sweep: what was done stays, what was taken out waits."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    edit,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


def test_value_taken_out_and_put_back_is_handed_out(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    next_run(parts, ann, agent)
    clock.forward(400)
    parts.leases.expire()  # the first config waits to be handed out again
    edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2, 3]"))
    assert state_of(parts, ann, sweep).n_cells == 0
    edit(parts, ann, sweep, GRID)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    assert state_of(parts, ann, sweep).n_cells == 6


def test_resuming_a_canceled_sweep_leaves_edited_out_configs_out(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    next_run(parts, ann, register(parts, ann, sweep))
    clock.forward(400)
    parts.leases.expire()
    edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2, 3]"))
    set_state(parts, ann, sweep, "CANCELED")
    set_state(parts, ann, sweep, "RUNNING")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4


def test_edit_keeps_what_was_done_and_adds_the_rest(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    wider = GRID.replace("[1, 2, 3]", "[2, 3, 4]")
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(config_yaml=wider))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 2
