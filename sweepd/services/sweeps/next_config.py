"""The next new config of a sweep: a grid's next cell, a random draw, or a prepared proposal.

Runs inside the transaction that reserves what it finds, so it never computes for long: what takes
more than a glance is found before (`ahead`), and what needs a model comes from `proposals`,
prepared ahead of need in another process.
"""

import json
from collections.abc import Callable, Set
from dataclasses import replace
from functools import partial
from typing import Any

from sweepd.domain.sweeps import Cell, Sweep
from sweepd.search.errors import SearchError
from sweepd.search.grid import Grid, new_budget
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import ahead, cell_states, repeats, specs
from sweepd.store import cells, sweeps
from sweepd.store.database import Connection

MAX_DRAWS = 32  # random repeats in a finite space before what is left is listed
MAX_TAKEN = 64  # taken cells of a grid passed within a write; more are passed before it

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
    if spec.broken is not None:
        return True
    if not searches_here(spec):
        return not is_exhausted_outside(sweep)
    try:
        return _may_find_more(connection, sweep, spec)
    except SearchError:  # too much work to know; the next hand-out tells
        return True


def _may_find_more(connection: Connection, sweep: Sweep, spec: SweepSpec) -> bool:
    if spec.method == "grid":
        return ahead.next_index(sweep, sweep.next_index) is not None
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


def reserve_candidate(connection: Connection, sweep: Sweep, take: TakeProposal) -> Cell | None:
    """Choose a config no run of the sweep has had, and reserve it.

    Returns:
        None when there is none (now, or ever: `may_have_more` tells).

    Raises:
        SearchError: The sweep's file asks for more work than one sweep may cost, or cannot run.
        WorkFirst: Something has to be found before this transaction.
    """
    spec = specs.spec_of(sweep)
    if spec.broken is not None:
        raise SearchError(spec.broken)
    if not searches_here(spec):
        return None
    if sweep.run_cap is not None and sweep.n_cells >= sweep.run_cap:
        return None
    if spec.method == "grid":
        return _next_grid_cell(connection, sweep, spec)
    if spec.method == "random":
        return _random_cell(connection, sweep, spec)
    return _proposed_cell(connection, sweep, spec, take)


def _next_grid_cell(connection: Connection, sweep: Sweep, spec: SweepSpec) -> Cell | None:
    grid, start, cell = specs.grid_of(sweep.config_yaml), sweep.next_index, None
    for _ in range(MAX_TAKEN):
        index = ahead.next_index(sweep, start)
        if index is None:
            sweeps.update_sweep(connection, sweep.pk, {"next_index": grid.size})
            return None
        config = grid.get_config(index)
        start = index + 1
        cell = _take(connection, sweep, spec, spec.space.key(config), config)
        if cell is not None:
            sweeps.update_sweep(connection, sweep.pk, {"next_index": start})
            return cell
    # Only an edit brings the search back over so many: they are passed by their keys at once.
    key = "passed", sweep.pk, ahead.digest(sweep.config_yaml), start
    taken = set() if ahead.is_kept(key) else cells.list_keys(connection, sweep.pk)
    passed = ahead.kept(key, partial(_pass_taken, grid, spec, taken, start))
    fresh = replace(sweep, next_index=passed)
    sweeps.update_sweep(connection, sweep.pk, {"next_index": passed})
    return _next_grid_cell(connection, fresh, spec) if passed < grid.size else None


def _pass_taken(grid: Grid, spec: SweepSpec, taken: Set[str], start: int) -> int:
    """The first cell from `start` on that no run has had; the grid's size at its end."""
    budget = new_budget(more=len(taken))
    for index in grid.indexes(start, budget):
        config = grid.config(index)
        if config is not None and spec.space.key(config) not in taken:
            return index
    return grid.size


def _random_cell(connection: Connection, sweep: Sweep, spec: SweepSpec) -> Cell | None:
    """A draw; of a `distinct` space one that was not there before, or None."""
    for number in range(sweep.next_index, sweep.next_index + MAX_DRAWS):
        try:
            config = ahead.draw(sweep, number)
        except SearchError:
            if spec.space.n_configs is None:
                raise
            break  # few configs satisfy the constraints: list what is left instead
        cell = _reserve(connection, sweep, spec, config)
        if cell is not None:
            sweeps.update_sweep(connection, sweep.pk, {"next_index": number + 1})
            return cell
    left = _any_left(connection, sweep)
    if left is None and not spec.is_finite:
        raise SearchError("no config satisfies the constraints; loosen them")
    if left is None:
        return None
    cell = _reserve(connection, sweep, spec, left)
    if cell is not None and not spec.is_finite:  # the next begins at another place
        sweeps.update_sweep(connection, sweep.pk, {"next_index": sweep.next_index + 1})
    return cell


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
    cell = cell_states.add_cell(connection, sweep, key, first)
    if cell is not None and spec.extras.repeats > 1:
        fresh = sweeps.get_sweep_by_pk(connection, sweep.pk)
        repeats.queue_others(connection, fresh, spec, key, config)
    return cell


def _any_left(connection: Connection, sweep: Sweep) -> dict[str, Any] | None:
    """A config of a finite space, from a different place each time; one that no run has had,
    unless configs may repeat.

    Raises:
        TooMuchWork: None is found within what one sweep may cost.
        WorkFirst: It has to be looked for before this transaction.
    """
    spec = specs.spec_of(sweep)
    if spec.space.n_configs is None:
        return None
    file = ahead.digest(sweep.config_yaml)
    if not spec.is_finite:
        find = partial(_find_left, sweep, spec, set())
        return ahead.kept(("any", sweep.pk, file, sweep.next_index), find)
    key = "left", sweep.pk, file
    for _ in range(2):
        taken = set() if ahead.is_kept(key) else cells.list_keys(connection, sweep.pk)
        left = ahead.kept(key, partial(_find_left, sweep, spec, taken))
        if left is None or not cells.find_cell_by_key(connection, sweep.pk, spec.space.key(left)):
            return left
        ahead.forget(key)  # found for an earlier hand-out
    return None


def _find_left(sweep: Sweep, spec: SweepSpec, taken: Set[str]) -> dict[str, Any] | None:
    grid = specs.drawn_grid_of(sweep.config_yaml)
    start = (sweep.seed * 2_654_435_761 + sweep.next_index * 40_503) % max(1, grid.size)
    budget = new_budget(more=len(taken))
    for first, last in ((start, grid.size), (0, start)):
        for index in grid.indexes(first, budget):
            if index >= last:
                break
            config = grid.get_config(index)
            if spec.space.key(config) not in taken:
                return config
    return None


def config_of(cell: Cell) -> dict[str, Any]:
    """A cell's config, nested as the script sees it."""
    config: dict[str, Any] = json.loads(cell.config)
    return config
