"""What is kept of a cell when its state changes, or only what belongs to it."""

from sweepd import server
from sweepd.domain.sweeps import CellState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import cell_states
from sweepd.store import cells
from tests.unit.services.handing_out import beat, make_sweep, register, state_of


def test_what_belongs_to_a_cell_is_kept_though_its_state_stays(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    beat(parts, ann, register(parts, ann, sweep))
    before = state_of(parts, ann, sweep)

    def move(state: CellState) -> None:
        with parts.core.db.read() as connection:
            [cell] = cells.list_cells(connection, sweep.pk)
        moved = parts.core.db.write(
            lambda c: cell_states.move_cell(c, cell, state, run_id=f"run {state}")
        )
        with parts.core.db.read() as connection:
            assert [moved] == cells.list_cells(connection, sweep.pk)
        assert (moved.state, moved.run_id) == (state, f"run {state}")

    move(CellState.RESERVED)
    after = state_of(parts, ann, sweep)
    assert (after.n_cells, after.n_open) == (before.n_cells, before.n_open) == (1, 1)
    move(CellState.DONE)
    after = state_of(parts, ann, sweep)
    assert (after.n_cells, after.n_open) == (1, 0)
