"""Pages of any list: each item once, in order, whatever it is sorted by; odd places are refused."""

import itertools

import pytest
import sqlalchemy as sa

from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Start
from sweepd.store import schema
from sweepd.store.paging import Listing, SortKey, check_key, sort_by
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases

_runs = schema.runs.c
ROWS = [  # name, notes, when it ended, last step
    ("b", None, None, 3),
    ("a", "x", at(5), 1),
    ("B", "x", at(5), 3),
    ("é", "", at(1), 2),
    ("a b", "Z", None, 3),
    ("_", "x", at(9), 1),
]
COLUMNS = {
    "display_name": lambda row: row[0],
    "notes": lambda row: (row[1] is not None, row[1] or ""),
    "last_step": lambda row: row[3],
}


def listing(world: World, name: str, descending: bool) -> Listing[str]:
    query = sa.select(_runs.run_id, _runs.id).where(_runs.project_pk == world.p)
    keys = (*sort_by(_runs[name], descending), SortKey(_runs.id))
    return Listing(query, keys, lambda _, rows: [row.run_id for row in rows])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", COLUMNS)
def test_pages_of_any_size_hold_each_item_once_in_order(
    world: World, name: str, descending: bool
) -> None:
    for i, (display_name, notes, ended_at, step) in enumerate(ROWS):
        more = {"display_name": display_name, "notes": notes, "ended_at": ended_at}
        world.run(f"r{i}", last_step=step, **more)
    order = sorted(range(len(ROWS)), key=lambda i: i)
    order.sort(key=lambda i: COLUMNS[name](ROWS[i]), reverse=descending)
    if descending:  # sorted reverse keeps the order of equals
        groups = itertools.groupby(order, key=lambda i: COLUMNS[name](ROWS[i]))
        order = [i for _, group in groups for i in sorted(group)]
    expected = [f"r{i}" for i in order]
    found = listing(world, name, descending)
    assert found.all(world.connection) == expected
    assert found.count(world.connection) == len(ROWS)
    for size in (1, 2, 4, 6, 7):
        pages, start = [], Start()
        while page := found.fetch(world.connection, start, size):
            pages += [item for _, item in page]
            start = Start(page[-1][0])
        assert pages == expected, size
    skipped = found.fetch(world.connection, Start(None, 2), 2)
    assert [item for _, item in skipped] == expected[2:4]
    first = found.fetch(world.connection, Start(), 1)[0][0]
    assert [i for _, i in found.fetch(world.connection, Start(first, 1), 9)] == expected[2:]


def test_times_are_sorted_by_and_told_as_numbers(world: World) -> None:
    for seconds in (5, 1, 3):
        world.run(f"r{seconds}", seconds)
    query = sa.select(_runs.run_id).where(_runs.project_pk == world.p)
    for descending, expected in ((False, ["r1", "r3", "r5"]), (True, ["r5", "r3", "r1"])):
        keys = (*sort_by(_runs.created_at, descending), SortKey(_runs.id))
        found: Listing[str] = Listing(query, keys, lambda _, rows: [row.run_id for row in rows])
        items = found.fetch(world.connection, Start(), None)
        assert [item for _, item in items] == expected
        assert all(type(part) is int for key, _ in items for part in key)
        rest = found.fetch(world.connection, Start(items[0][0]), None)
        assert [item for _, item in rest] == expected[1:]
    assert found.fetch(world.connection, Start(), 2**70) == items


@pytest.mark.parametrize(
    "place", [(), (1,), (1, 2, 3), ("x", "y"), (1, None), (1, 2.0), (True, 2), (2**63, 1)]
)
def test_a_place_of_another_list_is_refused(world: World, place: tuple[object, ...]) -> None:
    found = listing(world, "last_step", False)
    with pytest.raises(BadInput, match="cursor"):
        found.fetch(world.connection, Start(place), 2)


def test_places_are_checked_by_kind_and_size() -> None:
    check_key((2**63 - 1, "x"), (int, str))
    for place in ((-(2**63), "x"), (1, "a\x00"), (1, 2)):
        with pytest.raises(BadInput):
            check_key(place, (int, str))
