"""Every change of state of a cell, and of its sweep's counts with it.

As in `lifecycle.py`, nothing else writes those columns.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sweepd.domain import transitions
from sweepd.domain.sweeps import OPEN_CELLS, UNCOUNTED_CELLS, Cell, CellOrigin, CellState, Sweep
from sweepd.store import cells, sweeps
from sweepd.store.database import Connection


def move_cell(connection: Connection, cell: Cell, state: CellState, **more: Any) -> Cell:
    """Bring a cell into another state, and its sweep's counts with it; returns it as it is then."""
    moved = replace(cell, state=state, **more)
    if state is cell.state:
        if more:
            cells.update_cell(connection, cell, more)
        return moved
    transitions.check(transitions.CELL, f"config {cell.key}", cell.state, state)
    cells.update_cell(connection, cell, {"state": state, **more})
    was_open, is_open = cell.state in OPEN_CELLS, state in OPEN_CELLS
    was_taken, is_taken = cell.state not in UNCOUNTED_CELLS, state not in UNCOUNTED_CELLS
    sweeps.shift_counts(
        connection, cell.sweep_pk, int(is_taken) - int(was_taken), int(is_open) - int(was_open)
    )
    return moved


def add_cell(
    connection: Connection,
    sweep: Sweep,
    key: str,
    config: dict[str, Any],
    state: CellState = CellState.RESERVED,
    origin: CellOrigin = CellOrigin.SEARCH,
    run_id: str | None = None,
) -> Cell | None:
    """Take a config for the first time; None when the sweep already has it."""
    text = json.dumps(config, separators=(",", ":"))
    cell = cells.reserve_new_cell(connection, sweep.pk, key, text, state, origin, run_id)
    if cell is not None:
        counted = int(origin != CellOrigin.PRIOR)  # earlier runs do not use up the cap
        sweeps.shift_counts(connection, sweep.pk, counted, int(state in OPEN_CELLS))
    return cell


def queue_cells(connection: Connection, sweep: Sweep, configs: Mapping[str, dict[str, Any]]) -> int:
    """Queue configs the sweep has not had, by key; says how many."""
    texts = {key: json.dumps(c, separators=(",", ":")) for key, c in configs.items()}
    n_new = cells.queue_new_cells(connection, sweep.pk, texts)
    sweeps.shift_counts(connection, sweep.pk, n_new, n_new)
    return n_new
