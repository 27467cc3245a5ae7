"""The parts of the way to a config that meets constraints: the bottom, the walk, the border."""

import math

import numpy as np
import pytest

from sweepd.search import feasible
from sweepd.search.budget import Budget
from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.feasible import Feasible, _choices, _Group, _joined, _lowest
from sweepd.search.grammar.sweep_file import parse

UNIT = {"min": 0.0, "max": 1.0}


def rng(seed=0):
    return np.random.default_rng(seed)


def space_of(parameters, constraints, **extras):
    extras = {"constraints": constraints, **extras}
    return parse({"method": "random", "parameters": parameters, "sweepd": extras}).space


def group_of(parameters, constraints, **extras):
    space = space_of(parameters, constraints, **extras)
    [(dims, rules)] = _joined(space)
    return space, _Group(space, dims, rules)


def even(n=24):
    return (np.arange(n) + 0.5) / n


@pytest.mark.parametrize("bottom", [0.0, 0.0123, 0.337, 0.5, 0.9871, 1.0])
def test_the_bottom_is_found_to_the_last_digit_and_no_place_lies_outside(bottom):
    asked = []

    def at(u):
        asked.append(u)
        return abs(u - bottom) + 1.0

    where, value = _lowest(at, even(), 1 / 24, rng())
    assert where == pytest.approx(bottom, abs=1e-10) and value == pytest.approx(1.0, abs=1e-10)
    assert min(asked) >= 0 and max(asked) <= 1
    assert len(asked) <= 24 + 2 + feasible.N_STEPS


def test_a_direction_goes_both_ways_beyond_its_places():
    where, _ = _lowest(lambda t: abs(t + 1.02) + 1.0, 2 * even() - 1, 2 / 24, rng())
    assert where == pytest.approx(-1.02, abs=1e-9)


def test_the_way_down_ends_where_the_rules_hold():
    asked = []

    def at(u):
        asked.append(u)
        return max(0.0, abs(u - 0.337) - 0.005)

    where, value = _lowest(at, even(), 1 / 24, rng())
    assert value == 0 and abs(where - 0.337) <= 0.005
    assert len(asked) < 24 + 12


def test_of_equal_places_any_may_be_taken():
    found = {_lowest(lambda u: float(u < 0.5), even(4), 0.0, rng(s))[0] for s in range(30)}
    assert found == {0.625, 0.875}


def walk(group, space, seed=0):
    unit = rng(seed).random(len(space.dimensions))
    return group._walk(unit, rng(seed)), unit


def test_the_only_config_of_a_finite_group_is_found_by_walking():
    choices = {"values": [1, 2, 3, 4]}
    space, group = group_of(
        {"a": choices, "b": choices, "c": choices}, ["a * 16 + b * 4 + c == 75", "b != c"]
    )
    for seed in range(5):
        is_found, unit = walk(group, space, seed)
        assert is_found
        assert space.decode(unit) == {"a": 4, "b": 2, "c": 3}


def test_what_a_walk_through_all_does_not_find_there_is_not():
    choices = {"values": [1, 2, 3]}
    space, group = group_of({"a": choices, "b": choices}, ["a + b == 7"])
    with pytest.raises(NoFeasibleConfig, match=r"no config meets 'a \+ b == 7'"):
        walk(group, space)


@pytest.mark.parametrize(("most", "expected"), [(0, False), (1, True)])
def test_a_walk_ends_after_so_many_prefixes(most, expected, monkeypatch):
    monkeypatch.setattr(feasible, "MAX_WALK", most)
    space, group = group_of({"a": {"values": [1, 2, 3]}}, ["a > 0"])
    assert walk(group, space)[0] is expected


def test_a_rule_is_asked_once_what_it_reads_is_set():
    choices = {"values": list(range(8))}
    space, group = group_of({n: choices for n in "abcd"}, ["a == d", "a + b + c + d == 0"])
    place = {dimension.name: j for j, dimension in enumerate(space.dimensions)}
    at = {name: place[name] for name in "abcd"}
    assert group._missing([], at["a"]) == (1, 8)
    assert group._missing([], at["b"]) == (3, 8)
    assert group._missing([at["a"]], at["d"]) == (0, 8)
    assert group._missing([at["a"], at["d"]], at["b"]) == (1, 8)


def test_conditions_are_judged_when_all_is_set():
    """A prefix does not tell yet which parameters there are."""
    space, group = group_of(
        {"kind": {"values": ["a", "b"]}, "x": {"values": [1, 2, 3]}, "y": {"values": [1, 2]}},
        ["x + y == 5"],
        when={"x": "kind == 'a'"},
    )
    found = [space.decode(walk(group, space, seed)[1]) for seed in range(12)]
    assert all(space.is_feasible(config) for config in found)
    assert {"x" in config for config in found} == {True, False}


def test_lists_too_are_drawn_from_all_that_is_allowed_not_from_its_border():
    space = space_of({"n": {"min": 1, "max": 60}, "x": UNIT}, ["n >= 31", "x + n > 30"])
    random = rng()
    found = [Feasible(space).near(np.array([0.0, 0.5]), random)["n"] for _ in range(60)]
    assert min(found) >= 31
    assert len(set(found)) > 15 and 40 < np.mean(found) < 51


def test_what_is_looked_through_and_what_is_not():
    space = space_of(
        {
            "few": {"min": 1, "max": 64},
            "many": {"min": 1, "max": 65},
            "texts": {"values": [f"v{i}" for i in range(80)]},
            "x": UNIT,
        },
        ["few > 1"],
    )
    found = {d.name: _choices(space, j) for j, d in enumerate(space.dimensions)}
    assert len(found["few"]) == 64 and len(found["texts"]) == 80
    assert found["many"] is None and found["x"] is None


def test_constraints_join_what_they_read_also_through_conditions():
    space = space_of(
        {name: UNIT for name in "abcdef"},
        ["a < b", "c < d", "b < e"],
        when={"d": "f > 0.5"},
    )
    names = [
        (sorted(space.dimensions[j].name for j in dims), [rule.source for rule in rules])
        for dims, rules in _joined(space)
    ]
    assert sorted(names) == [
        (["a", "b", "e"], ["a < b", "b < e"]),
        (["c", "d", "f"], ["c < d"]),
    ]


def test_where_looks_are_used_up_there_is_no_config(monkeypatch):
    space = space_of({"x": UNIT, "y": UNIT}, ["abs(x - y) < 1e-9"])
    monkeypatch.setattr(feasible, "MAX_LOOKS", 10)
    assert Feasible(space).near(np.array([0.1, 0.9]), rng()) is None
    monkeypatch.setattr(feasible, "MAX_LOOKS", 20_000)
    config = Feasible(space).near(np.array([math.nan, 0.9]), rng())
    assert config is not None and abs(config["x"] - config["y"]) < 1e-9


def test_a_group_moves_only_its_own_dimensions():
    space = space_of({"a": UNIT, "b": UNIT, "c": UNIT}, ["a > 0.9"])
    config = Feasible(space).near(np.array([0.1, 0.2, 0.3]), rng())
    assert config["a"] > 0.9
    assert (config["b"], config["c"]) == pytest.approx((0.2, 0.3))


def test_a_start_that_fails_is_followed_by_others_elsewhere():
    space, group = group_of({"x": UNIT, "y": UNIT}, ["x > 0.2"])
    unit = np.array([0.1, 0.1])
    assert not group.solve(unit, rng(), Budget(1000, 60.0, ""), starts=0)
    assert group.solve(unit, rng(), Budget(1000, 60.0, ""), starts=1)
    assert space.is_feasible(space.decode(unit))
