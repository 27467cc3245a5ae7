"""Means over repeats: grouping, intervals, ranking."""

import json
import math
import statistics
from dataclasses import replace

import pytest
from scipy import stats

from sweepd.domain.goals import Goal
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import SweepPoint
from sweepd.services.sweeps import repeats
from sweepd.services.sweeps.repeats import RepeatedConfig, group, ranked
from tests.unit.services.sweeps.test_observed import point


def repeated(run_id: str, *values: float, **config: object) -> SweepPoint:
    found = point(RunState.FINISHED, *values)
    return replace(found, run_id=run_id, config=json.dumps(config))


@pytest.mark.parametrize("n", [*range(2, 34), 60, 200])
def test_the_interval_of_a_mean_is_students(n: int) -> None:
    values = [math.sin(i) for i in range(n)]
    points = [repeated(f"r{i}", value, a=1) for i, value in enumerate(values)]
    [found] = group(points, None, Goal.MINIMIZE)
    assert found.mean == pytest.approx(statistics.fmean(values))
    expected = stats.t.ppf(0.975, n - 1) * statistics.stdev(values) / math.sqrt(n)
    assert found.half_width == pytest.approx(expected, rel=2e-3)


def test_runs_of_one_config_belong_together_whatever_number_they_were_given() -> None:
    points = [
        repeated("1", 3.0, 1.0, a=1, fold=0),
        repeated("2", 4.0, a=2.0, fold=0),
        repeated("3", 5.0, a=1.0, fold=1),
        repeated("4", a=1, fold=2),
        repeated("5", a=3, fold=0),
    ]
    found = group(points, "fold", Goal.MINIMIZE)
    assert [item.config for item in found] == [{"a": 1}, {"a": 2.0}, {"a": 3}]
    assert [item.run_ids for item in found] == [("1", "3", "4"), ("2",), ("5",)]
    assert [item.n_values for item in found] == [2, 1, 0]
    assert [item.mean for item in found] == [3.0, 4.0, None]
    assert [item.half_width is None for item in found] == [False, True, True]
    assert group(points, "fold", Goal.MAXIMIZE)[0].mean == 4.0, "its best, not its last"
    assert len(group(points, None, Goal.MINIMIZE)) == 5


@pytest.mark.parametrize("goal", Goal)
def test_complete_ones_are_ranked_before_those_that_lack_runs(goal: Goal) -> None:
    sign = -1.0 if goal is Goal.MAXIMIZE else 1.0

    def item(name: str, n: int, mean: float | None) -> RepeatedConfig:
        return RepeatedConfig({"a": name}, (), n, None if mean is None else sign * mean, None)

    items = [
        item("none", 0, None),
        item("bad", 3, 5.0),
        item("lacking", 2, 0.0),
        item("good", 3, -1.0),
        item("more", 4, 1.0),
    ]
    found = [entry.config["a"] for entry in ranked(items, 3, goal)]
    assert found == ["good", "more", "bad", "lacking", "none"]


def test_numbers_of_repeats_are_given_only_where_the_file_asks_for_them() -> None:
    from sweepd.search.grammar.sweep_file import parse

    def spec(**extras: object) -> object:
        raw = {"method": "grid", "parameters": {"a": {"values": [1]}}, "sweepd": extras}
        return parse(raw)

    given = spec(repeats=2, repeat_as="seed")
    assert repeats.numbered(given, {"a": 1}, 1) == {"a": 1, "seed": 1}  # type: ignore[arg-type]
    for other in (spec(repeats=2), spec(repeat_as="seed")):
        assert repeats.numbered(other, {"a": 1}, 1) == {"a": 1}  # type: ignore[arg-type]
