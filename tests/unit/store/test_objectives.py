"""Values of a sweep's metric: in order, by number, cut off."""

import pytest

from sweepd.domain.sweeps import Sweep
from sweepd.store import objectives
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases

CURVES = {"a": [4.0, 2.0, 6.0], "b": [1.0, 5.0], "c": [3.0]}


def add(world: World, sweep: Sweep) -> dict[str, int]:
    """Curves that arrive step by step, run after run."""
    pks = {name: world.run(name, sweep_pk=sweep.pk).pk for name in CURVES}
    objectives.append_values(world.connection, [])
    for n in range(3):
        rows = [
            {
                "run_pk": pks[name],
                "sweep_pk": sweep.pk,
                "n": n + 1,
                "step": 10 * n,
                "value": values[n],
                "best": min(values[: n + 1]),
                "at": 100 * n + i,
            }
            for i, (name, values) in enumerate(reversed(CURVES.items()))
            if n < len(values)
        ]
        objectives.append_values(world.connection, rows)
    return pks


def test_values_come_by_run_by_number_and_as_they_arrived(world: World) -> None:
    sweep = world.sweep()
    pks = add(world, sweep)
    connection = world.connection
    assert objectives.list_values(connection, pks["a"]) == [(0, 4.0), (10, 2.0), (20, 6.0)]
    assert objectives.last_value(connection, pks["a"]) == (3, 2.0)
    assert objectives.last_value(connection, pks["b"]) == (2, 1.0)
    assert objectives.last_value(connection, world.run().pk) is None
    assert objectives.longest(connection, sweep.pk) == 3
    assert sorted(objectives.values_at(connection, sweep.pk, 2, "value")) == [2.0, 5.0]
    assert sorted(objectives.values_at(connection, sweep.pk, 2, "best")) == [1.0, 2.0]
    assert sorted(objectives.values_at(connection, sweep.pk, 2, "mean")) == [3.0, 3.0]
    assert sorted(objectives.values_at(connection, sweep.pk, 1, "mean")) == [1.0, 3.0, 4.0]
    assert objectives.values_at(connection, sweep.pk, 3, "mean") == [4.0]
    assert objectives.values_at(connection, sweep.pk, 4, "mean") == []
    assert objectives.list_arrivals(connection, sweep.pk) == [
        ("c", 3.0),
        ("b", 1.0),
        ("a", 4.0),
        ("b", 5.0),
        ("a", 2.0),
        ("a", 6.0),
    ]


def test_other_sweeps_and_deleted_runs_do_not_count(world: World) -> None:
    sweep, other = world.sweep(), world.sweep()
    add(world, sweep)
    run = world.run(sweep_pk=other.pk, deleted_at=at(1))
    row = {"run_pk": run.pk, "sweep_pk": other.pk, "n": 1, "step": 0, "value": 9.0, "best": 9.0}
    objectives.append_values(world.connection, [{**row, "at": 0}])
    assert objectives.values_at(world.connection, other.pk, 1, "value") == [9.0]
    assert objectives.values_at(world.connection, other.pk, 1, "mean") == [9.0]
    assert objectives.list_arrivals(world.connection, other.pk) == []
    assert objectives.longest(world.connection, other.pk) == 1
    assert objectives.longest(world.connection, world.sweep().pk) == 0


def test_values_are_forgotten_all_or_beyond_a_step(world: World) -> None:
    pks = add(world, world.sweep())
    objectives.delete_values_after(world.connection, pks["a"], 10)
    assert objectives.list_values(world.connection, pks["a"]) == [(0, 4.0), (10, 2.0)]
    assert len(objectives.list_values(world.connection, pks["b"])) == 2
    objectives.delete_values(world.connection, pks["b"])
    assert objectives.list_values(world.connection, pks["b"]) == []
    assert len(objectives.list_values(world.connection, pks["a"])) == 2


def test_values_of_one_sweep_and_run_are_not_those_beside_it(world: World) -> None:
    c = world.connection
    sweeps = [world.sweep() for _ in range(3)]
    runs = [world.run(f"r{i}", sweep_pk=sweep.pk) for i, sweep in enumerate(sweeps)]
    for i, (sweep, run) in enumerate(zip(sweeps, runs, strict=True)):
        value = {"run_pk": run.pk, "sweep_pk": sweep.pk, "n": 1, "step": 0, "at": i}
        objectives.append_values(c, [{**value, "value": float(i), "best": float(i)}])
    for i, sweep in enumerate(sweeps):
        assert objectives.list_curves(c, sweep.pk, [1, 2]) == {f"r{i}": [(1, float(i))]}
        assert objectives.value_at(c, runs[i].pk, 1) == i
    objectives.delete_values(c, runs[1].pk)
    assert [objectives.last_value(c, run.pk) for run in runs] == [(1, 0.0), None, (1, 2.0)]
