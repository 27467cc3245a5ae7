"""The next new config of a sweep: a grid's next cell, a random draw, or a prepared proposal.

Runs inside the transaction that reserves what it finds, so it never computes for long: what needs
a model comes from `proposals`, prepared ahead of need in another process.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from sweepd.domain.sweeps import Cell, Sweep
from sweepd.search.errors import SearchError
from sweepd.search.random_draws import sample
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import lifecycle, repeats, specs
from sweepd.store import cells, sweeps
from sweepd.store.database import Connection

MAX_DRAWS = 32  # random repeats in a finite space before what is left is listed
MAX_LISTED = 200_000  # cells of a finite space looked through for what is left

TakeProposal = Callable[[Sweep, Callable[[dict[str, Any]], bool]], dict[str, Any] | None]


def searches_here(spec: SweepSpec) -> bool:
    """Whether the server chooses configs, rather than a controller or scheduler outside."""
    return spec.controller != "local" and spec.scheduler is None and spec.method != "custom"


def is_exhausted_outside(sweep: Sweep) -> bool:
    """Whether the local controller has said that its search space is used up."""
    return bool(json.loads(sweep.scheduler).get("exhausted"))


def may_have_more(connection: Connection, sweep: Sweep) -> bool:
    """Whether a new config can still come, from the search or from outside."""
    spec = specs.spec_of(sweep)
    if sweep.run_cap is not None and sweep.n_cells >= sweep.run_cap:
        return False
    if not searches_here(spec):
        return not is_exhausted_outside(sweep)
    if spec.method == "grid":
        return specs.grid_of(sweep.config_yaml).next(sweep.next_index) is not None
    n_configs = spec.space.n_configs
    if not spec.is_finite or n_configs is None:
        return True  # random draws with replacement, a model repeats when nothing new is left
    if cells.count_distinct(connection, sweep.pk) >= n_configs:
        return False
    return not spec.space.is_restricted or _any_left(connection, sweep) is not None


def over_cap(connection: Connection, sweep: Sweep) -> list[Cell]:
    """Queued configs beyond `run_cap`: an outside scheduler looked ahead."""
    if sweep.run_cap is None or sweep.n_cells <= sweep.run_cap:
        return []
    return cells.list_over_cap(connection, sweep.pk, sweep.n_cells - sweep.run_cap)


def is_over_cap(connection: Connection, sweep: Sweep, cell: Cell) -> bool:
    """Whether a queued config has to wait for a higher cap."""
    return any(other.pk == cell.pk for other in over_cap(connection, sweep))


def reserve_candidate(
    connection: Connection, sweep: Sweep, take: TakeProposal, at: datetime
) -> Cell | None:
    """Choose a config no run of the sweep has had, and reserve it.

    Returns:
        None when there is none (now, or ever: `may_have_more` tells).
    """
    spec = specs.spec_of(sweep)
    if not searches_here(spec):
        return None
    if sweep.run_cap is not None and sweep.n_cells >= sweep.run_cap:
        return None
    if spec.method == "grid":
        return _next_grid_cell(connection, sweep, spec)
    if spec.method == "random":
        return _random_cell(connection, sweep, spec, at)
    return _proposed_cell(connection, sweep, spec, take)


def _next_grid_cell(connection: Connection, sweep: Sweep, spec: SweepSpec) -> Cell | None:
    grid = specs.grid_of(sweep.config_yaml)
    index, cell = grid.next(sweep.next_index), None
    taken: set[str] | None = None  # read once, when the first cell looked at turns out to be taken
    while index is not None and cell is None:
        config = grid.config(index)
        assert config is not None
        if taken is None or spec.space.key(config) not in taken:
            cell = _take(connection, sweep, spec, spec.space.key(config), config)
            if cell is None and taken is None:
                taken = cells.list_keys(connection, sweep.pk)
        index = index + 1 if cell is not None else grid.next(index + 1)
    following = index if index is not None else grid.size
    sweeps.update_sweep(connection, sweep.pk, {"next_index": following})
    return cell


def _random_cell(
    connection: Connection, sweep: Sweep, spec: SweepSpec, at: datetime
) -> Cell | None:
    """A draw; of a `distinct` space one that was not there before, or None."""
    trouble = None
    for draw in range(sweep.next_index, sweep.next_index + MAX_DRAWS):
        try:
            config = sample(spec.space, np.random.default_rng([sweep.seed, draw]))
        except SearchError as error:
            trouble = f"no config could be drawn: {error}"
            break  # few configs satisfy the constraints: list what is left instead
        cell = _reserve(connection, sweep, spec, config)
        if cell is not None:
            sweeps.update_sweep(connection, sweep.pk, {"next_index": draw + 1})
            return cell
    left = _any_left(connection, sweep)
    if left is not None:
        return _reserve(connection, sweep, spec, left)
    if trouble is not None:
        sweeps.append_warning_once(connection, sweep.pk, at, trouble)
    return None


def _proposed_cell(
    connection: Connection, sweep: Sweep, spec: SweepSpec, take: TakeProposal
) -> Cell | None:
    def is_taken(config: dict[str, Any]) -> bool:
        return cells.find_cell_by_key(connection, sweep.pk, spec.space.key(config)) is not None

    while (config := take(sweep, is_taken)) is not None:
        cell = _reserve(connection, sweep, spec, config)
        if cell is not None:
            sweeps.update_sweep(connection, sweep.pk, {"next_index": sweep.next_index + 1})
            return cell
    return None


def _reserve(
    connection: Connection, sweep: Sweep, spec: SweepSpec, config: dict[str, Any]
) -> Cell | None:
    """Reserve a drawn config; where configs may repeat, equal draws are kept apart by number."""
    key = spec.space.key(config)
    if not spec.is_finite:
        key = cells.free_key(connection, sweep.pk, key, sweep.n_cells)
    return _take(connection, sweep, spec, key, config)


def _take(
    connection: Connection, sweep: Sweep, spec: SweepSpec, key: str, config: dict[str, Any]
) -> Cell | None:
    """Reserve a config's first run and queue its repetitions."""
    first = repeats.numbered(spec, config, 0)
    cell = lifecycle.add_cell(connection, sweep, key, first)
    if cell is not None and spec.extras.repeats > 1:
        fresh = sweeps.get_sweep_by_pk(connection, sweep.pk)
        repeats.queue_others(connection, fresh, spec, key, config)
    return cell


def _any_left(connection: Connection, sweep: Sweep) -> dict[str, Any] | None:
    """A config of a finite space, from a different place each time; one that no run has had,
    unless configs may repeat."""
    spec = specs.spec_of(sweep)
    if spec.space.n_configs is None:
        return None
    taken = cells.list_keys(connection, sweep.pk) if spec.is_finite else set()
    grid = specs.drawn_grid_of(sweep.config_yaml)
    start = (sweep.seed * 2_654_435_761 + sweep.next_index * 40_503) % max(1, grid.size)
    for first, last in ((start, grid.size), (0, start)):
        for looked, index in enumerate(grid.indexes(first)):
            if index >= last or looked >= MAX_LISTED:
                break
            config = grid.config(index)
            assert config is not None
            if spec.space.key(config) not in taken:
                return config
    return None


def config_of(cell: Cell) -> dict[str, Any]:
    """A cell's config, nested as the script sees it."""
    config: dict[str, Any] = json.loads(cell.config)
    return config
