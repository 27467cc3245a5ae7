"""Cells: taken once, queued in order, found by their key."""

import pytest

from sweepd.domain.sweeps import CellOrigin, CellState
from sweepd.store import cells
from tests.unit.store.world import World

pytestmark = pytest.mark.both_databases


def test_a_config_is_taken_once_a_sweep(world: World) -> None:
    sweep, other = world.sweep(), world.sweep()
    cell = cells.reserve_new_cell(world.connection, sweep.pk, "k", "{}")
    assert cell is not None
    assert (cell.state, cell.origin, cell.n_attempts, cell.n_lost, cell.run_id) == (
        CellState.RESERVED,
        CellOrigin.SEARCH,
        1,
        0,
        None,
    )
    assert cells.reserve_new_cell(world.connection, sweep.pk, "k", "{}") is None
    assert cells.reserve_new_cell(world.connection, other.pk, "k", "{}") is not None
    queued = cells.reserve_new_cell(
        world.connection, sweep.pk, "q", "{}", CellState.QUEUED, CellOrigin.ENQUEUED, "run"
    )
    assert queued is not None
    assert (queued.n_attempts, queued.origin, queued.run_id) == (0, CellOrigin.ENQUEUED, "run")
    for found in (cell, queued):
        assert cells.find_cell(world.connection, found.pk) == found
        assert cells.find_cell_by_key(world.connection, sweep.pk, found.key) == found
    assert cells.find_cell_by_key(world.connection, other.pk, "q") is None


def test_many_are_queued_at_once_those_known_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MAX_VALUES", 3)
    sweep = world.sweep()
    cells.reserve_new_cell(world.connection, sweep.pk, "k2", "{}")
    configs = {f"k{i}": f'{{"a":{i}}}' for i in range(8)}
    assert cells.queue_new_cells(world.connection, sweep.pk, configs) == 7
    assert cells.queue_new_cells(world.connection, sweep.pk, configs) == 0
    assert cells.queue_new_cells(world.connection, sweep.pk, {}) == 0
    found = cells.list_cells(world.connection, sweep.pk, [CellState.QUEUED])
    assert [cell.key for cell in found] == [f"k{i}" for i in range(8) if i != 2]
    assert {(cell.origin, cell.n_attempts) for cell in found} == {(CellOrigin.SEARCH, 0)}
    keys = [f"k{i}" for i in range(6)] + ["x"] * 4 + ["k7"]
    assert cells.find_keys(world.connection, sweep.pk, keys) == {*keys} - {"x"}
    assert cells.list_keys(world.connection, sweep.pk) == configs.keys()
    assert cells.list_keys(world.connection, world.sweep().pk) == set()


def test_the_one_that_waits_longest_is_next(world: World) -> None:
    sweep = world.sweep()
    assert cells.next_queued_cell(world.connection, sweep.pk) is None
    cells.reserve_new_cell(world.connection, world.sweep().pk, "of another", "{}", CellState.QUEUED)
    cells.reserve_new_cell(world.connection, sweep.pk, "taken", "{}")
    cells.queue_new_cells(world.connection, sweep.pk, {"a": "{}", "b": "{}"})
    first = cells.next_queued_cell(world.connection, sweep.pk)
    assert first is not None and first.key == "a"
    cells.update_cell(world.connection, first, {"state": CellState.RESERVED, "n_attempts": 1})
    second = cells.next_queued_cell(world.connection, sweep.pk)
    assert second is not None and second.key == "b"


def test_beyond_the_cap_are_the_newest_never_handed_out(world: World) -> None:
    sweep = world.sweep()
    cells.queue_new_cells(world.connection, sweep.pk, {key: "{}" for key in "abcd"})
    found = {cell.key: cell for cell in cells.list_cells(world.connection, sweep.pk)}
    cells.update_cell(world.connection, found["d"], {"n_attempts": 1})
    over = cells.list_over_cap(world.connection, sweep.pk, 2)
    assert [cell.key for cell in over] == ["c", "b"]
    assert cells.list_over_cap(world.connection, world.sweep().pk, 2) == []


def test_keys_of_repeats_are_numbered_from_where_it_is_told(world: World) -> None:
    sweep = world.sweep()
    assert cells.free_key(world.connection, sweep.pk, "k", 4) == "k"
    for expected in ("k", "k.4", "k.5"):
        key = cells.free_key(world.connection, sweep.pk, "k", 4)
        assert key == expected
        cells.reserve_new_cell(world.connection, sweep.pk, key, "{}")
    assert cells.count_distinct(world.connection, sweep.pk) == 1
    cells.reserve_new_cell(world.connection, sweep.pk, "other", "{}")
    assert cells.count_distinct(world.connection, sweep.pk) == 2
    assert cells.count_distinct(world.connection, world.sweep().pk) == 0


def test_those_not_of_the_search_are_told_apart(world: World) -> None:
    sweep = world.sweep()
    for key, origin in (
        ("b", CellOrigin.PRIOR),
        ("s", CellOrigin.SEARCH),
        ("a", CellOrigin.ENQUEUED),
    ):
        cells.reserve_new_cell(world.connection, sweep.pk, key, "{}", origin=origin)
    found = cells.list_from_outside(world.connection, sweep.pk)
    assert [(cell.key, cell.origin) for cell in found] == [("b", "prior"), ("a", "enqueued")]
    assert cells.list_from_outside(world.connection, world.sweep().pk) == []
