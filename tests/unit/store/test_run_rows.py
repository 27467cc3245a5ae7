"""Rows of runs for large projects: some hundred at a time, each once."""

from sweepd.store import run_rows
from tests.unit.store.world import World, at


def test_rows_by_key_come_each_once_however_many(world: World) -> None:
    pks = [world.run().pk for _ in range(3)]
    wanted = [pks[0], *range(10**6, 10**6 + 600), pks[1], *range(10**7, 10**7 + 400), pks[2]]
    parts = list(run_rows.list_rows_by_pk(world.connection, wanted))
    assert [[row.pk for row in part] for part in parts] == [[pks[0]], [pks[1]], [pks[2]]]
    assert list(run_rows.list_rows_by_pk(world.connection, [])) == []


def test_what_changed_from_a_moment_on_is_told_with_its_time(world: World) -> None:
    _, second, third = (world.run(seconds=seconds).pk for seconds in (1, 2, 3))
    found = run_rows.list_changes(world.connection, world.p, at(2))
    assert found == {second: micros(2), third: micros(3)}
    assert run_rows.list_changes(world.connection, world.p, at(4)) == {}


def micros(seconds: float) -> int:
    return round(at(seconds).timestamp() * 1e6)
